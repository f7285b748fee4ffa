#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/fitting.h"
#include "cli/renting.h"
#include "cli/show_plan.h"
#include "fit/saved.h"
#include "forecast/downstream.h"
#include "forecast/plan_json.h"
#include "forecast/plan_seen.h"
#include "law/published.h"
#include "loglog/units.h"

typedef struct plan_args {
    ll_input input;
    ll_fitting fitting;
    ll_renting renting;
    double flops, usd, kwh, days, loss, bits_per_byte, bytes_per_token, unique_tokens, inference_tokens;
    double score, samples, serving_utilisation;
    char fit[LL_OPTION_TEXT], score_fit[LL_OPTION_TEXT], samples_fit[LL_OPTION_TEXT], recipe[LL_OPTION_NAME];
    bool json;
} plan_args;

#define AT(field) offsetof(plan_args, field)
static const ll_option options[] = {
    { "law", LL_OPT_TEXT, LL_INPUT_AT(plan_args, law), "chinchilla",
      "a published law by its id in 'loglog paper', a saved fit FILE.json, or a law to fit to runs" },
    { "fit", LL_OPT_TEXT, AT(fit), "", "a saved fit, of 'loglog fit --save'" },
    { "flops", LL_OPT_REAL, AT(flops), "0", "budget: FLOPs", .max = 1e45 },
    { "usd", LL_OPT_MONEY, AT(usd), "0", "budget: dollars", .max = 1e18 },
    { "kwh", LL_OPT_REAL, AT(kwh), "0", "budget: energy", .max = 1e18 },
    { "days", LL_OPT_REAL, AT(days), "0", "budget: days of the devices of --gpus", .max = 1e6 },
    { "loss", LL_OPT_REAL, AT(loss), "0", "target: the least that reaches it; beside a budget, how probable it is",
      .max = 1e3 },
    { "bits_per_byte", LL_OPT_REAL, AT(bits_per_byte), "0", "the target in bits per byte, with --bytes-per-token",
      .max = 64 },
    { "bytes_per_token", LL_OPT_REAL, AT(bytes_per_token), "0", "bytes of text in a token", .max = 1e6 },
    { "score", LL_OPT_REAL, AT(score), "0", "the target as a probe's score, with --score-fit", .max = 1e9 },
    { "score_fit", LL_OPT_TEXT, AT(score_fit), "",
      "a saved fit of that score to the loss: fit --law sigmoid --x LOSS --col loss=SCORE --save" },
    { "unique_tokens", LL_OPT_REAL, AT(unique_tokens), "0", "distinct tokens there are; 0: no end of them",
      .max = 1e30 },
    { "inference_tokens", LL_OPT_REAL, AT(inference_tokens), "0",
      "tokens the model will serve, paid from the same budget", .max = 1e30 },
    { "samples", LL_OPT_REAL, AT(samples), "1", "samples drawn for each answer that is served", .min = 1,
      .max = 1e12 },
    { "samples_fit", LL_OPT_TEXT, AT(samples_fit), "",
      "a saved fit of the share solved to the samples: fit --law coverage --x SAMPLES --col loss=SHARE --save" },
    { "serving_utilisation", LL_OPT_REAL, AT(serving_utilisation), "0",
      "share of the peak that serving computes with; 0: as training", .max = 1 },
    LL_RENTING_TABLE(plan_args, "H100", "0.38,0.5"),
    { "recipe", LL_OPT_NAME, AT(recipe), "deepseek2024", "published rule for rate and batch", LL_RECIPES },
    LL_FITTING_TABLE(plan_args),
    LL_INPUT_TABLE(plan_args),
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

/* ---- what is asked ---- */

/* A target in bits per byte becomes one in nats per token: without the ratio there is no such number. */
static ll_status parse_bits(plan_args *a, ll_error *err) {
    if (!(a->bits_per_byte > 0)) return LL_OK;
    if (a->loss > 0) return LL_FAIL(err, LL_EINPUT, "plan: --loss and --bits-per-byte are two targets: give one");
    if (!(a->bytes_per_token > 0))
        return LL_FAIL(err, LL_EINPUT,
                       "plan: --bits-per-byte needs --bytes-per-token: losses are in nats per token");
    a->loss = ll_units_nats_per_token(a->bits_per_byte, a->bytes_per_token);
    return LL_OK;
}

/* A score becomes the loss at which its own law reaches it. */
static ll_status parse_score(plan_args *a, ll_plan_score *out, ll_error *err) {
    ll_saved_fit f;
    if (!(a->score > 0) && !*a->score_fit) return LL_OK;
    if (!(a->score > 0) || !*a->score_fit)
        return LL_FAIL(err, LL_EINPUT, "plan: --score and --score-fit belong together");
    if (a->loss > 0) return LL_FAIL(err, LL_EINPUT, "plan: --loss and --score are two targets: give one");
    LL_TRY(ll_saved_read(&f, a->score_fit, err));
    ll_status s = ll_downstream_loss(&f.fit, a->score, &out->loss, err);
    out->score = a->score;
    out->level = f.fit.opts.level;
    a->loss = out->loss.value;
    ll_saved_clear(&f);
    return s;
}

static ll_status parse_target(plan_args *a, ll_plan_score *score, ll_error *err) {
    LL_TRY(parse_bits(a, err));
    return parse_score(a, score, err);
}

static ll_status parse_serving(const plan_args *a, const ll_rig *rig, ll_plan_serving *out, ll_error *err) {
    ll_saved_fit f;
    *out = (ll_plan_serving) { .tokens = a->inference_tokens, .samples = a->samples, .coverage = { .value = NAN } };
    out->utilisation = a->serving_utilisation > 0 ? a->serving_utilisation : rig->utilisation;
    if (!(a->inference_tokens > 0) && (a->samples > 1 || a->serving_utilisation > 0 || *a->samples_fit))
        return LL_FAIL(err, LL_EINPUT, "plan: samples and their utilisation are of --inference-tokens: give it");
    if (!*a->samples_fit) return LL_OK;
    LL_TRY(ll_saved_read(&f, a->samples_fit, err));
    out->level = f.fit.opts.level;
    ll_status s = ll_downstream_score(&f.fit, a->samples, &out->coverage, err);
    ll_saved_clear(&f);
    return s;
}

/* The one budget that was given; a target loss alone is one too. */
static ll_status parse_budget(const plan_args *a, ll_plan_sheet *s, ll_error *err) {
    const struct {
        const char *name;
        double amount;
    } budgets[] = { { "flops", a->flops }, { "usd", a->usd }, { "kwh", a->kwh }, { "days", a->days } };
    for (int i = 0; i < 4; i++) {
        if (!(budgets[i].amount > 0)) continue;
        if (s->budget)
            return LL_FAIL(err, LL_EINPUT, "plan: --%s and --%s are two budgets: give one", s->budget,
                           budgets[i].name);
        s->budget = budgets[i].name;
        s->amount = budgets[i].amount;
    }
    if (s->budget && strcmp(s->budget, "days") == 0 && !(s->rig.count > 0))
        return LL_FAIL(err, LL_EINPUT, "plan: --days needs how many devices: --gpus 64x%s", s->rig.device.name);
    if (!s->budget && a->loss > 0) s->budget = "loss", s->amount = a->loss;
    if (s->budget) return LL_OK;
    return LL_FAIL(
        err, LL_EINPUT,
        "plan: no budget: give one of --flops, --usd, --kwh, --gpus 64xH100 --days 30, or a target --loss");
}

/* FLOPs of the budget; 0 of a target. */
static double flops_of(const ll_plan_sheet *s) {
    const ll_bill one = ll_rig_bill(&s->rig, 1);
    if (strcmp(s->budget, "flops") == 0) return s->amount;
    if (strcmp(s->budget, "usd") == 0) return s->amount / one.usd;
    if (strcmp(s->budget, "kwh") == 0) return s->amount / one.kwh;
    if (strcmp(s->budget, "days") == 0) return ll_rig_flops(&s->rig, s->amount * 24 * s->rig.count);
    return 0;
}

/* ---- the answer ---- */

static ll_status plan(const plan_args *a, ll_plan_sheet *s, const ll_plan_law *law, ll_error *err) {
    const ll_plan_serving *served = &s->serving;
    const ll_plan_ask ask = { .flops = flops_of(s),
                              .loss = a->loss,
                              .loss_sd = s->score.loss.se > 0 ? s->score.loss.se / a->loss : 0,
                              .unique_tokens = a->unique_tokens,
                              .inference_tokens =
                                  served->tokens * served->samples * s->rig.utilisation / served->utilisation };
    LL_TRY(ll_plan_make(&s->plan, law, &ask, err));
    if (s->store) LL_TRY(ll_plan_see_store(&s->plan, s->store, a->input.where, err));
    const ll_plan_point *p = &s->plan.point;
    LL_TRY(ll_plan_shape(p->N, &s->shape, err));
    s->rule = a->recipe;
    s->bill = ll_rig_bill(&s->rig, p->C);
    return ll_recipe_of(a->recipe, p->N, p->D, 6 * p->N * p->D, &s->recipe, err);
}

static int answer(const plan_args *a, ll_plan_sheet *s, const ll_plan_law *law) {
    ll_error err = { 0 };
    if (plan(a, s, law, &err) != LL_OK) {
        ll_json_free(s->convention);
        return ll_cli_fail(&err);
    }
    if (a->json) return ll_cli_json(ll_plan_json(s));
    ll_plan_show(s);
    return LL_EXIT_DONE;
}

static int from_paper(const plan_args *a, ll_plan_sheet *s, const ll_published *p) {
    s->law = p->id;
    s->form = p->law->form;
    s->source = p->source;
    s->loss_unit = LL_NATS_PER_TOKEN;
    const ll_plan_law law = ll_plan_law_published(p->law, p->params);
    return answer(a, s, &law);
}

static ll_status check_unit(const plan_args *a, const char *loss_unit, const char *source, ll_error *err) {
    if (!(a->bits_per_byte > 0) || strcmp(loss_unit, LL_NATS_PER_TOKEN) == 0) return LL_OK;
    return LL_FAIL(err, LL_EINPUT,
                   "plan: losses of %s are in %s, not in nats per token: give the target in their unit, as --loss",
                   source, loss_unit);
}

/* From a fit, fresh or saved, with losses in loss_unit; convention is taken. */
static int from_fit(const plan_args *a, ll_plan_sheet *s, const ll_fit *fit, const char *source,
                    const char *loss_unit, ll_json *convention) {
    ll_error err = { 0 };
    s->law = fit->law->name;
    s->form = fit->law->form;
    s->source = source;
    s->loss_unit = loss_unit;
    s->fitted = fit;
    s->convention = convention;
    if (check_unit(a, loss_unit, source, &err) != LL_OK) {
        ll_json_free(convention);
        return ll_cli_fail(&err);
    }
    const ll_plan_law law = ll_plan_law_fitted(fit);
    return answer(a, s, &law);
}

static int from_table(const plan_args *a, ll_plan_sheet *s, const ll_law *law, const ll_table *t,
                      const char *source) {
    ll_error err = { 0 };
    ll_fitted f;
    if (ll_fitting_run(&a->fitting, &a->input, law, t, source, &f, &err) != LL_OK) return ll_cli_fail(&err);
    ll_json *convention = a->json ? ll_columns_convention(&f.columns, t, source) : NULL;
    int code = from_fit(a, s, &f.fit, source, f.columns.loss_unit, convention);
    ll_fitted_clear(&f);
    return code;
}

static int from_file(const plan_args *a, ll_plan_sheet *s, const char *path) {
    ll_error err = { 0 };
    ll_saved_fit f;
    if (ll_saved_read(&f, path, &err) != LL_OK) return ll_cli_fail(&err);
    int code = from_fit(a, s, &f.fit, path, f.loss_unit, a->json ? ll_json_copy(f.convention) : NULL);
    ll_saved_clear(&f);
    return code;
}

/* The file of a saved fit that was named; NULL when none was. */
static const char *saved_fit(const plan_args *a) {
    const size_t n = strlen(a->input.law);
    if (*a->fit) return a->fit;
    return n > 5 && strcmp(a->input.law + n - 5, ".json") == 0 ? a->input.law : NULL;
}

/* A law's name that is neither published nor fit for planning is refused before any table is read. */
static ll_status find_law(const plan_args *a, const ll_law **law, ll_error *err) {
    *law = ll_law_find(a->input.law);
    if (!*law)
        return LL_FAIL(err, LL_EINPUT,
                       "plan: no law '%s': 'loglog paper' lists the published, 'loglog laws' the %s", a->input.law,
                       "fitted");
    if (ll_plan_can(*law)) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "plan: law %s has no budget line: expected %s", a->input.law,
                   "chinchilla, chinchilla_tied, kaplan_nd or data_constrained");
}

