#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/ability/ability_verbs.h"
#include "cli/cli.h"
#include "cli/decide/plan_samples.h"
#include "cli/decide/renting.h"
#include "cli/decide/show_plan.h"
#include "cli/input.h"
#include "decide/plan/downstream.h"
#include "decide/plan/plan.h"
#include "decide/plan/plan_sheet.h"
#include "decide/plan/score_plan.h"
#include "fit/io/saved.h"
#include "law/published.h"
#include "loglog/units.h"

typedef struct plan_args {
    ll_input input;
    ll_renting renting;
    double flops, usd, kwh, days, loss, bits_per_byte, bytes_per_token, unique_tokens, inference_tokens;
    double serving_utilisation, params, tokens, questions;
    char samples[LL_OPTION_TEXT]; /* "auto", or a number */
    char score[LL_OPTION_TEXT], score_fit[LL_OPTION_TEXT], samples_fit[LL_OPTION_TEXT], recipe[LL_OPTION_NAME];
    bool json;
} plan_args;

#define AT(field) offsetof(plan_args, field)
static const ll_option options[] = {
    { "law", LL_OPT_TEXT, LL_INPUT_AT(plan_args, law), "chinchilla",
      "a published law by its id in 'loglog paper', a saved fit FILE.json, or a law to fit to runs" },
    LL_INPUT_SAVED(plan_args),
    { "params", LL_OPT_REAL, AT(params), "0",
      "a model that is settled: its parameters, counted as the law counts them", .max = 1e18 },
    { "tokens", LL_OPT_REAL, AT(tokens), "0", "its training tokens; with --params the run is settled",
      .max = 1e20 },
    { "flops", LL_OPT_REAL, AT(flops), "0", "budget: FLOPs", .max = 1e45 },
    { "usd", LL_OPT_MONEY, AT(usd), "0", "budget: dollars", .max = 1e18 },
    { "kwh", LL_OPT_REAL, AT(kwh), "0", "budget: energy", .max = 1e18 },
    { "days", LL_OPT_REAL, AT(days), "0", "budget: days of the devices of --gpus", .max = 1e6 },
    { "loss", LL_OPT_REAL, AT(loss), "0", "target: the least that reaches it; beside a budget, how probable it is",
      .max = 1e3 },
    { "bits_per_byte", LL_OPT_REAL, AT(bits_per_byte), "0",
      "the target in bits per byte; of losses in nats per token with --bytes-per-token", .max = 64 },
    { "bytes_per_token", LL_OPT_REAL, AT(bytes_per_token), "0", "bytes of text in a token", .max = 1e6 },
    { "score", LL_OPT_TEXT, AT(score), "",
      "the target as a probe's score: PROBE.METRIC=0.9, by two steps fitted to these runs; or a number, with "
      "--score-fit" },
    LL_INPUT_VIA(plan_args),
    { "score_fit", LL_OPT_TEXT, AT(score_fit), "",
      "a saved fit of that score to the loss: fit --law sigmoid --x LOSS --col loss=SCORE --save" },
    { "unique_tokens", LL_OPT_REAL, AT(unique_tokens), "0", "distinct tokens there are; 0: no end of them",
      .max = 1e30 },
    { "inference_tokens", LL_OPT_REAL, AT(inference_tokens), "0",
      "tokens the model will serve, paid from the same budget", .max = 1e30 },
    { "samples", LL_OPT_TEXT, AT(samples), "1",
      "samples drawn for each answer that is served; auto: as many as --flops and --questions make best, of a "
      "table of "
      "'probe samples --out'" },
    { "questions", LL_OPT_REAL, AT(questions), "0", "that are answered, with --samples auto", .max = 1e30 },
    { "samples_fit", LL_OPT_TEXT, AT(samples_fit), "",
      "a saved fit of the share solved to the samples: fit --law coverage --x SAMPLES --col loss=SHARE --save" },
    { "serving_utilisation", LL_OPT_REAL, AT(serving_utilisation), "0",
      "share of the peak that serving computes with; 0: as training", .max = 1 },
    LL_RENTING_TABLE(plan_args, LL_RIG_DEVICE, LL_RIG_UTILISATION),
    { "recipe", LL_OPT_NAME, AT(recipe), LL_PLAN_RECIPE, "published rule for rate and batch", LL_RECIPES },
    LL_INPUT_PRIOR(plan_args),
    LL_INPUT_FIT(plan_args),
    LL_INPUT_RUNS(plan_args),
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

/* ---- what is asked ---- */

/* A target in bits per byte becomes one in the unit of the law's losses: nats per token need the ratio. */
static ll_status target_of_bits(plan_args *a, ll_plan_sheet *s, ll_error *err) {
    if (!(a->bits_per_byte > 0)) return LL_OK;
    if (strcmp(s->loss_unit, LL_BITS_PER_BYTE) == 0) a->loss = a->bits_per_byte;
    else if (strcmp(s->loss_unit, LL_NATS_PER_TOKEN) != 0)
        return LL_FAIL(
            err, LL_EINPUT,
            "plan: losses of %s are in %s, neither in nats per token nor in bits per byte: give the target "
            "in their unit, as --loss",
            s->source, s->loss_unit);
    else if (!(a->bytes_per_token > 0))
        return LL_FAIL(err, LL_EINPUT, "plan: --bits-per-byte needs --bytes-per-token: losses of %s are in %s",
                       s->source, s->loss_unit);
    else a->loss = ll_units_nats_per_token(a->bits_per_byte, a->bytes_per_token);
    if (strcmp(s->budget, "loss") == 0) s->amount = a->loss;
    return LL_OK;
}

/* A score becomes the loss at which its own law reaches it. */
static ll_status parse_score(plan_args *a, ll_plan_score *out, ll_error *err) {
    ll_saved_fit f;
    if (!*a->score && !*a->score_fit) return LL_OK;
    if (!ll_units_parse(a->score, &out->score) || !(out->score > 0))
        return LL_FAIL(err, LL_EINPUT,
                       "plan: --score is '%.60s', expected PROBE.METRIC=NUMBER, or a number above 0", a->score);
    if (!*a->score_fit)
        return LL_FAIL(err, LL_EINPUT,
                       "plan: --score %s of what? Name it, PROBE.METRIC=%s, or give its --score-fit", a->score,
                       a->score);
    if (a->loss > 0) return LL_FAIL(err, LL_EINPUT, "plan: --loss and --score are two targets: give one");
    LL_TRY(ll_saved_read(&f, a->score_fit, err));
    ll_status s = ll_downstream_loss(&f.fit, out->score, &out->loss, err);
    out->level = f.fit.opts.level;
    a->loss = out->loss.value;
    ll_saved_clear(&f);
    return s;
}

static ll_status parse_target(plan_args *a, ll_plan_score *score, ll_error *err) {
    if (a->bits_per_byte > 0 && (a->loss > 0 || *a->score))
        return LL_FAIL(err, LL_EINPUT, "plan: --%s and --bits-per-byte are two targets: give one",
                       a->loss > 0 ? "loss" : "score");
    return parse_score(a, score, err);
}

static ll_status parse_serving(const plan_args *a, const ll_rig *rig, ll_plan_serving *out, ll_error *err) {
    ll_saved_fit f;
    *out = (ll_plan_serving) { .tokens = a->inference_tokens, .coverage = { .value = NAN } };
    if (!ll_units_parse(a->samples, &out->samples) || !(out->samples >= 1 && out->samples <= 1e12))
        return LL_FAIL(err, LL_EINPUT, "--samples is '%.80s', expected auto or a number from 1 to 1e12",
                       a->samples);
    if (a->questions > 0) return LL_FAIL(err, LL_EINPUT, "plan: --questions are of --samples auto");
    out->utilisation = a->serving_utilisation > 0 ? a->serving_utilisation : rig->utilisation;
    if (!(a->inference_tokens > 0) && (out->samples > 1 || a->serving_utilisation > 0 || *a->samples_fit))
        return LL_FAIL(err, LL_EINPUT, "plan: samples and their utilisation are of --inference-tokens: give it");
    if (!*a->samples_fit) return LL_OK;
    LL_TRY(ll_saved_read(&f, a->samples_fit, err));
    out->level = f.fit.opts.level;
    ll_status s = ll_downstream_score(&f.fit, out->samples, &out->coverage, err);
    ll_saved_clear(&f);
    return s;
}

static bool has_target(const plan_args *a) {
    return a->loss > 0 || a->bits_per_byte > 0;
}

/* A number that was given as 0 is none, and is named. */
static ll_status no_budget(const plan_args *a, ll_error *err) {
    const struct {
        const char *key, *flag;
        double amount;
    } asked[] = { { "flops", "flops", a->flops },    { "usd", "usd", a->usd },
                  { "kwh", "kwh", a->kwh },          { "days", "days", a->days },
                  { "loss", "loss", a->loss },       { "bits_per_byte", "bits-per-byte", a->bits_per_byte },
                  { "params", "params", a->params }, { "tokens", "tokens", a->tokens } };
    for (size_t k = 0; k < sizeof asked / sizeof *asked; k++)
        if (ll_cli_given(asked[k].key) && !(asked[k].amount > 0))
            return LL_FAIL(err, LL_EINPUT, "plan: --%s is %g, expected a number above 0", asked[k].flag,
                           asked[k].amount);
    return LL_FAIL(err, LL_EINPUT,
                   "plan: no budget: give one of --flops, --usd, --kwh, --gpus 64xH100 --days 30, a target --loss, "
                   "or --params and --tokens");
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
    const bool settled = a->params > 0 && a->tokens > 0;
    if (s->budget && settled)
        return LL_FAIL(err, LL_EINPUT, "plan: --params and --tokens are a budget of their own: leave out --%s",
                       s->budget);
    if (settled) s->budget = "model", s->amount = 0;
    if (!s->budget && has_target(a)) s->budget = "loss", s->amount = a->loss;
    return s->budget ? LL_OK : no_budget(a, err);
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

static ll_status plan(const plan_args *a, ll_plan_sheet *s, const ll_plan_law *law, const ll_observed *seen,
                      ll_error *err) {
    const ll_plan_serving *served = &s->serving;
    const ll_plan_ask ask = { .flops = flops_of(s),
                              .loss = a->loss,
                              .loss_sd = s->score.loss.se > 0 ? s->score.loss.se / a->loss : 0,
                              .params = a->params,
                              .tokens = a->tokens,
                              .unique_tokens = a->unique_tokens,
                              .inference_tokens =
                                  served->tokens * served->samples * s->rig.utilisation / served->utilisation };
    return ll_plan_sheet_make(s, law, &ask, seen, a->recipe, err);
}

static int answer(const plan_args *a, ll_plan_sheet *s, const ll_plan_law *law, const ll_observed *seen) {
    ll_error err = { 0 };
    if (plan(a, s, law, seen, &err) != LL_OK) {
        ll_json_free(s->convention);
        return ll_cli_fail(&err);
    }
    if (a->json) return ll_cli_json(ll_plan_json(s));
    ll_plan_show(s);
    return LL_EXIT_DONE;
}

static int from_paper(plan_args *a, ll_plan_sheet *s, const ll_published *p) {
    ll_error err = { 0 };
    s->law = p->id;
    s->form = p->law->form;
    s->source = p->source;
    s->loss_unit = LL_NATS_PER_TOKEN;
    if (target_of_bits(a, s, &err) != LL_OK) return ll_cli_fail(&err);
    const ll_plan_law law = ll_plan_law_published(p->law, p->params);
    return answer(a, s, &law, NULL);
}

static ll_status check_law(const ll_law *law, ll_error *err) {
    return ll_plan_check_law(law, err) == LL_OK ? LL_OK : ll_error_prefix(err, "plan");
}

static int from_study(plan_args *a, ll_plan_sheet *sheet, ll_study *s) {
    ll_error err = { 0 };
    ll_plan_sheet_of(sheet, s);
    if (check_law(s->law, &err) != LL_OK || target_of_bits(a, sheet, &err) != LL_OK ||
        ll_study_believe(s, &err) != LL_OK)
        return ll_cli_fail(&err);
    sheet->convention = a->json ? ll_study_convention(s) : NULL;
    const ll_plan_law law = ll_plan_law_studied(s);
    return answer(a, sheet, &law, &s->observed);
}

/* --law FILE.json is --fit FILE.json. A law's name that is neither published nor fit for planning is refused before
 * any table is read. */
static ll_status find_law(plan_args *a, ll_error *err) {
    const size_t n = strlen(a->input.law);
    if (!*a->input.fit && n > 5 && strcmp(a->input.law + n - 5, ".json") == 0)
        memcpy(a->input.fit, a->input.law, sizeof a->input.fit);
    if (*a->input.fit) return LL_OK;
    const ll_law *law = ll_law_find(a->input.law);
    if (!law)
        return LL_FAIL(err, LL_EINPUT,
                       "plan: no law '%s': 'loglog paper' lists the published, 'loglog laws' the fitted",
                       a->input.law);
    return check_law(law, err);
}

/* ---- a score by its name ---- */

static int plan_score(plan_args *a, ll_plan_sheet *sheet, const ll_two_step *f, const ll_score_study *s,
                      double score) {
    ll_error err = { 0 };
    ll_score_plan p;
    if (ll_score_plan_new(&p, f, score, &err) != LL_OK) return ll_cli_fail(&err);
    sheet->law = LL_TWO_STEP;
    sheet->form = ll_two_step_form(f);
    sheet->source = s->study.source;
    sheet->loss_unit = f->negated || strcmp(s->name[1], "loss") != 0 ? s->name[1] : s->study.loss_unit;
    sheet->fitted = &p.fit;
    sheet->convention = a->json ? ll_study_convention(&s->study) : NULL;
    sheet->score = p.score;
    sheet->score.name = s->name[0];
    sheet->budget = "loss";
    sheet->amount = a->loss = p.score.loss.value;
    const int code = answer(a, sheet, &p.law, NULL);
    ll_score_plan_free(&p);
    return code;
}

/* "arithmetic.exact=0.9" */
static int from_score(plan_args *a, ll_plan_sheet *sheet, const char *path) {
    static const char *const others[] = { "flops",     "usd", "kwh", "days", "loss", "bits_per_byte",
                                          "score_fit", "fit", "law", "x",    "y" };
    ll_error err = { 0 };
    ll_score_study s;
    ll_two_step f;
    double score;
    char *equal = strrchr(a->score, '=');
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        if (ll_cli_given(others[k]))
            return ll_cli_usage(
                "plan: --score NAME=VALUE is the target, by two steps of the runs' own: leave out --%s", others[k]);
    *equal = 0;
    if (!ll_units_parse(equal + 1, &score))
        return ll_cli_usage("plan: --score %s is '%s', expected a number", a->score, equal + 1);
    snprintf(a->input.y, sizeof a->input.y, "%s", a->score);
    if (ll_two_step_fit(&a->input, path, &s, &f, &err) != LL_OK) return ll_cli_fail(&err);
    const int code = plan_score(a, sheet, &f, &s, score);
    ll_two_step_clear(&f);
    ll_score_study_clear(&s);
    return code;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    plan_args a = { 0 };
    ll_plan_sheet sheet = { 0 };
    ll_study s;
    ll_words words;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 1) return ll_cli_usage("plan: one table at a time, here are %d words", words.n);
    if (strcmp(a.samples, "auto") == 0)
        return ll_plan_samples(&a.input, words.n ? words.at[0] : NULL, a.flops, a.questions, a.json);
    if (ll_renting_rig(&a.renting, &sheet.rig, &err) != LL_OK ||
        parse_serving(&a, &sheet.rig, &sheet.serving, &err) != LL_OK)
        return ll_cli_fail(&err);
    if (strchr(a.score, '=')) return from_score(&a, &sheet, words.n ? words.at[0] : NULL);
    if (parse_target(&a, &sheet.score, &err) != LL_OK || parse_budget(&a, &sheet, &err) != LL_OK)
        return ll_cli_fail(&err);
    const ll_published *published = *a.input.fit ? NULL : ll_published_find(a.input.law);
    if (published && words.n)
        return ll_cli_usage("plan: %s is a published law and is not fitted: leave out %s, or name a --law to fit",
                            a.input.law, words.at[0]);
    if (published) return from_paper(&a, &sheet, published);
    if (find_law(&a, &err) != LL_OK || ll_input_study(&a.input, words.n ? words.at[0] : NULL, &s, &err) != LL_OK)
        return ll_cli_fail(&err);
    code = from_study(&a, &sheet, &s);
    ll_study_clear(&s);
    return code;
}

const ll_verb ll_verb_plan = {
    "plan",
    "what a budget buys best, or what a loss costs: N, D, shape, days, dollars",
    "usage: loglog plan [RUNS.csv] (--law NAME | --fit FILE.json)\n"
    "                   (--flops C | --usd X | --kwh E | --gpus 64xH100 --days 30 | --loss L | --params N --tokens "
    "D)\n"
    "       loglog plan [RUNS.csv] --score PROBE.METRIC=VALUE [--via loss]\n"
    "       loglog plan SAMPLES.csv --samples auto --questions Q --flops C\n\n"
    "The law is a published one by its id, one that is fitted to a table or to the store's runs, with the\n"
    "options of 'loglog fit', or a fit that it saved. Intervals come from the fit's resamples; a published law "
    "has\n"
    "none.\n"
    "A score by its name is planned for by two steps, N and D to a loss and the loss to the score, fitted to the\n"
    "runs together: intervals carry the doubt of both.\n"
    "--samples auto takes a table of 'probe samples --out' and finds the size and the number of samples whose "
    "coverage\n"
    "is highest where C pays for training and for Q questions: among the sizes measured and between them.\n"
    "A run costs 6 N D FLOPs, and 2 N for every token of --inference-tokens, in each of --samples.\n\n"
    "  loglog plan --law hoffmann2022 --flops 5.76e23\n"
    "  loglog plan --law besiroglu2024 --gpus 64xH100 --days 30 --unique-tokens 100B\n"
    "  loglog plan --fit fit.json --flops 1e21\n"
    "  loglog plan runs.csv --score arithmetic.exact=0.9\n"
    "  loglog plan samples.csv --samples auto --questions 1e6 --flops 1e15\n"
    "  loglog plan runs.csv --law chinchilla --usd '$2.5M' --loss 2.1\n",
    options,
    sizeof options / sizeof *options,
    run,
};
