#include "forecast/forecast.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/version.h"
#include "forecast/rehearsal.h"

const double ll_forecast_levels[LL_FORECAST_QUANTILES] = { .005, .025, .05, .1, .25, .5, .75, .9, .95, .975, .995 };

/* Joins the mixtures of all laws in room [3][n * LL_POSTERIOR_GRID]. */
static ll_status join(ll_mixture *all, double *room, const ll_posterior *const *posteriors, int n, const double *x,
                      ll_error *err) {
    const int width = n * LL_POSTERIOR_GRID;
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

ll_status ll_forecast_from(ll_forecast *out, const ll_posterior *const *posteriors, int n,
                           const double x[LL_VAR_COUNT], ll_error *err) {
    ll_mixture m;
    *out = (ll_forecast) { .bytes_per_token = NAN };
    double *room = malloc((size_t)n * LL_POSTERIOR_ROOM * sizeof *room);
    if (!room) return LL_FAIL(err, LL_ENOMEM, "out of memory for a forecast");
    ll_status s = join(&m, room, posteriors, n, x, err);
    if (s == LL_OK) {
        out->mean = ll_mixture_mean(&m);
        out->sd = ll_mixture_sd(&m);
        for (int q = 0; q < LL_FORECAST_QUANTILES; q++)
            out->quantile[q] = exp(ll_mixture_quantile(&m, ll_forecast_levels[q]));
        memcpy(out->x, x, sizeof out->x);
    }
    free(room);
    return s;
}

static ll_status from_fits(ll_forecast *out, const ll_fit *const *fits, int n_fits, const double *x,
                           ll_posterior **posteriors, ll_error *err) {
    for (int k = 0; k < n_fits; k++)
        LL_TRY(ll_rehearsed_posterior(&posteriors[k], fits[k]->law, &fits[k]->data, NULL, &fits[k]->opts,
                                      fits[k]->opts.threads, err));
    return ll_forecast_from(out, (const ll_posterior *const *)posteriors, n_fits, x, err);
}

ll_status ll_forecast_make(ll_forecast *out, const ll_fit *const *fits, int n_fits, const double x[LL_VAR_COUNT],
                           double reach, ll_error *err) {
    if (n_fits < 1) return LL_FAIL(err, LL_EINPUT, "a forecast needs a fit");
    if (!(reach > 0) || !isfinite(reach))
        return LL_FAIL(err, LL_EINPUT, "reach is %g, expected a finite number above 0", reach);
    ll_posterior **posteriors = calloc((size_t)n_fits, sizeof *posteriors);
    if (!posteriors) return LL_FAIL(err, LL_ENOMEM, "out of memory for a forecast");
    ll_status s = from_fits(out, fits, n_fits, x, posteriors, err);
    for (int k = 0; k < n_fits; k++) ll_posterior_free(posteriors[k]);
    free(posteriors);
    if (s != LL_OK) return s;
    out->reach = reach;
    for (int k = 0; k < n_fits; k++)
        if (fits[k]->n > out->n_fitted) out->n_fitted = fits[k]->n;
    snprintf(out->law, sizeof out->law, "%s", n_fits > 1 ? "average" : fits[0]->law->name);
    snprintf(out->form, sizeof out->form, "%s", fits[0]->law->form);
    snprintf(out->version, sizeof out->version, "%s%s%s", LL_VERSION, *LL_COMMIT ? " " : "", LL_COMMIT);
    ll_clock_utc(out->sealed, sizeof out->sealed);
    return LL_OK;
}
