#include <math.h>
#include <stdlib.h>

#include "fit/ability/two_step.h"
#include "fit/draws/interval.h"
#include "loglog/random.h"
#include "stat/quantile.h"

static double second_at(const double *p, double L) {
    return p[LL_SECOND_FLOOR] +
           (p[LL_SECOND_CEILING] - p[LL_SECOND_FLOOR]) / (1 + exp(p[LL_SECOND_K] * (L - p[LL_SECOND_L0])));
}

static double within(const ll_two_step *f, double score) {
    return f->share ? fmin(fmax(score, 0), 1) : score;
}

/* The score of a run whose two steps scatter by z1 and z2. */
static double run_of(const ll_two_step *f, const double *p, const double *x, double z1, double z2) {
    const double L = f->first.law->eval(p, x) * exp(f->first.residual_sd * z1);
    const double score = second_at(p + f->first.law->n_params, L);
    return within(f, score + f->second_sd * sqrt(ll_score_variance(f->share, score)) * z2);
}

/* What a run scores by every draw: v [n_draws]. */
static void draw_runs(const ll_two_step *f, const double *x, double *v) {
    for (int64_t i = 0; i < f->n_draws; i++) {
        ll_rng rng = ll_rng_at(f->opts.seed, LL_STREAM_ABILITY, (uint64_t)i);
        const double z1 = ll_rng_normal(&rng), z2 = ll_rng_normal(&rng);
        v[i] = run_of(f, f->draws + i * f->n_params, x, z1, z2);
    }
}

static double direct_of(const ll_fit *fit, const double *p, const double *x, double z) {
    return exp(-fit->law->eval(p, x) * exp(fit->residual_sd * z));
}

/* Median and interval of values that hold a run's scatter. */
static ll_estimate spread_of(double *v, int64_t n, double level, int64_t rows, int64_t freedom) {
    ll_estimate e = ll_interval(NAN, v, n, level, rows, freedom);
    e.value = ll_quantile(v, n, 0.5);
    return e;
}

ll_status ll_two_step_outlook(const ll_two_step *f, const double x[LL_VAR_COUNT], ll_ability_outlook *out,
                              ll_error *err) {
    const int64_t n = f->n_draws;
    const double level = f->opts.level;
    double best[LL_TWO_STEP_PARAMS], *v = malloc((size_t)(3 * n + 1) * sizeof *v), *law = v + n, *via = law + n;
    if (!v) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)n);
    for (int j = 0; j < f->n_params; j++) best[j] = f->params[j].value;
    draw_runs(f, x, v);
    for (int64_t i = 0; i < n; i++) {
        const double *p = f->draws + i * f->n_params;
        via[i] = f->first.law->eval(p, x);
        law[i] = within(f, second_at(p + f->first.law->n_params, via[i]));
    }
    out->via = ll_interval(f->first.law->eval(best, x), via, n, level, f->n, f->freedom);
    out->law = ll_interval(run_of(f, best, x, 0, 0), law, n, level, f->n, f->freedom);
    out->run = n > 1 ? spread_of(v, n, level, f->n, f->freedom) : out->law;
    free(v);
    return LL_OK;
}

ll_status ll_two_step_quantiles(const ll_two_step *f, const double x[LL_VAR_COUNT], const double *level, int n,
                                double *out, ll_error *err) {
    if (f->n_draws < 2) return LL_FAIL(err, LL_EINPUT, "quantiles of a score stand on --bootstrap resamples");
    double *v = malloc((size_t)f->n_draws * sizeof *v);
    if (!v) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)f->n_draws);
    draw_runs(f, x, v);
    for (int k = 0; k < n; k++) {
        const ll_estimate e = spread_of(v, f->n_draws, fabs(1 - 2 * level[k]), f->n, f->freedom);
        out[k] = within(f, level[k] < 0.5 ? e.lo : level[k] > 0.5 ? e.hi : e.value);
    }
    free(v);
    return LL_OK;
}

ll_status ll_direct_outlook(const ll_two_step *f, const double x[LL_VAR_COUNT], ll_ability_outlook *out,
                            ll_error *err) {
    const ll_fit *fit = &f->direct;
    const int64_t n = fit->n_draws;
    double best[LL_LAW_MAX_PARAMS];
    if (!fit->law) return LL_FAIL(err, LL_EINPUT, "no direct law: %s", f->no_direct);
    double *v = malloc((size_t)(2 * n + 1) * sizeof *v), *law = v + n;
    if (!v) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)n);
    for (int j = 0; j < fit->law->n_params; j++) best[j] = fit->params[j].value;
    for (int64_t i = 0; i < n; i++) {
        ll_rng rng = ll_rng_at(f->opts.seed, LL_STREAM_ABILITY, (uint64_t)i);
        law[i] = direct_of(fit, fit->draws + i * fit->law->n_params, x, 0);
        v[i] = direct_of(fit, fit->draws + i * fit->law->n_params, x, ll_rng_normal(&rng));
    }
    *out = (ll_ability_outlook) { .via = { NAN, NAN, NAN, NAN } };
    out->law = ll_fit_interval(fit, direct_of(fit, best, x, 0), law, n);
    out->run = n > 1 ? ll_fit_interval(fit, NAN, v, n) : out->law;
    if (n > 1) out->run.value = ll_quantile(v, n, 0.5);
    free(v);
    return LL_OK;
}

static double reach(const double *p, double score) {
    const double rest = (p[LL_SECOND_CEILING] - p[LL_SECOND_FLOOR]) / (score - p[LL_SECOND_FLOOR]) - 1;
    return rest > 0 ? p[LL_SECOND_L0] + log(rest) / p[LL_SECOND_K] : NAN;
}

double ll_two_step_reach(const ll_two_step *f, double score, double *draws) {
    const int first = f->first.law->n_params;
    double p[LL_SECOND_PARAMS];
    for (int j = 0; j < LL_SECOND_PARAMS; j++) p[j] = f->params[first + j].value;
    for (int64_t i = 0; i < f->n_draws && draws; i++) draws[i] = reach(f->draws + i * f->n_params + first, score);
    return reach(p, score);
}
