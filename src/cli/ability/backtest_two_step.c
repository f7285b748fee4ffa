#include <stdio.h>

#include "base/words/number.h"
#include "cli/ability/ability_verbs.h"
#include "cli/cli.h"
#include "forecast/trial/score_trial.h"

static void head_line(void) {
    ll_say("%-10s %7s %6s %6s %9s %9s %9s %9s %9s\n", "method", "factor", "fitted", "judged", "median", "worst",
           "bias", "covered", "interval");
}

static void trial_line(const char *method, double factor, const ll_score_trial *t, const char *missing) {
    ll_say("%-10s %6gx %6lld %6lld ", method, factor, (long long)t->n_fit, (long long)t->n_test);
    if (*missing) ll_say("%s\n", missing);
    else
        ll_say("%9.4f %9.4f %+9.4f %9.2f %9.4f\n", t->median_abs_err, t->max_abs_err, t->bias, t->coverage,
               t->interval_score);
}

/* Whose sum of median errors is the smaller, over the factors where both are there. */
static int better(const double sum[LL_SCORE_METHODS]) {
    return sum[LL_SCORE_DIRECT] < sum[LL_SCORE_TWO_STEP] ? LL_SCORE_DIRECT : LL_SCORE_TWO_STEP;
}

static void put(ll_json *doc, const char *method, double factor, ll_score_trial *t) {
    char key[32];
    const ll_number_scope scope = ll_number_begin();
    snprintf(key, sizeof key, "%g", factor);
    ll_number_end(scope);
    ll_json_set(ll_json_group(ll_json_group(doc, "methods"), method), key, ll_score_trial_json(t));
}

/* A factor that these runs cannot serve is missing and says why; when none can be served that is the error. */
static ll_status test_all(const ll_score_study *s, const ll_fit_opts *opts, const double *factor, int n_factors,
                          bool json, ll_json *doc, ll_error *err) {
    double sum[LL_SCORE_METHODS] = { 0 };
    int served = 0, both = 0;
    if (!json) head_line();
    for (int k = 0; k < n_factors; k++) {
        ll_score_trial t[LL_SCORE_METHODS];
        const ll_status status = ll_score_trial_run(t, s, factor[k], opts, err);
        if (status != LL_OK && status != LL_EINPUT && status != LL_ENUM) return status;
        served += status == LL_OK;
        both += status == LL_OK && !*t[LL_SCORE_DIRECT].missing;
        for (int m = 0; m < LL_SCORE_METHODS; m++) {
            if (status != LL_OK) snprintf(t[m].missing, sizeof t[m].missing, "%.190s", err->msg);
            else if (!*t[LL_SCORE_DIRECT].missing) sum[m] += t[m].median_abs_err;
            put(doc, ll_score_methods[m], factor[k], &t[m]);
            if (!json) trial_line(ll_score_methods[m], factor[k], &t[m], t[m].missing);
        }
    }
    if (!served) return err->code;
    const int first = better(sum), second = first == LL_SCORE_DIRECT ? LL_SCORE_TWO_STEP : LL_SCORE_DIRECT;
    ll_json_set_str(doc, "better", both ? ll_score_methods[first] : "");
    if (!json && both)
        ll_say("better: %s (mean of the median errors %.4f, %s %.4f); errors in points of %s, %g %% intervals\n",
               ll_score_methods[first], sum[first] / both, ll_score_methods[second], sum[second] / both, s->name[0],
               100 * opts->level);
    return LL_OK;
}

int ll_backtest_two_step(const ll_input *in, const char *path, const double *factor, int n_factors, bool json) {
    ll_error err = { 0 };
    ll_score_study s;
    ll_study_opts given;
    ll_fit_opts opts;
    if (ll_input_opts(in, NULL, &given, &err) != LL_OK || ll_fit_opts_resolve(&given.fit, &opts, &err) != LL_OK ||
        ll_two_step_read(in, path, &s, &err) != LL_OK)
        return ll_cli_fail(&err);
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.backtest/1");
    ll_json_set_str(doc, "law", LL_TWO_STEP);
    ll_json_set(doc, "convention", ll_study_convention(&s.study));
    ll_json_set_int(doc, "n", s.n);
    ll_json_set_int(doc, "dropped", ll_study_left_out(&s.study));
    ll_json_set_str(doc, "cluster", s.study.observed.table.clustered_by_run ? "run" : in->cluster);
    ll_json_set_int(doc, "seed", (int64_t)opts.seed);
    ll_json_set_str(doc, "score", s.name[0]);
    ll_json_set_str(doc, "via", s.name[1]);
    ll_json_set_num(doc, "level", opts.level);
    const ll_status status = test_all(&s, &opts, factor, n_factors, json, doc, &err);
    ll_score_study_clear(&s);
    if (status == LL_OK && json) return ll_cli_json(doc);
    ll_json_free(doc);
    return status == LL_OK ? LL_EXIT_DONE : ll_cli_fail(&err);
}
