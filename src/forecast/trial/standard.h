/* The field's standard forecast, as a yardstick: a fit of Huber on log loss (delta 1e-3, summed), its case or, with
 * data.cluster, cluster bootstrap, and a residual drawn onto each prediction. Kept honest, never weakened.
 *
 *     ll_fit fit;
 *     LL_TRY(ll_standard_fit(&fit, law, &data, 1000, seed, threads, err));
 *     ll_scatter scatter;
 *     ll_scatter_draw(&scatter, fit.residual, fit.n, seed);
 *     double point = ll_standard_predict(&fit, &scatter, x, quantile);
 *     ll_fit_clear(&fit);
 */
#ifndef LL_FORECAST_TRIAL_STANDARD_H
#define LL_FORECAST_TRIAL_STANDARD_H

#include "forecast/belief/forecast.h"

ll_status ll_standard_fit(ll_fit *fit, const ll_law *law, const ll_fit_data *data, int64_t n_boot, uint64_t seed,
                          int threads, ll_error *err);

/* The residual of every sample: the same for each run that is foretold. */
enum { LL_SCATTER_SAMPLES = 4000 };
typedef struct ll_scatter {
    double residual[LL_SCATTER_SAMPLES]; /* of ln loss */
} ll_scatter;
void ll_scatter_draw(ll_scatter *s, const double *residual, int64_t n, uint64_t seed); /* residual [n] */

/* The fitted law at x; quantile of the draws, at ll_forecast_levels. */
double ll_standard_predict(const ll_fit *fit, const ll_scatter *scatter, const double x[LL_VAR_COUNT],
                           double quantile[LL_FORECAST_QUANTILES]);

#endif
