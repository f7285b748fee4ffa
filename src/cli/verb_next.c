#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/fitting.h"
#include "cli/show_next.h"
#include "cli/store_named.h"
#include "forecast/next_json.h"
#include "forecast/rehearsal.h"
#include "loglog/units.h"
#include "sweep/design.h"

typedef struct next_args {
    ll_spec spec; /* first: the spec's own table binds it */
    ll_input input;
    ll_fitting fitting; /* store and threads alone */
    double flops, params, tokens, share, ratio, spread;
    int64_t runs;
    char budget[LL_OPTION_NAME], pace[LL_OPTION_TEXT], base[LL_OPTION_TEXT], out[LL_OPTION_TEXT];
    bool json;
} next_args;

#define AT(f) offsetof(next_args, f)
static const ll_option options[] = {
    { "target_flops", LL_OPT_REAL, AT(flops), "0", "target: a compute-optimal run of so many FLOPs", .max = 1e40 },
    { "target_params", LL_OPT_REAL, AT(params), "0", "target: a run of so many parameters", .max = 1e18 },
    { "target_tokens", LL_OPT_REAL, AT(tokens), "0", "on so many tokens", .max = 1e20 },
    { "budget", LL_OPT_NAME, AT(budget), "", "for all runs together: FLOPs, or with --pace a time such as 36h" },
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
    { "out", LL_OPT_TEXT, AT(out), "", "write the spec of these runs" },
    LL_INPUT_LAW(next_args),
    LL_INPUT_TABLE(next_args),
    { "store", LL_OPT_TEXT, LL_FITTING_AT(next_args, store), "loglog.db",
      "where the runs come from when no table is named" },
    { "threads", LL_OPT_INT, LL_FITTING_AT(next_args, threads), "0", "threads; 0: all cores", .max = 1024 },
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

static ll_status parse_budget(const next_args *a, double *budget, ll_error *err) {
    if (!*a->budget) return LL_FAIL(err, LL_EINPUT, "next: --budget is missing: how many FLOPs the runs may take");
    if (*a->pace ? ll_units_duration(a->budget, budget) : ll_units_parse(a->budget, budget)) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "--budget is '%s', expected %s", a->budget,
                   *a->pace ? "a time, such as 36h" : "FLOPs, such as 1e19 (a time needs --pace)");
}

/* The base spec with the flags over it; sizes are those of its family. Without --base nothing says what a model is.
 */
static ll_status read_base(next_args *a, const ll_verb *verb, int argc, char **argv, double *sizes, int *n_sizes,
                           ll_error *err) {
    enum { VOCAB = 257 }; /* N does not count it */
    ll_words words;
    *n_sizes = 0;
    if (!*a->base && !*a->out) return LL_OK;
    if (*a->base) LL_TRY(ll_spec_load(&a->spec, a->base, err));
    ll_cli_flags(verb, a, &words, argc, argv);
    ll_spec_take_list(&a->spec, (double[]) { 1 }, (double[]) { 1 }, 1);
    LL_TRY(ll_spec_check(&a->spec, *a->base ? a->base : "next", err));
    return ll_design_sizes(&a->spec, VOCAB, sizes, LL_NEXT_SIZES, n_sizes, err);
}

/* ---- the answer ---- */

enum { SEEDS = 100 }; /* more than one ladder has */

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

/* Where the largest run is to come. */
static ll_place start_of(const ll_next_ask *ask) {
    const double C = ask->share * (ask->flops > 0 ? ask->flops : 6 * ask->params * ask->tokens);
    const double ratio = ask->flops > 0 ? ask->ratio : ask->tokens / ask->params, N = sqrt(C / (6 * ratio));
    return (ll_place) { { [LL_VAR_N] = N, [LL_VAR_D] = ratio * N, [LL_VAR_C] = C } };
}

/* By the wide prior and by the forecast's own; data NULL: no runs yet. Both are the caller's to free. */
static ll_status make_posteriors(const next_args *a, const ll_next_ask *ask, const ll_law *law,
                                 const ll_fit_data *data, ll_posterior *both[2], ll_error *err) {
    const ll_prior wide = ll_prior_for_design();
    const ll_place start = start_of(ask);
    const int threads = (int)a->fitting.threads;
    if (!data) {
        LL_TRY(ll_posterior_of_prior(&both[0], law, start.x, &wide, err));
        return ll_posterior_of_prior(&both[1], law, start.x, NULL, err);
    }
    LL_TRY(ll_posterior_new(&both[0], law, data, &wide, NULL, threads, err));
    return ll_rehearsed_posterior(&both[1], law, data, NULL, NULL, threads, err);
}

