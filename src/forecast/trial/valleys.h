/* Approach 2 as a forecast: the bottoms of the isoFLOP valleys follow a law of compute, and a run stands above the
 * bottom of its own budget by how far its size is from the best.
 *
 *     L(N, C) = bottom(C) (1 + k u^2),   u = ln N - ln N_opt(C),   N_opt = G (C/6)^a
 *
 * a and G are those of fit/approach/isoflop.h, k the median over its budgets of the parabola's curvature over its least
 * loss. The law of the bottoms is fitted to every run's loss / (1 + k u^2) by least squares of ln loss, which is
 * the same as to each budget's mean, weighted by its runs; a resample is one of those means, and a run's residual
 * is drawn onto each prediction. Along a table's one variable there is no valley, and the law is fitted as it
 * stands.
 *
 *     ll_valleys v;
 *     LL_TRY(ll_valleys_fit(&v, ll_law_find("power_floor"), &data, false, &(ll_valleys_opts) { 1000, seed, threads }, err));
 *     double point = ll_valleys_predict(&v, x, quantile);
 *     ll_valleys_clear(&v);
 */
#ifndef LL_FORECAST_TRIAL_VALLEYS_H
#define LL_FORECAST_TRIAL_VALLEYS_H

#include "forecast/trial/standard.h"

typedef struct ll_valleys {
    bool flat; /* of one variable, X: no valley */
    double a, ln_G, k;
    ll_fit bottom;      /* of a law of one variable: C, or X */
    ll_scatter scatter; /* of ln loss - ln predicted */
} ll_valleys;

typedef struct ll_valleys_opts {
    int64_t n_boot;
    uint64_t seed;
    int threads; /* 0: all cores */
} ll_valleys_opts;

/* bottom: a law of one variable. Data without N and D, or without two budgets that have a bottom: LL_EINPUT, unless
 * flat. On failure v is empty. */
ll_status ll_valleys_fit(ll_valleys *v, const ll_law *bottom, const ll_fit_data *data, bool flat,
                         const ll_valleys_opts *opts, ll_error *err);
void ll_valleys_clear(ll_valleys *v);

/* The loss at x, which holds N, D and, unless it is 6 N D, C; or X. quantile at ll_forecast_levels. */
double ll_valleys_predict(const ll_valleys *v, const double x[LL_VAR_COUNT],
                          double quantile[LL_FORECAST_QUANTILES]);

#endif
