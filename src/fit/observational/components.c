#include "fit/observational/components.h"

#include <math.h>

#include "stat/eigen.h"

static double weight_of(const double *weight, int64_t i) {
    return weight ? weight[i] : 1;
}

static void means(ll_components *c, int64_t n, const double *x, const double *weight) {
    for (int j = 0; j < c->m; j++) {
        double sum = 0, total = 0;
        for (int64_t i = 0; i < n; i++)
            if (!isnan(x[i * c->m + j]))
                sum += weight_of(weight, i) * x[i * c->m + j], total += weight_of(weight, i);
        c->mean[j] = sum / total;
    }
}

/* Eigenvalues and vectors of the weighted covariance, unnormalised, of x without gaps. */
static void decompose(const ll_components *c, int64_t n, const double *x, const double *weight, double *value,
                      double *vector) {
    const int m = c->m;
    double A[LL_BENCHMARKS_MOST * LL_BENCHMARKS_MOST] = { 0 };
    for (int64_t i = 0; i < n; i++)
        for (int p = 0; p < m; p++)
            for (int q = 0; q <= p; q++)
                A[p * m + q] += weight_of(weight, i) * (x[i * m + p] - c->mean[p]) * (x[i * m + q] - c->mean[q]);
    for (int p = 0; p < m; p++)
        for (int q = 0; q < p; q++) A[q * m + p] = A[p * m + q];
    ll_symmetric_eigen(m, A, value, vector);
}

static double along(const ll_components *c, const double *row, const double *vector) {
    double sum = 0;
    for (int j = 0; j < c->m; j++) sum += (row[j] - c->mean[j]) * vector[j];
    return sum;
}

/* Missing scores by the first component; returns the largest change of one. */
static double fill(const ll_components *c, const ll_benchmarks *b, const double *vector, double *filled) {
    double change = 0;
    for (int64_t i = 0; i < b->n; i++) {
        double *row = filled + i * c->m;
        const double t = along(c, row, vector);
        for (int j = 0; j < c->m; j++) {
            if (!isnan(b->x[i * c->m + j])) continue;
            const double guess = c->mean[j] + t * vector[j];
            change = fmax(change, fabs(guess - row[j]));
            row[j] = guess;
        }
    }
    return change;
}

static void begin(const ll_components *c, const ll_benchmarks *b, bool guessed, double *filled) {
    for (int64_t k = 0; k < b->n * c->m; k++)
        if (!isnan(b->x[k])) filled[k] = b->x[k];
        else if (!guessed) filled[k] = c->mean[k % c->m];
}

static void keep(ll_components *c, const double *value, const double *vector) {
    double total = 0;
    for (int j = 0; j < c->m; j++) total += value[j];
    for (int k = 0; k < c->k; k++) {
        double sum = 0;
        for (int j = 0; j < c->m; j++) sum += vector[k * c->m + j];
        for (int j = 0; j < c->m; j++) c->loading[k][j] = (sum < 0 ? -1 : 1) * vector[k * c->m + j];
        c->share[k] = value[k] / total;
    }
}

void ll_components_find(ll_components *c, const ll_benchmarks *b, const double *weight, bool guessed,
                        double *filled, double *S) {
    enum { ROUNDS = 500 };
    double value[LL_BENCHMARKS_MOST], vector[LL_BENCHMARKS_MOST * LL_BENCHMARKS_MOST], change = INFINITY;
    *c = (ll_components) { .m = b->m, .k = b->k };
    means(c, b->n, b->x, weight);
    begin(c, b, guessed, filled);
    for (int round = 0; round < ROUNDS && change > 1e-6; round++) {
        means(c, b->n, filled, weight);
        decompose(c, b->n, filled, weight, value, vector);
        change = fill(c, b, vector, filled);
    }
    keep(c, value, vector);
    for (int64_t i = 0; i < b->n; i++)
        for (int k = 0; k < b->k; k++) S[i * b->k + k] = along(c, filled + i * b->m, c->loading[k]);
}
