#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "cli/cli.h"
#include "cli/decide/renting.h"
#include "cli/decide/show_next.h"
#include "cli/input.h"
#include "cli/store_named.h"
#include "decide/next/next_json.h"
#include "decide/plan/plan.h"
#include "decide/plan/recipe.h"
#include "decide/plan/shape.h"
#include "loglog/units.h"
#include "sweep/design/shape_near.h"

typedef struct next_args {
    ll_spec spec; /* first: the spec's own table binds it */
    ll_input input;
    double flops, params, tokens, share, ratio, spread;
    int64_t runs;
    ll_renting renting;
    char budget[LL_OPTION_NAME], pace[LL_OPTION_TEXT], base[LL_OPTION_TEXT], out[LL_OPTION_TEXT];
    bool json;
} next_args;

#define AT(f) offsetof(next_args, f)
static const ll_option options[] = {
    { "target_flops", LL_OPT_REAL, AT(flops), "0", "target: a compute-optimal run of so many FLOPs", .max = 1e40 },
    { "target_params", LL_OPT_REAL, AT(params), "0", "target: a run of so many parameters", .max = 1e18 },
    { "target_tokens", LL_OPT_REAL, AT(tokens), "0", "on so many tokens", .max = 1e20 },
    { "budget", LL_OPT_NAME, AT(budget), "",
      "for all runs together: FLOPs, dollars such as '$2000', or with --pace a time such as 36h" },
    { "pace", LL_OPT_TEXT, AT(pace), "",
      "what runs cost: tokens per second by size, such as 1M=200k,100M=3k; none: 6 N D" },
    { "runs", LL_OPT_INT, AT(runs), "16", "how many runs at most", .min = 1, .max = LL_NEXT_RUNS },
    { "largest", LL_OPT_REAL, AT(share), "0.1", "a run's compute over the target's, at most", .max = 1,
      .min_open = true },
    { "tokens_per_param", LL_OPT_REAL, AT(ratio), "20", "of a target in FLOPs before there are runs", .max = 1e9,
      .min_open = true },
    { "spread", LL_OPT_REAL, AT(spread), "16", "a run's tokens per parameter: within this factor of the target's",
      .min = 1, .max = 1e6 },
    { "base", LL_OPT_TEXT, AT(base), "", "spec whose data, model and training the new runs have" },
    { "out", LL_OPT_TEXT, AT(out), "",
      "write these runs: a spec .yaml for 'run', or a table .csv for other trainers" },
    LL_RENTING_TABLE(next_args, LL_RIG_DEVICE, LL_RIG_UTILISATION),
    LL_INPUT_LAW(next_args),
    LL_INPUT_PRIOR(next_args),
    LL_INPUT_SAVED(next_args),
    LL_INPUT_RUNS(next_args),
    LL_INPUT_THREADS(next_args),
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

/* ---- what is asked ---- */

/* "1M=200k,100M=3k" */
static ll_status parse_pace(const char *text, ll_next_pace *paces, int *n, ll_error *err) {
    char copy[LL_OPTION_TEXT], *rest = copy;
    snprintf(copy, sizeof copy, "%s", text);
    for (*n = 0; rest && *rest; ++*n) {
        char *item = rest, *equal;
        if ((rest = strchr(rest, ','))) *rest++ = 0;
        if (*n == LL_NEXT_PACES) return LL_FAIL(err, LL_EINPUT, "--pace: at most %d sizes", LL_NEXT_PACES);
        if ((equal = strchr(item, '='))) *equal++ = 0;
        ll_next_pace *p = &paces[*n];
        if (!equal || !ll_units_parse(item, &p->N) || !ll_units_parse(equal, &p->tokens_per_s))
            return LL_FAIL(err, LL_EINPUT, "--pace: '%.40s' is no SIZE=TOKENS_PER_SECOND, such as 1M=200k", item);
    }
    return LL_OK;
}

/* What so many dollars compute on what is rented. */
static ll_status flops_of_dollars(const next_args *a, double usd, double *flops, ll_error *err) {
    ll_rig rig = { 0 };
    LL_TRY(ll_renting_rig(&a->renting, &rig, err));
    *flops = usd / ll_rig_bill(&rig, 1).usd;
    return LL_OK;
}

static ll_status parse_budget(const next_args *a, double *budget, ll_error *err) {
    double usd;
    if (!*a->budget) return LL_FAIL(err, LL_EINPUT, "next: --budget is missing: how many FLOPs the runs may take");
    if (a->budget[0] == '$' && !*a->pace && ll_units_money(a->budget, &usd) && usd > 0)
        return flops_of_dollars(a, usd, budget, err);
    if (*a->pace ? ll_units_duration(a->budget, budget) : ll_units_parse(a->budget, budget)) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "--budget is '%s', expected %s", a->budget,
                   *a->pace ? "a time, such as 36h"
                            : "FLOPs, such as 1e19, or dollars, such as $2000 (a time needs --pace)");
}

static bool is_table(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot && strcmp(dot, ".csv") == 0;
}

/* The base spec with the flags over it; sizes are those of its family. Without --base nothing says what a model is.
 */
