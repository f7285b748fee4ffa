#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/words/number.h"
#include "cli/ability/ability_verbs.h"
#include "cli/cli.h"
#include "cli/input.h"
#include "decide/answer/backtest_answer.h"
#include "forecast/trial/end_trial.h"
#include "loglog/units.h"

enum { MAX_FACTORS = 16 };

typedef struct backtest_args {
    ll_input input;
    char factor[LL_OPTION_TEXT], methods[LL_OPTION_TEXT];
    ll_list share;
    bool json;
} backtest_args;

#define AT(field) offsetof(backtest_args, field)
static const ll_option options[] = {
    LL_INPUT_LAW(backtest_args),
    LL_INPUT_VIA(backtest_args),
    { "factor", LL_OPT_TEXT, AT(factor), "3,10,30",
      "cuts: runs up to the largest compute over each are fitted, those above judged" },
    { "methods", LL_OPT_TEXT, AT(methods), "standard,loglog", "standard, loglog, isoflop, bnsl, m4" },
    { "share", LL_OPT_LIST, AT(share), "",
      "rows are points of learning curves: foretell the end of each judged run from the runs fitted and such "
      "shares of "
      "its own curve, 0.1,0.25; instead of --methods" },
    LL_INPUT_TABLE(backtest_args),
    { "bootstrap", LL_OPT_INT, LL_INPUT_AT(backtest_args, bootstrap), "1000",
      "resamples of every method but loglog", .min = 1, .max = 1e7 },
    { "seed", LL_OPT_INT, LL_INPUT_AT(backtest_args, seed), "1", "seed of the resamples", .min = 1, .max = 9e15 },
    { "threads", LL_OPT_INT, LL_INPUT_AT(backtest_args, threads), "0", "threads; 0: all cores", .max = 1024 },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

/* What was asked for. */
typedef struct plan {
    int n_factors, n_methods;
    double factor[MAX_FACTORS];
    ll_backtest_method method[LL_BACKTEST_METHOD_COUNT];
} plan;

/* Cuts the next item off a list with commas; NULL at its end. */
static char *next(char **rest) {
    char *item = *rest;
    if (!item) return NULL;
    if ((*rest = strchr(item, ','))) *(*rest)++ = 0;
    return item;
}

static ll_status parse_factors(plan *p, char *list, ll_error *err) {
    for (char *item; (item = next(&list));) {
        if (p->n_factors == MAX_FACTORS)
            return LL_FAIL(err, LL_EINPUT, "--factor: more than %d factors", (int)MAX_FACTORS);
        double f;
        if (!ll_units_parse(item, &f) || !(f > 1) || !isfinite(f))
            return LL_FAIL(err, LL_EINPUT, "--factor: '%.40s', expected numbers above 1 such as 3,10,30", item);
        p->factor[p->n_factors++] = f;
    }
    return LL_OK;
}

#define NAME_OF(id, name, bottom) " " name

static ll_status parse_methods(plan *p, char *list, ll_error *err) {
    for (char *item; (item = next(&list));) {
        int k = 0;
        while (k < LL_BACKTEST_METHOD_COUNT && strcmp(ll_backtest_methods[k], item) != 0) k++;
        if (k == LL_BACKTEST_METHOD_COUNT)
            return LL_FAIL(err, LL_EINPUT, "--methods: '%.40s', expected some of:" LL_BACKTEST_METHODS(NAME_OF),
                           item);
        for (int i = 0; i < p->n_methods; i++)
            if (p->method[i] == (ll_backtest_method)k)
                return LL_FAIL(err, LL_EINPUT, "--methods: %s is there twice", item);
        p->method[p->n_methods++] = (ll_backtest_method)k;
    }
    return LL_OK;
}

static ll_status parse_plan(plan *p, backtest_args *a, ll_error *err) {
    *p = (plan) { 0 };
    for (int64_t k = 0; k < a->share.n; k++)
        if (!(a->share.v[k] > 0 && a->share.v[k] < 1))
            return LL_FAIL(err, LL_EINPUT, "--share: %g, expected shares between 0 and 1", a->share.v[k]);
    LL_TRY(parse_factors(p, a->factor, err));
    return parse_methods(p, a->methods, err);
}

/* ---- answers ---- */

static void head_line(void) {
    ll_say("%-10s %7s %6s %6s %9s %9s %9s %5s %5s %5s %5s %9s %8s\n", "method", "factor", "fitted", "judged",
           "median", "worst", "bias", "50", "80", "90", "95", "interval", "log");
}

static void score_line(const char *method, double factor, const ll_backtest_score *s, const char *missing) {
    ll_say("%-10s %6gx %6lld %6lld ", method, factor, (long long)s->n_fit, (long long)s->n_test);
    if (*missing) {
        ll_say("%s\n", missing);
        return;
    }
    ll_say("%7.2f %% %7.2f %% %+7.2f %% ", 100 * s->median_abs_rel_err, 100 * s->max_abs_rel_err, 100 * s->bias);
    for (int l = 0; l < LL_BACKTEST_LEVELS; l++) ll_say("%5.2f ", s->coverage[l]);
    ll_say("%9.4f %8.3f\n", s->interval_score, s->log_score);
}

/* A factor that this table cannot serve is missing and says why; when none can be served that is the error. */
static ll_status test_all(const backtest_args *a, const plan *p, const ll_law *law, const ll_fit_data *data,
                          ll_json *doc, ll_error *err) {
    ll_backtest_opts opts = { .seed = (uint64_t)a->input.seed,
                              .n_boot = a->input.bootstrap,
                              .threads = (int)a->input.threads };
    int served = 0;
    if (!a->json) head_line();
    for (int m = 0; m < p->n_methods; m++)
        for (int f = 0; f < p->n_factors; f++) {
            const char *name = ll_backtest_methods[p->method[m]];
            ll_backtest_score s;
            err->msg[0] = 0;
            ll_status status = ll_backtest_run(&s, p->method[m], law, data, p->factor[f], &opts, err);
            if (status != LL_OK && status != LL_EINPUT && status != LL_ENUM) return status;
            served += status == LL_OK;
            ll_backtest_document_add(doc, name, p->factor[f], &s, status == LL_OK ? "" : err->msg);
            if (!a->json) score_line(name, p->factor[f], &s, status == LL_OK ? "" : err->msg);
        }
    return served ? LL_OK : err->code;
}

/* The same of the ends of curves: a method for each share. */
static ll_status test_ends(const backtest_args *a, const plan *p, const ll_courses *c, ll_json *doc,
                           ll_error *err) {
    int served = 0;
    if (!a->json) head_line();
    for (int64_t k = 0; k < a->share.n; k++)
        for (int f = 0; f < p->n_factors; f++) {
            ll_backtest_score s;
            char name[32];
            const ll_number_scope scope = ll_number_begin();
            snprintf(name, sizeof name, "end_%g", a->share.v[k]);
            ll_number_end(scope);
            err->msg[0] = 0;
            const ll_status status =
                ll_end_trial_run(&s, c, a->share.v[k], p->factor[f], (int)a->input.threads, err);
            if (status != LL_OK && status != LL_EINPUT && status != LL_ENUM) return status;
            served += status == LL_OK;
            ll_backtest_document_add(doc, name, p->factor[f], &s, status == LL_OK ? "" : err->msg);
            if (!a->json) score_line(name, p->factor[f], &s, status == LL_OK ? "" : err->msg);
        }
    return served ? LL_OK : err->code;
}

static ll_status test_curves(const backtest_args *a, const plan *p, const ll_study *s, ll_json *doc,
                             ll_error *err) {
    ll_courses c;
    LL_TRY(ll_courses_of_table(&c, &s->observed.table, s->source, err));
    const ll_status status = test_ends(a, p, &c, doc, err);
    ll_courses_clear(&c);
    return status;
}

static int answer(const backtest_args *a, const plan *p, const ll_study *s) {
    ll_error err = { 0 };
    ll_json *doc = ll_backtest_document(s, a->input.cluster, a->input.seed);
    const ll_status status =
        a->share.n ? test_curves(a, p, s, doc, &err) : test_all(a, p, s->law, &s->data, doc, &err);
    if (status == LL_OK && a->json) return ll_cli_json(doc);
    ll_json_free(doc);
    return status == LL_OK ? LL_EXIT_DONE : ll_cli_fail(&err);
}

/* Its methods are its own. */
static int two_step(backtest_args *a, const char *path) {
    plan p;
    ll_error err = { 0 };
    if (ll_cli_given("methods"))
        return ll_cli_usage("backtest: law " LL_TWO_STEP " has methods of its own, two_step and direct");
    if (parse_plan(&p, a, &err) != LL_OK) return ll_cli_fail(&err);
    return ll_backtest_two_step(&a->input, path, p.factor, p.n_factors, a->json);
}

static int run(const ll_verb *verb, int argc, char **argv) {
    backtest_args a = { 0 };
    ll_words words;
    ll_study s;
    plan p;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1) return ll_cli_usage("backtest: expected one table, here are %d words", words.n);
    if (strcmp(a.input.law, LL_TWO_STEP) == 0) return two_step(&a, words.at[0]);
    const ll_law *law = ll_input_law(&a.input, &err);
    if (!law || parse_plan(&p, &a, &err) != LL_OK ||
        ll_input_read(&a.input, law, words.at[0], 1u << LL_VAR_C, &s, &err) != LL_OK)
        return ll_cli_fail(&err);
    code = answer(&a, &p, &s);
    ll_study_clear(&s);
    return code;
}

