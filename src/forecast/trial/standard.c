#include "forecast/trial/standard.h"

#include <math.h>

#include "loglog/random.h"
#include "stat/quantile.h"

enum { SAMPLES = 4000 };

ll_status ll_standard_fit(ll_fit *fit, const ll_law *law, const ll_fit_data *data, int64_t n_boot, uint64_t seed,
                          int threads, ll_error *err) {
    ll_fit_opts opts = { .objective = LL_OBJ_HUBER_LOG,
                         .delta = 1e-3,
                         .n_boot = n_boot,
                         .resample = data->cluster ? LL_RESAMPLE_CLUSTER : LL_RESAMPLE_CASE,
                         .seed = seed,
                         .threads = threads,
                         .no_influence = true };
    LL_TRY(ll_fit_run(fit, law, data, &opts, err));
    if (fit->n_draws > 0) return LL_OK;
    ll_fit_clear(fit);
    return LL_FAIL(err, LL_ENUM, "no resample of %lld runs could be fitted", (long long)data->n);
}

double ll_standard_predict(const ll_fit *fit, const double x[LL_VAR_COUNT], uint64_t seed,
                           double quantile[LL_FORECAST_QUANTILES]) {
    return ll_standard_quantiles(fit, x, fit->residual, fit->n, seed, quantile);
}

double ll_standard_quantiles(const ll_fit *fit, const double x[LL_VAR_COUNT], const double *residual, int64_t n,
                             uint64_t seed, double quantile[LL_FORECAST_QUANTILES]) {
    double v[SAMPLES], params[LL_LAW_MAX_PARAMS];
    for (int i = 0; i < SAMPLES; i++) {
        ll_rng rng = ll_rng_at(seed, LL_STREAM_SAMPLE, (uint64_t)i);
        const double *draw = fit->draws + i % fit->n_draws * fit->law->n_params;
        v[i] = log(fit->law->eval(draw, x)) + residual[ll_rng_below(&rng, n)];
    }
    ll_sort(v, SAMPLES);
    for (int q = 0; q < LL_FORECAST_QUANTILES; q++)
        quantile[q] = exp(ll_quantile(v, SAMPLES, ll_forecast_levels[q]));
    for (int j = 0; j < fit->law->n_params; j++) params[j] = fit->params[j].value;
    return fit->law->eval(params, x);
}