static ll_status read_base(next_args *a, const ll_verb *verb, int argc, char **argv, double *sizes, int *n_sizes,
                           ll_error *err) {
    enum { VOCAB = 257 }; /* N does not count it */
    ll_words words;
    *n_sizes = 0;
    if (!*a->base && (!*a->out || is_table(a->out))) return LL_OK;
    if (*a->base) LL_TRY(ll_spec_load(&a->spec, a->base, err));
    ll_cli_flags(verb, a, &words, argc, argv);
    ll_spec_take_list(&a->spec, (double[]) { 1 }, (double[]) { 1 }, 1);
    LL_TRY(ll_spec_check(&a->spec, *a->base ? a->base : "next", err));
    return ll_shape_sizes(&a->spec, VOCAB, sizes, LL_NEXT_SIZES, n_sizes, err);
}

/* ---- the answer ---- */

enum { SEEDS = 100 };                      /* more than one ladder has */
static const char RULE[] = "deepseek2024"; /* of rate and batch */

/* With seeds of its own, so that a run which the base had too is another sample. */
static ll_status write_spec(next_args *a, const ll_next *next, ll_error *err) {
    double N[LL_NEXT_RUNS], D[LL_NEXT_RUNS];
    ll_file f;
    for (int i = 0; i < next->n; i++) N[i] = next->run[i].N, D[i] = next->run[i].D;
    ll_spec_take_list(&a->spec, N, D, next->n);
    if (*a->base) a->spec.seed += SEEDS;
    char *text = ll_spec_text(&a->spec);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_status s = ll_file_create(&f, a->out, err);
    if (s == LL_OK) {
        fputs(text, f.out);
        s = ll_file_commit(&f, err);
    }
    free(text);
    return s;
}

/* A table for trainers of one's own: size, tokens, a shape, and rate and batch by a published rule. */
static ll_status write_table(const next_args *a, const ll_next *next, ll_error *err) {
    ll_file f;
    LL_TRY(ll_file_create(&f, a->out, err));
    fputs("run,params,tokens,flops,layers,width,heads,lr,batch_tokens\n", f.out);
    ll_status s = LL_OK;
    for (int i = 0; i < next->n && s == LL_OK; i++) {
        const ll_next_run *r = &next->run[i];
        ll_planned_shape shape;
        ll_recipe recipe;
        s = ll_plan_shape(r->N, &shape, err);
        if (s == LL_OK) s = ll_recipe_of(RULE, r->N, r->D, r->C, &recipe, err);
        if (s == LL_OK)
            fprintf(f.out, "next-%02d,%.0f,%.0f,%.12g,%g,%g,%g,%.3g,%.0f\n", i + 1, r->N, r->D, r->C, shape.layers,
                    shape.width, shape.heads, recipe.lr, recipe.batch_tokens);
    }
    if (s == LL_OK) return ll_file_commit(&f, err);
    ll_file_abandon(&f);
    return s;
}

/* Where the largest run is to come. */
static ll_place start_of(const ll_next_ask *ask) {
    const double C = ask->share * (ask->flops > 0 ? ask->flops : 6 * ask->params * ask->tokens);
    const double ratio = ask->flops > 0 ? ask->ratio : ask->tokens / ask->params, N = sqrt(C / (6 * ratio));
    return (ll_place) { { [LL_VAR_N] = N, [LL_VAR_D] = ratio * N, [LL_VAR_C] = C } };
}

/* What the choice and the forecast stand on. */
typedef struct ground {
    const ll_law *law;
    ll_study *study;      /* NULL: no runs yet */
    ll_posterior *design; /* by the wide prior; owned */
    ll_posterior *start;  /* by the forecast's own prior, where there are no runs; owned */
} ground;

static ll_status stand(ground *g, const next_args *a, const ll_next_ask *ask, ll_error *err) {
    const ll_prior wide = ll_prior_for_design();
    const ll_place start = start_of(ask);
    if (!g->study) {
        LL_TRY(ll_posterior_of_prior(&g->design, g->law, start.x, &wide, err));
        return ll_posterior_of_prior(&g->start, g->law, start.x, NULL, err);
    }
    LL_TRY(ll_study_believe(g->study, err));
    return ll_posterior_new(&g->design, g->law, &g->study->triage.data, &wide, NULL, (int)a->input.threads, err);
}

/* With runs a target in FLOPs is the run that the fitted law calls best, as everywhere. */
static ll_status settle_target(ground *g, ll_next_ask *ask, ll_error *err) {
    if (!g->study || !(ask->flops > 0)) return LL_OK;
    LL_TRY(ll_study_fit(g->study, err));
    LL_TRY(ll_plan_best_run(g->study, ask->flops, 0, &ask->params, &ask->tokens, err));
    ask->flops = 0;
    return LL_OK;
}

