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
#include "fit/bend.h"
#include "loglog/random.h"
#include "stat/orthonormal.h"
#include "stat/student.h"

enum { PERMUTATIONS = 999, PERMUTED_ROWS = 2000, BASIS = LL_LAW_MAX_PARAMS + 1 };

/* d ln f / d theta of the free parameters; returns how many columns are independent. */
static int tangent(const ll_fit *fit, const ll_fit_data *data, double *basis) {
    const ll_law *law = fit->law;
    double p[LL_LAW_MAX_PARAMS], g[LL_LAW_MAX_PARAMS], x[LL_VAR_COUNT] = { 0 };
    int at[LL_LAW_MAX_PARAMS], m = 0, k = 0;
    for (int j = 0; j < law->n_params; j++) {
        p[j] = fit->params[j].value;
        if (!(fit->opts.fixed >> j & 1)) at[m++] = j;
    }
    for (int64_t i = 0; i < data->n; i++) {
        for (int v = 0; v < LL_VAR_COUNT; v++) x[v] = data->x[v] ? data->x[v][i] : 0;
        const double value = law->eval(p, x);
        law->grad(p, x, g);
        for (int c = 0; c < m; c++)
            basis[c * data->n + i] = g[at[c]] * (law->params[at[c]].log ? p[at[c]] : 1) / value;
    }
    for (int c = 0; c < m; c++) {
        double *column = basis + k * data->n;
        if (c > k) memcpy(column, basis + c * data->n, (size_t)data->n * sizeof *column);
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

static void shuffle(double *v, int64_t n, ll_rng *rng) {
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = ll_rng_below(rng, i + 1);
        double swap = v[i];
        v[i] = v[j];
        v[j] = swap;
    }
}

/* The quadratics of some variables, cleaned: each is at right angles to the basis. */
typedef struct bends {
    int64_t n;
    int k, m;      /* columns of the basis; quadratics */
    double *basis; /* [k][n] */
    double *quad;  /* [m][n] */
    ll_var along[LL_VAR_COUNT];
} bends;

/* Of residuals, of which length2 is the square of the length, with each quadratic once the residuals are cleaned. */
static void correlations(const bends *b, const double *r, double length2, double *out) {
    double left = length2;
    for (int j = 0; j < b->k; j++) {
        const double c = ll_dot(r, b->basis + j * b->n, b->n);
        left -= c * c;
    }
    for (int j = 0; j < b->m; j++)
        out[j] = left > 1e-12 * length2 ? fabs(ll_dot(r, b->quad + j * b->n, b->n)) / sqrt(left) : 0;
}

/* The same permutations for every quadratic. */
static void permuted_p(const bends *b, const double *seen, const double *r, double *trial, uint64_t seed,
                       double *p) {
    int as_far[LL_VAR_COUNT] = { 0 };
    double at[LL_VAR_COUNT];
    const double length2 = ll_dot(r, r, b->n);
    ll_rng rng = ll_rng_at(seed, LL_STREAM_SAMPLE, 0);
    for (int m = 0; m < PERMUTATIONS; m++) {
        memcpy(trial, r, (size_t)b->n * sizeof *r);
        shuffle(trial, b->n, &rng);
        correlations(b, trial, length2, at);
        for (int j = 0; j < b->m; j++) as_far[j] += at[j] >= seen[j];
    }
    for (int j = 0; j < b->m; j++) p[b->along[j]] = (1.0 + as_far[j]) / (1.0 + PERMUTATIONS);
}

static double student_p(double correlation, double freedom) {
    double t = correlation * sqrt(freedom / fmax(1 - correlation * correlation, 1e-300));
    return 2 * ll_student_cdf(-t, freedom);
}

/* The square of ln x about its mean, cleaned; false where the variable is not there or the law follows it. */
static bool add_quadratic(bends *b, const ll_fit_data *data, ll_var along) {
    double *quad = b->quad + b->m * b->n, mean = 0;
    if (!ln_along(data, along, quad)) return false;
    for (int64_t i = 0; i < b->n; i++) mean += quad[i] / (double)b->n;
    for (int64_t i = 0; i < b->n; i++) quad[i] = (quad[i] - mean) * (quad[i] - mean);
    if (!ll_orthonormal_add(quad, b->basis, b->k, b->n)) return false;
    b->along[b->m++] = along;
    return true;
}

static void judge(bends *b, const ll_fit *fit, const ll_fit_data *data, unsigned vars, uint64_t seed, double *r,
                  double *p) {
    const int64_t n = b->n;
    double *trial = r + n, *constant, seen[LL_VAR_COUNT];
    b->k = tangent(fit, data, b->basis);
    constant = b->basis + b->k * n;
    for (int64_t i = 0; i < n; i++) constant[i] = 1; /* in case the law has none */
    b->k += ll_orthonormal_add(constant, b->basis, b->k, n);
    if (n - b->k < 2) return;
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (vars >> v & 1) add_quadratic(b, data, (ll_var)v);
    memcpy(r, fit->residual, (size_t)n * sizeof *r);
    ll_orthonormal_clean(r, b->basis, b->k, n);
    correlations(b, r, ll_dot(r, r, n), seen);
    if (n <= PERMUTED_ROWS) permuted_p(b, seen, r, trial, seed, p);
    else
        for (int j = 0; j < b->m; j++) p[b->along[j]] = student_p(seen[j], (double)(n - b->k - 1));
}

void ll_fit_bends(const ll_fit *fit, const ll_fit_data *data, unsigned vars, uint64_t seed,
                  double p[LL_VAR_COUNT]) {
    bends b = { .n = data->n };
    int m = 0;
    for (int v = 0; v < LL_VAR_COUNT; v++) p[v] = NAN, m += vars >> v & 1;
    double *r = ll_counted(malloc((size_t)b.n * (size_t)(BASIS + 2 + m) * sizeof *r));
    if (!r) return;
    b.basis = r + 2 * b.n;
    b.quad = b.basis + BASIS * b.n;
    judge(&b, fit, data, vars, seed, r, p);
    free(r);
}

double ll_fit_bend_p(const ll_fit *fit, const ll_fit_data *data, ll_var along, uint64_t seed) {
    double p[LL_VAR_COUNT];
    ll_fit_bends(fit, data, 1u << along, seed, p);
    return p[along];
}
