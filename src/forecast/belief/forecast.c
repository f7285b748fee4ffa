#include "forecast/belief/forecast.h"

#include "forecast/belief/distribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const double ll_forecast_levels[LL_FORECAST_QUANTILES] = {
#define LEVEL(level) level,
    LL_FORECAST_LEVELS(LEVEL)
#undef LEVEL
};

/* Joins the mixtures of all laws in room [3][n * LL_POSTERIOR_PARTS]. */
static ll_status join(ll_mixture *all, double *room, const ll_posterior *const *posteriors, int n, const double *x,
                      ll_error *err) {
    const int width = n * LL_POSTERIOR_PARTS;
    double *weight = room, *mean = weight + width, *sd = mean + width;
    *all = (ll_mixture) { .weight = weight, .mean = mean, .sd = sd };
    for (int k = 0; k < n; k++) {
        double one[LL_POSTERIOR_ROOM];
        ll_mixture m;
        LL_TRY(ll_posterior_predict(posteriors[k], x, one, &m, err));
        for (int i = 0; i < m.n; i++) {
            weight[all->n] = m.weight[i] / n;
            mean[all->n] = m.mean[i];
            sd[all->n++] = m.sd[i];
        }
    }
    return LL_OK;
}

static ll_forecast summed_up(const ll_mixture *m, const double *x) {
    ll_forecast f = { .bytes_per_token = NAN, .mean = ll_mixture_mean(m), .sd = ll_mixture_sd(m) };
    for (int q = 0; q < LL_FORECAST_QUANTILES; q++)
        f.quantile[q] = exp(ll_mixture_quantile(m, ll_forecast_levels[q]));
    memcpy(f.x, x, sizeof f.x);
    return f;
}

ll_status ll_forecast_from(ll_forecast *out, const ll_posterior *const *posteriors, int n,
                           const double x[LL_VAR_COUNT], ll_error *err) {
    ll_mixture m;
    *out = (ll_forecast) { .bytes_per_token = NAN };
    double *room = malloc((size_t)n * LL_POSTERIOR_ROOM * sizeof *room);
    if (!room) return LL_FAIL(err, LL_ENOMEM, "out of memory for a forecast");
    ll_status s = join(&m, room, posteriors, n, x, err);
    if (s == LL_OK) *out = summed_up(&m, x);
    free(room);
    return s;
}

ll_status ll_forecast_some(ll_forecast *out, const ll_posterior *p, const ll_place *x, int m, ll_error *err) {
    ll_mixture mixture[LL_POSTERIOR_TOGETHER];
    double *room = malloc((size_t)m * LL_POSTERIOR_ROOM * sizeof *room);
    if (!room) return LL_FAIL(err, LL_ENOMEM, "out of memory for a forecast");
    const ll_status s = ll_posterior_predict_some(p, x, m, room, mixture, err);
    for (int l = 0; s == LL_OK && l < m; l++) out[l] = summed_up(&mixture[l], x[l].x);
    free(room);
    return s;
}

/* The level of a forecast's own quantiles where it is one, so that the same interval is the same to the last bit.
 */
static double tail_of(double level) {
    const double tail = (1 - level) / 2;
    for (int q = 0; q < LL_FORECAST_QUANTILES; q++)
        if (fabs(ll_forecast_levels[q] - tail) < 1e-12) return ll_forecast_levels[q];
    return tail;
}

/* 1 - tail, again as the forecast's own quantiles have it. */
static double upper_of(double tail) {
    for (int q = 0; q < LL_FORECAST_QUANTILES; q++)
        if (fabs(ll_forecast_levels[q] - (1 - tail)) < 1e-12) return ll_forecast_levels[q];
    return 1 - tail;
}

ll_estimate ll_forecast_estimate(const ll_mixture *m, double level) {
    const double tail = tail_of(level), median = exp(ll_mixture_quantile(m, 0.5));
    return (ll_estimate) { median, median * ll_mixture_sd(m), exp(ll_mixture_quantile(m, tail)),
                           exp(ll_mixture_quantile(m, upper_of(tail))) };
}

ll_status ll_forecast_interval(ll_estimate *out, const ll_posterior *belief, const double x[LL_VAR_COUNT],
                               double level, ll_error *err) {
    double room[LL_POSTERIOR_ROOM];
    ll_mixture m;
    *out = (ll_estimate) { NAN, NAN, NAN, NAN };
    LL_TRY(ll_posterior_predict(belief, x, room, &m, err));
    *out = ll_forecast_estimate(&m, level);
    return LL_OK;
}

ll_score ll_forecast_score(const ll_forecast *f, double loss) {
    double z[LL_FORECAST_QUANTILES];
    const ll_distribution d = { LL_FORECAST_QUANTILES, ll_forecast_levels, z };
    for (int i = 0; i < LL_FORECAST_QUANTILES; i++) z[i] = log(f->quantile[i]);
    ll_score s = ll_distribution_score(&d, log(loss));
    s.outcome = loss;
    return s;
}
