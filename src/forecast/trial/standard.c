#include "forecast/trial/standard.h"

#include <math.h>

#include "loglog/random.h"
#include "stat/quantile.h"

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

void ll_scatter_draw(ll_scatter *s, const double *residual, int64_t n, uint64_t seed) {
    for (int i = 0; i < LL_SCATTER_SAMPLES; i++) {
        ll_rng rng = ll_rng_at(seed, LL_STREAM_SAMPLE, (uint64_t)i);
        s->residual[i] = residual[ll_rng_below(&rng, n)];
    }
}

/* A draw's prediction stands for every sample that takes it. */
double ll_standard_predict(const ll_fit *fit, const ll_scatter *scatter, const double x[LL_VAR_COUNT],
                           double quantile[LL_FORECAST_QUANTILES]) {
    double v[LL_SCATTER_SAMPLES], params[LL_LAW_MAX_PARAMS];
    for (int64_t d = 0; d < fit->n_draws && d < LL_SCATTER_SAMPLES; d++) {
        const double foretold = log(fit->law->eval(fit->draws + d * fit->law->n_params, x));
        for (int64_t i = d; i < LL_SCATTER_SAMPLES; i += fit->n_draws) v[i] = foretold + scatter->residual[i];
    }
    ll_quantiles_unsorted(v, LL_SCATTER_SAMPLES, ll_forecast_levels, LL_FORECAST_QUANTILES, quantile);
    for (int q = 0; q < LL_FORECAST_QUANTILES; q++) quantile[q] = exp(quantile[q]);
    for (int j = 0; j < fit->law->n_params; j++) params[j] = fit->params[j].value;
    return fit->law->eval(params, x);
}