const ll_verb ll_verb_backtest = {
    "backtest",
    "fit the small runs of a table, forecast the large ones, and score it",
    "usage: loglog backtest RUNS.csv --law NAME [--factor 3,10,30] [--methods standard,loglog] [options]\n\n"
    "For each factor the runs with C <= C_max / factor are fitted and all above are judged: median and worst\n"
    "relative error and mean error (bias) of the forecasts, the share of runs inside the 50, 80, 90 and 95 %\n"
    "intervals, the mean score of the 90 % interval and the mean log score (both of ln loss; lower is better).\n"
    "standard is the field's usual fit (Huber on log loss, delta 1e-3, summed) with its bootstrap and residuals;\n"
    "loglog is the method behind 'forecast'. isoflop is approach 2: the bottoms of the valleys along a power law\n"
    "of compute with a floor, each run above its bottom by a parabola in ln N; bnsl and m4 put their own law in "
    "the\n"
    "floor's place, and of a table of one variable are that law. A method that cannot speak of a table says "
    "why.\n\n"
    "With --share rows are points of learning curves (run, tokens or step, loss, params), and what is foretold is "
    "how\n"
    "the large runs end, from the whole curves of the small ones and the first part of their own: 'forecast "
    "end'.\n\n"
    "--law two_step judges a score --y instead, in points: two steps as one law, and a power law of -ln score.\n\n"
    "  loglog backtest runs.csv --law chinchilla --factor 3,10\n"
    "  loglog backtest runs.csv --law two_step --y arithmetic.exact\n"
    "  loglog backtest curves.csv --share 0.1,0.25 --factor 3\n"
    "  loglog backtest runs.csv --methods standard,loglog,isoflop,bnsl,m4\n"
    "  loglog backtest runs.csv --where 'kept_in_fit = 1' --cluster run_name --json\n",
    options,
    sizeof options / sizeof *options,
    run,
};
