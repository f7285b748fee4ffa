#include "forecast/trial/valleys.h"

#include <math.h>
#include <stdlib.h>

#include "base/system/starved.h"
#include "fit/approach/choose.h"
#include "fit/approach/isoflop.h"
#include "stat/quantile.h"

enum { GENERAL_DRAWS = 100 }; /* of a law that is no sum of terms: a refit of it takes a hundred times longer */

static double compute(const double x[LL_VAR_COUNT]) {
    return x[LL_VAR_C] > 0 ? x[LL_VAR_C] : 6 * x[LL_VAR_N] * x[LL_VAR_D];
}

/* How much higher than the bottom of its budget. */
static double rise(const ll_valleys *v, const double x[LL_VAR_COUNT]) {
    if (v->flat) return 1;
    double u = log(x[LL_VAR_N]) - v->ln_G - v->a * log(compute(x) / 6);
    return 1 + v->k * u * u;
}

static double bottom(const ll_valleys *v, const double *params, const double x[LL_VAR_COUNT]) {
    return v->bottom.law->eval(params, (double[LL_VAR_COUNT]) { [LL_VAR_X] = v->flat ? x[LL_VAR_X] : compute(x) });
}

static void row(const ll_fit_data *data, int64_t i, double x[LL_VAR_COUNT]) {
    for (int k = 0; k < LL_VAR_COUNT; k++) x[k] = data->x[k] ? data->x[k][i] : 0;
}

static ll_status shape(ll_valleys *v, const ll_fit_data *data, const double *flops, int threads, ll_error *err) {
    ll_isoflop f;
    ll_isoflop_data d = { .n = data->n,
                          .params = data->x[LL_VAR_N],
                          .tokens = data->x[LL_VAR_D],
                          .flops = flops,
                          .loss = data->loss,
                          .weight = data->weight };
    if (!d.params || !d.tokens)
        return LL_FAIL(err, LL_EINPUT, "valleys lie in params and tokens: here are not both");
    LL_TRY(ll_isoflop_run(&f, &d, &(ll_fit_opts) { .n_boot = -1, .threads = threads }, err));
    double *k = ll_counted(malloc((size_t)(f.n_budgets + 1) * sizeof *k));
    int64_t n = 0;
    for (int64_t i = 0; k && i < f.n_budgets; i++)
        if (!f.budget[i].valley.concave) k[n++] = f.budget[i].valley.curvature / f.budget[i].valley.loss_min;
    v->a = f.a.value;
    v->ln_G = log(f.G.value);
    if (k) ll_sort(k, n);
    v->k = k ? ll_quantile(k, n, 0.5) : NAN;
    ll_isoflop_clear(&f);
    free(k);
    if (!k) return LL_FAIL(err, LL_ENOMEM, "out of memory for the budgets");
    return n > 0 ? LL_OK : LL_FAIL(err, LL_EINPUT, "no budget has a bottom of its own");
}

/* Each budget's runs brought to its bottom: C or X and the loss as means of logarithms, and their number or weight;
 * each [groups]. */
static void means(const ll_valleys *v, const ll_fit_data *data, const ll_groups *g, double *X, double *loss,
                  double *weight) {
    for (int64_t k = 0; k < g->n_groups; k++) {
        double sum = 0, ln_x = 0, ln_loss = 0, x[LL_VAR_COUNT];
        for (int64_t j = g->start[k]; j < g->start[k + 1]; j++) {
            int64_t i = g->row[j];
            double w = data->weight ? data->weight[i] : 1;
            row(data, i, x);
            sum += w;
            ln_x += w * log(v->flat ? x[LL_VAR_X] : compute(x));
            ln_loss += w * log(data->loss[i] / rise(v, x));
        }
        weight[k] = sum;
        X[k] = sum > 0 ? exp(ln_x / sum) : 1;
        loss[k] = sum > 0 ? exp(ln_loss / sum) : 1;
    }
}

/* residual [runs] is scratch. */
static void scatter(ll_valleys *v, const ll_fit_data *data, uint64_t seed, double *residual) {
    double params[LL_LAW_MAX_PARAMS], x[LL_VAR_COUNT];
    for (int j = 0; j < v->bottom.law->n_params; j++) params[j] = v->bottom.params[j].value;
    for (int64_t i = 0; i < data->n; i++) {
        row(data, i, x);
        residual[i] = log(data->loss[i] / rise(v, x)) - log(bottom(v, params, x));
    }
    ll_scatter_draw(&v->scatter, residual, data->n, seed);
}

static ll_status fit_bottoms(ll_valleys *v, const ll_law *law, const ll_fit_data *data, const ll_fit_opts *opts,
                             double *room, ll_error *err) {
    ll_groups g;
    double *at = room, *X = room + data->n, *loss = X + data->n, *weight = loss + data->n;
    for (int64_t i = 0; i < data->n; i++) {
        double x[LL_VAR_COUNT];
        row(data, i, x);
        at[i] = v->flat ? x[LL_VAR_X] : compute(x);
    }
    if (!v->flat) LL_TRY(shape(v, data, at, opts->threads, err));
    LL_TRY(ll_groups_new(&g, at, data->n, err));
    means(v, data, &g, X, loss, weight);
    ll_fit_data bottoms = { .n = g.n_groups, .x = { [LL_VAR_X] = X }, .loss = loss, .weight = weight };
    ll_groups_free(&g);
    if (ll_fit_run(&v->bottom, law, &bottoms, opts, err) != LL_OK)
        return ll_error_prefix(err, "at the bottoms of %lld budgets", (long long)bottoms.n);
    if (v->bottom.n_draws == 0)
        return LL_FAIL(err, LL_ENUM, "%lld budgets: too few to resample the %d parameters of %s",
                       (long long)bottoms.n, law->n_params, law->name);
    scatter(v, data, opts->seed, at);
    return LL_OK;
}

ll_status ll_valleys_fit(ll_valleys *v, const ll_law *law, const ll_fit_data *data, bool flat,
                         const ll_valleys_opts *o, ll_error *err) {
    ll_fit_opts opts = { .objective = LL_OBJ_LS_LOG,
                         .n_boot = o->n_boot,
                         .seed = o->seed,
                         .threads = o->threads,
                         .no_influence = true };
    *v = (ll_valleys) { .flat = flat };
    if (!law->n_terms && o->n_boot > GENERAL_DRAWS) opts.n_boot = GENERAL_DRAWS;
    double *room = malloc((size_t)(4 * data->n + 1) * sizeof *room);
    if (!room) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)data->n);
    ll_status s = fit_bottoms(v, law, data, &opts, room, err);
    free(room);
    if (s != LL_OK) ll_valleys_clear(v);
    return s;
}

void ll_valleys_clear(ll_valleys *v) {
    ll_fit_clear(&v->bottom);
    *v = (ll_valleys) { 0 };
}

double ll_valleys_predict(const ll_valleys *v, const double x[LL_VAR_COUNT],
                          double quantile[LL_FORECAST_QUANTILES]) {
    const double at[LL_VAR_COUNT] = { [LL_VAR_X] = v->flat ? x[LL_VAR_X] : compute(x) }, above = rise(v, x);
    double point = ll_standard_predict(&v->bottom, &v->scatter, at, quantile);
    for (int q = 0; q < LL_FORECAST_QUANTILES; q++) quantile[q] *= above;
    return point * above;
}