static int answer(next_args *a, const ll_next_ask *ask, const ll_law *law, const ll_fit_data *data,
                  const char *source) {
    ll_error err = { 0 };
    ll_posterior *both[2] = { NULL, NULL };
    ll_next next;
    const int64_t runs = data ? data->n : 0;
    double largest = 0;
    ll_status s = make_posteriors(a, ask, law, data, both, &err);
    if (s == LL_OK) {
        const ll_posterior *design = both[0], *forecast = both[1];
        if (data) largest = ll_posterior_look(forecast).largest;
        s = ll_next_choose(&next, &(ll_next_belief) { &design, &forecast, 1, largest }, ask, &err);
    }
    ll_posterior_free(both[0]);
    ll_posterior_free(both[1]);
    if (s == LL_OK && *a->out) s = write_spec(a, &next, &err);
    if (s != LL_OK) return ll_cli_fail(&err);
    if (a->json) return ll_cli_json(ll_next_json(&next, a->input.law, runs));
    ll_next_show(&next, source, runs, largest, a->out);
    return LL_EXIT_DONE;
}

static int from_runs(next_args *a, const ll_next_ask *ask, const ll_law *law, const char *path) {
    ll_error err = { 0 };
    ll_table t;
    ll_columns columns;
    ll_fit_data data;
    const char *source = path ? path : a->fitting.store;
    if (ll_fitting_read(&a->fitting, &a->input, path, &t, &err) != LL_OK) return ll_cli_fail(&err);
    int code = LL_EXIT_USAGE;
    if (ll_input_data(&a->input, law, &t, source, 0, &columns, &data, &err) != LL_OK) code = ll_cli_fail(&err);
    else {
        code = answer(a, ask, law, &data, source);
        ll_columns_free(&columns);
    }
    ll_table_clear(&t);
    return code;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    next_args a;
    ll_words words;
    ll_error err = { 0 };
    ll_next_pace paces[LL_NEXT_PACES];
    double sizes[LL_NEXT_SIZES];
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 1) return ll_cli_usage("next: one table at a time, here are %d words", words.n);
    const ll_law *law = ll_input_law(&a.input, &err);
    if (!law) return ll_cli_fail(&err);
    if (law->vars != (1u << LL_VAR_N | 1u << LL_VAR_D))
        return ll_cli_usage("next: law %s is not one of N and D: expected chinchilla or kaplan_nd", law->name);
    ll_next_ask ask = { .flops = a.flops,
                        .params = a.params,
                        .tokens = a.tokens,
                        .runs = (int)a.runs,
                        .share = a.share,
                        .ratio = a.ratio,
                        .spread = a.spread,
                        .sizes = sizes,
                        .paces = paces },
                resolved;
    if (parse_pace(a.pace, paces, &ask.n_paces, &err) != LL_OK || parse_budget(&a, &ask.budget, &err) != LL_OK ||
        read_base(&a, verb, argc, argv, sizes, &ask.n_sizes, &err) != LL_OK ||
        ll_next_resolve(&ask, &resolved, &err) != LL_OK)
        return ll_cli_fail(&err);
    if (words.n == 0 && ll_cli_check_store(a.fitting.store, &err) != LL_OK) return ll_cli_fail(&err);
    if (words.n == 0 && access(a.fitting.store, F_OK) != 0) return answer(&a, &resolved, law, NULL, NULL);
    return from_runs(&a, &resolved, law, words.n ? words.at[0] : NULL);
}

const ll_verb ll_verb_next = {
    "next",
    "which runs to buy next, so that a forecast gets surest for a budget",
    "usage: loglog next [RUNS.csv] --target-flops 1e21 --budget 1e19 [--base SPEC.yaml --out next.yaml]\n\n"
    "From the runs so far (a table, or the store's) and a target: the runs within the budget that shrink the\n"
    "interval of the forecast at the target most, held against a uniform isoFLOP grid of the same cost. Where\n"
    "there are no runs yet, a start. With much to spend, spend a part, and ask again. --out writes a spec that\n"
    "'run' takes, with the data, model and training of --base and of the spec's keys as flags (--data.text "
    "PATH).\n\n"
    "  loglog next runs.csv --target-flops 1e21 --budget 1e19\n"
    "  loglog next --target-flops 1e13 --budget 1e12 --data.text notes/ --out start.yaml\n"
    "  loglog next --store demo/loglog.db --target-params 1M --target-tokens 90M --budget 2h --pace "
    "100k=900k,1M=90k\n",
    options,
    sizeof options / sizeof *options,
    run,
    ll_spec_table,
    &ll_spec_count,
};
