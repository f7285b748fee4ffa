/* A test for curvature that the law has not: does a quadratic in ln x explain the residuals?
 *
 * The quadratic is cleaned of everything the law can follow (the columns of its gradient at the optimum), the
 * residuals likewise; the statistic is their correlation. Its distribution is had by permuting the residuals and
 * cleaning them again (Freedman and Lane 1983), so that its false-alarm rate is the level even for few runs. Above
 * 2000 runs it is Student's t, which the permutations then follow. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/starved.h"
#include "loglog/fit.h"
#include "loglog/random.h"
#include "stat/orthonormal.h"
#include "stat/student.h"

enum { PERMUTATIONS = 999, PERMUTED_ROWS = 2000, BASIS = LL_LAW_MAX_PARAMS + 2 };

/* d ln f / d theta of the free parameters; returns how many columns are independent. */
static int tangent(const ll_fit *fit, const ll_fit_data *data, double *basis) {
    const ll_law *law = fit->law;
    double p[LL_LAW_MAX_PARAMS], g[LL_LAW_MAX_PARAMS], x[LL_VAR_COUNT] = { 0 };
    int k = 0;
    for (int j = 0; j < law->n_params; j++) p[j] = fit->params[j].value;
    for (int j = 0; j < law->n_params; j++) {
        if (fit->opts.fixed >> j & 1) continue;
        double *column = basis + k * data->n;
        for (int64_t i = 0; i < data->n; i++) {
            for (int v = 0; v < LL_VAR_COUNT; v++) x[v] = data->x[v] ? data->x[v][i] : 0;
            law->grad(p, x, g);
            column[i] = g[j] * (law->params[j].log ? p[j] : 1) / law->eval(p, x);
        }
        k += ll_orthonormal_add(column, basis, k, data->n);
    }
    return k;
}

/* ln x along the variable; C stands in as 6 N D where the table has none. */
static bool ln_along(const ll_fit_data *data, ll_var along, double *out) {
    const double *N = data->x[LL_VAR_N], *D = data->x[LL_VAR_D];
    if (!data->x[along] && (along != LL_VAR_C || !N || !D)) return false;
    for (int64_t i = 0; i < data->n; i++) out[i] = log(data->x[along] ? data->x[along][i] : 6 * N[i] * D[i]);
    return true;
}

static double correlation(double *r, const double *quad, const double *basis, int k, int64_t n) {
    ll_orthonormal_clean(r, basis, k, n);
    double length = sqrt(ll_dot(r, r, n));
    return length > 0 ? fabs(ll_dot(r, quad, n)) / length : 0;
}

static void shuffle(double *v, int64_t n, ll_rng *rng) {
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = ll_rng_below(rng, i + 1);
        double swap = v[i];
        v[i] = v[j];
        v[j] = swap;
    }
}

static double permuted_p(double seen, const double *r, double *trial, const double *quad, const double *basis,
                         int k, int64_t n, uint64_t seed) {
    int as_far = 0;
    ll_rng rng = ll_rng_at(seed, LL_STREAM_SAMPLE, 0);
    for (int m = 0; m < PERMUTATIONS; m++) {
        memcpy(trial, r, (size_t)n * sizeof *r);
        shuffle(trial, n, &rng);
        as_far += correlation(trial, quad, basis, k, n) >= seen;
    }
    return (1.0 + as_far) / (1.0 + PERMUTATIONS);
}

static double student_p(double correlation, double freedom) {
    double t = correlation * sqrt(freedom / fmax(1 - correlation * correlation, 1e-300));
    return 2 * ll_student_cdf(-t, freedom);
}

double ll_fit_bend_p(const ll_fit *fit, const ll_fit_data *data, ll_var along, uint64_t seed) {
    const int64_t n = data->n;
    double *block = ll_counted(malloc((size_t)n * (BASIS + 3) * sizeof *block)), p = NAN;
    if (!block) return NAN;
    double *quad = block, *r = block + n, *trial = block + 2 * n, *basis = block + 3 * n;
    if (!ln_along(data, along, quad)) return free(block), NAN;
    int k = tangent(fit, data, basis);
    double mean = 0;
    for (int64_t i = 0; i < n; i++) mean += quad[i] / (double)n;
    for (int64_t i = 0; i < n; i++) {
        r[i] = fit->residual[i];
        basis[k * n + i] = 1; /* a constant, in case the law has none */
    }
    k += ll_orthonormal_add(basis + k * n, basis, k, n);
    for (int64_t i = 0; i < n; i++) quad[i] = (quad[i] - mean) * (quad[i] - mean);
    if (n - k >= 2 && ll_orthonormal_add(quad, basis, k, n)) {
        double seen = correlation(r, quad, basis, k, n);
        if (n > PERMUTED_ROWS) p = student_p(seen, (double)(n - k - 1));
        else p = permuted_p(seen, r, trial, quad, basis, k, n, seed);
    }
    free(block);
    return p;
}
