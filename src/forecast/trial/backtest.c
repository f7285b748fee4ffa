#include "forecast/trial/backtest.h"

#include <math.h>
#include <stdlib.h>

#include "forecast/belief/posterior.h"
#include "forecast/belief/rehearsal.h"
#include "forecast/belief/split.h"
#include "forecast/trial/judge.h"
#include "forecast/trial/standard.h"
#include "forecast/trial/valleys.h"

#define NAME(id, name, bottom) name,
const char *const ll_backtest_methods[LL_BACKTEST_METHOD_COUNT] = { LL_BACKTEST_METHODS(NAME) };
#undef NAME
#define BOTTOM(id, name, bottom) bottom,
static const char *const bottoms[LL_BACKTEST_METHOD_COUNT] = { LL_BACKTEST_METHODS(BOTTOM) };
#undef BOTTOM

/* ---- methods ---- */

typedef struct test {
    const ll_law *law;
    const ll_fit_data *data;
    const ll_split *s;
    const ll_backtest_opts *opts;
} test;

static double row(const test *t, int64_t k, double x[LL_VAR_COUNT]) {
    int64_t i = t->s->above[k];
    for (int v = 0; v < LL_VAR_COUNT; v++) x[v] = t->data->x[v] ? t->data->x[v][i] : 0;
    return t->data->loss[i];
}

static ll_status finite(const ll_forecast *f, double point, ll_error *err) {
    if (isfinite(point) && point > 0 && isfinite(log(f->quantile[LL_FORECAST_LO99])) &&
        isfinite(f->quantile[LL_FORECAST_HI99]))
        return LL_OK;
    return LL_FAIL(err, LL_ENUM, "the law has no finite value at a run to forecast");
}

static ll_status standard(const test *t, ll_judge *j, ll_error *err) {
    ll_fit fit;
    ll_scatter scatter;
    ll_status s =
        ll_standard_fit(&fit, t->law, &t->s->below, t->opts->n_boot, t->opts->seed, t->opts->threads, err);
    if (s != LL_OK) return s;
    ll_scatter_draw(&scatter, fit.residual, fit.n, t->opts->seed);
    for (int64_t k = 0; s == LL_OK && k < j->score->n_test; k++) {
        double x[LL_VAR_COUNT], loss = row(t, k, x);
        ll_forecast f = { 0 };
        double point = ll_standard_predict(&fit, &scatter, x, f.quantile);
        s = finite(&f, point, err);
        if (s == LL_OK) ll_judge_run(j, &f, point, loss);
    }
    ll_fit_clear(&fit);
    return s;
}

static ll_status ours(const test *t, ll_judge *j, ll_error *err) {
    enum { SOME = LL_POSTERIOR_TOGETHER };
    ll_posterior *p;
    ll_status s = ll_rehearsed_posterior(&p, t->law, &t->s->below, t->opts->prior, NULL, t->opts->threads, err);
    for (int64_t k = 0; s == LL_OK && k < j->score->n_test; k += SOME) {
        const int some = j->score->n_test - k < SOME ? (int)(j->score->n_test - k) : SOME;
        ll_place at[SOME];
        ll_forecast f[SOME];
        double loss[SOME];
        for (int l = 0; l < some; l++) loss[l] = row(t, k + l, at[l].x);
        s = ll_forecast_some(f, p, at, some, err);
        for (int l = 0; s == LL_OK && l < some; l++) {
            s = finite(&f[l], f[l].quantile[LL_FORECAST_MEDIAN], err);
            if (s == LL_OK) ll_judge_run(j, &f[l], f[l].quantile[LL_FORECAST_MEDIAN], loss[l]);
        }
    }
    ll_posterior_free(p);
    return s;
}

/* Along a table's one variable approach 2 has nothing to say; the laws of its bottoms are laws of that variable. */
static ll_status valleys(const test *t, ll_backtest_method method, ll_judge *j, ll_error *err) {
    ll_valleys v;
    const ll_backtest_opts *o = t->opts;
    bool flat = ll_law_is_of_x(t->law);
    if (flat && method == LL_BACKTEST_ISOFLOP)
        return LL_FAIL(err, LL_EINPUT, "law %s is of one variable: there are no isoFLOP valleys along it",
                       t->law->name);
    ll_status s = ll_valleys_fit(&v, ll_law_find(bottoms[method]), &t->s->below, flat,
                                 &(ll_valleys_opts) { o->n_boot, o->seed, o->threads }, err);
    if (s != LL_OK) return s;
    for (int64_t k = 0; s == LL_OK && k < j->score->n_test; k++) {
        double x[LL_VAR_COUNT], loss = row(t, k, x);
        ll_forecast f = { 0 };
        double point = ll_valleys_predict(&v, x, f.quantile);
        s = finite(&f, point, err);
        if (s == LL_OK) ll_judge_run(j, &f, point, loss);
    }
    ll_valleys_clear(&v);
    return s;
}

static ll_status run(const test *t, ll_backtest_method method, ll_backtest_score *out, ll_error *err) {
    ll_judge j;
    LL_TRY(ll_judge_new(&j, out, err));
    const ll_status s = method == LL_BACKTEST_STANDARD ? standard(t, &j, err)
                        : method == LL_BACKTEST_LOGLOG ? ours(t, &j, err)
                                                       : valleys(t, method, &j, err);
    ll_judge_close(&j);
    return s;
}

ll_status ll_backtest_run(ll_backtest_score *out, ll_backtest_method method, const ll_law *law,
                          const ll_fit_data *data, double factor, const ll_backtest_opts *opts, ll_error *err) {
    ll_split s;
    *out = (ll_backtest_score) { 0 };
    if (!(factor > 1) || !isfinite(factor))
        return LL_FAIL(err, LL_EINPUT, "factor is %g, expected a number above 1", factor);
    if (data->n < 1) return LL_FAIL(err, LL_EINPUT, "there are no runs to test on");
    LL_TRY(ll_posterior_takes(law, err));
    LL_TRY(ll_split_new(&s, law, data, ll_split_largest(law, data) / factor, err));
    out->n_fit = s.below.n;
    out->n_test = s.n_above;
    ll_status status = LL_OK;
    if (out->n_fit <= law->n_params)
        status = LL_FAIL(err, LL_EINPUT,
                         "factor %g: %lld runs at or below the cut, law %s needs more than its %d parameters",
                         factor, (long long)out->n_fit, law->name, law->n_params);
    test t = { law, data, &s, opts };
    if (status == LL_OK) status = run(&t, method, out, err);
    ll_split_free(&s);
    return status;
}

ll_json *ll_backtest_score_json(const ll_backtest_score *s, const char *missing) {
    ll_json *o = ll_json_object();
    bool there = !*missing;
    ll_json_set_int(o, "n_fit", s->n_fit);
    ll_json_set_int(o, "n_test", s->n_test);
    ll_json_set_num(o, "median_abs_rel_err", there ? s->median_abs_rel_err : NAN);
    ll_json_set_num(o, "max_abs_rel_err", there ? s->max_abs_rel_err : NAN);
    ll_json_set_num(o, "bias", there ? s->bias : NAN);
    for (int l = 0; l < LL_BACKTEST_LEVELS; l++) {
        char key[8];
        snprintf(key, sizeof key, "%d", ll_backtest_levels[l]);
        ll_json_set_num(ll_json_group(o, "coverage"), key, there ? s->coverage[l] : NAN);
    }
    ll_json_set_num(o, "interval_score", there ? s->interval_score : NAN);
    ll_json_set_num(o, "log_score", there ? s->log_score : NAN);
    if (!there) ll_json_set_str(o, "missing", missing);
    return o;
}