static int run(const ll_verb *verb, int argc, char **argv) {
    plan_args a = { 0 };
    ll_plan_sheet s = { 0 };
    ll_words words;
    ll_table t;
    ll_error err = { 0 };
    const ll_law *law;
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 1) return ll_cli_usage("plan: one table at a time, here are %d words", words.n);
    if (parse_target(&a, &s.score, &err) != LL_OK || ll_renting_rig(&a.renting, &s.rig, &err) != LL_OK ||
        parse_serving(&a, &s.rig, &s.serving, &err) != LL_OK || parse_budget(&a, &s, &err) != LL_OK)
        return ll_cli_fail(&err);
    const char *saved = saved_fit(&a);
    if (saved && words.n) return ll_cli_usage("plan: %s is fitted already: leave out %s", saved, words.at[0]);
    if (saved) return from_file(&a, &s, saved);
    const ll_published *published = ll_published_find(a.input.law);
    if (published && words.n)
        return ll_cli_usage("plan: %s is a published law and is not fitted: leave out %s, or name a --law to fit",
                            a.input.law, words.at[0]);
    if (published) return from_paper(&a, &s, published);
    const char *path = words.n ? words.at[0] : NULL, *source = path ? path : a.fitting.store;
    if (find_law(&a, &law, &err) != LL_OK || ll_fitting_read(&a.fitting, &a.input, path, &t, &err) != LL_OK)
        return ll_cli_fail(&err);
    s.store = path ? NULL : a.fitting.store;
    code = from_table(&a, &s, law, &t, source);
    ll_table_clear(&t);
    return code;
}

const ll_verb ll_verb_plan = {
    "plan",
    "what a budget buys best, or what a loss costs: N, D, shape, days, dollars",
    "usage: loglog plan [RUNS.csv] (--law NAME | --fit FILE.json)\n"
    "                   (--flops C | --usd X | --kwh E | --gpus 64xH100 --days 30 | --loss L)\n\n"
    "The law is a published one by its id, one that is fitted to a table or to the store's runs, with the\n"
    "options of 'loglog fit', or a fit that it saved. Intervals come from the fit's resamples; a published law "
    "has\n"
    "none.\n"
    "A run costs 6 N D FLOPs, and 2 N for every token of --inference-tokens, in each of --samples.\n\n"
    "  loglog plan --law hoffmann2022 --flops 5.76e23\n"
    "  loglog plan --law besiroglu2024 --gpus 64xH100 --days 30 --unique-tokens 100B\n"
    "  loglog plan --fit fit.json --flops 1e21\n"
    "  loglog plan runs.csv --law chinchilla --usd '$2.5M' --loss 2.1\n",
    options,
    sizeof options / sizeof *options,
    run,
};