static ll_status choose(ground *g, next_args *a, ll_next_ask *ask, ll_next *next, ll_outlook *now, ll_error *err) {
    LL_TRY(settle_target(g, ask, err));
    LL_TRY(stand(g, a, ask, err));
    const ll_posterior *design = g->design, *forecast = g->study ? g->study->belief : g->start;
    const double largest = g->study ? ll_posterior_look(forecast).largest : 0;
    LL_TRY(ll_next_choose(next, &(ll_next_belief) { &design, &forecast, 1, largest }, ask, err));
    const double *x = next->target.x;
    if (g->study) LL_TRY(ll_study_outlook(g->study, x[LL_VAR_N], x[LL_VAR_D], 0, now, err));
    if (!*a->out) return LL_OK;
    return is_table(a->out) ? write_table(a, next, err) : write_spec(a, next, err);
}

static int answer(next_args *a, ll_next_ask *ask, ground *g) {
    ll_error err = { 0 };
    ll_next next;
    ll_outlook now;
    const ll_status status = choose(g, a, ask, &next, &now, &err);
    ll_posterior_free(g->design);
    ll_posterior_free(g->start);
    if (status != LL_OK) return ll_cli_fail(&err);
    const ll_next_told told = { &next, g->law->name, g->study, g->study ? &now : NULL, a->out };
    if (a->json) return ll_cli_json(ll_next_json(&told));
    ll_next_show(&told);
    return LL_EXIT_DONE;
}

static ll_status open_ground(ground *g, const next_args *a, const char *path, ll_study *study, ll_error *err) {
    const bool runs = path || *a->input.fit || ll_store_may_be_there(a->input.store);
    if (*a->input.fit && path)
        return LL_FAIL(err, LL_EINPUT, "next: %s is fitted already: leave out %s", a->input.fit, path);
    if (!path && !*a->input.fit) LL_TRY(ll_cli_check_store(a->input.store, err));
    if (!runs) return LL_OK;
    if (*a->input.fit) LL_TRY(ll_study_load(study, a->input.fit, a->input.prior, err));
    else LL_TRY(ll_input_read(&a->input, g->law, path, 0, study, err));
    g->study = study;
    g->law = study->law;
    return LL_OK;
}

static int ask_next(next_args *a, ground *g, const ll_verb *verb, int argc, char **argv) {
    ll_error err = { 0 };
    ll_next_pace paces[LL_NEXT_PACES];
    double sizes[LL_NEXT_SIZES];
    ll_next_ask ask = { .flops = a->flops,
                        .params = a->params,
                        .tokens = a->tokens,
                        .runs = (int)a->runs,
                        .share = a->share,
                        .ratio = a->ratio,
                        .spread = a->spread,
                        .sizes = sizes,
                        .paces = paces },
                resolved;
    if (parse_pace(a->pace, paces, &ask.n_paces, &err) != LL_OK || parse_budget(a, &ask.budget, &err) != LL_OK ||
        read_base(a, verb, argc, argv, sizes, &ask.n_sizes, &err) != LL_OK ||
        ll_next_resolve(&ask, &resolved, &err) != LL_OK)
        return ll_cli_fail(&err);
    return answer(a, &resolved, g);
}

static int run(const ll_verb *verb, int argc, char **argv) {
    next_args a = { 0 };
    ll_words words;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 1) return ll_cli_usage("next: one table at a time, here are %d words", words.n);
    const ll_law *law = ll_input_law(&a.input, &err);
    if (!law) return ll_cli_fail(&err);
    ll_study study = { 0 };
    ground g = { .law = law };
    if (open_ground(&g, &a, words.n ? words.at[0] : NULL, &study, &err) != LL_OK) return ll_cli_fail(&err);
    code = g.law->vars == (1u << LL_VAR_N | 1u << LL_VAR_D)
               ? ask_next(&a, &g, verb, argc, argv)
               : ll_cli_usage("next: law %s is not one of N and D: expected chinchilla or kaplan_nd", g.law->name);
    ll_study_clear(&study);
    return code;
}
const ll_verb ll_verb_next = {
    "next",
    "which runs to buy next, so that a forecast gets surest for a budget",
    "usage: loglog next [RUNS.csv | --fit FIT.json] --target-flops 1e21 --budget 1e19 [--base SPEC.yaml] [--out "
    "FILE]\n\n"
    "From the runs so far (a table, or the store's) and a target: the runs within the budget that shrink the\n"
    "interval of the forecast at the target most, held against a uniform isoFLOP grid of the same cost. Where\n"
    "there are no runs yet, a start. With much to spend, spend a part, and ask again. --out writes a spec that\n"
    "'run' takes, with the data, model and training of --base and of the spec's keys as flags (--data.text "
    "PATH).\n\n"
    "  loglog next runs.csv --target-flops 1e21 --budget 1e19\n"
    "  loglog next --fit fit.json --target-flops 1e21 --budget '$500' --gpus H100 --out next.csv\n"
    "  loglog next --target-flops 1e13 --budget 1e12 --data.text notes/ --out start.yaml\n"
    "  loglog next --store demo/loglog.db --target-params 1M --target-tokens 90M --budget 2h --pace "
    "100k=900k,1M=90k\n",
    options,
    sizeof options / sizeof *options,
    run,
    ll_spec_table,
    &ll_spec_count,
};
