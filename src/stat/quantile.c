#include "stat/quantile.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void ll_sort(double *v, int64_t n) {
    if (n > 1) qsort(v, (size_t)n, sizeof *v, ascending);
}

double ll_quantile(const double *sorted, int64_t n, double q) {
    if (n < 1) return NAN;
    double at = q * (double)(n - 1);
    int64_t i = (int64_t)at;
    if (i >= n - 1) return sorted[n - 1];
    return sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]);
}

/* v [lo .. hi] so that v[k] is what it would be if sorted, none larger before it and none smaller behind (Hoare's
 * find). */
static void find(double *v, int64_t lo, int64_t hi, int64_t k) {
    enum { ROUNDS = 100 }; /* far more than are needed where the values are in no order that was made for it */
    for (int round = 0; lo < hi; round++) {
        if (round == ROUNDS) return ll_sort(v + lo, hi - lo + 1);
        const double pivot = v[k];
        int64_t i = lo, j = hi;
        while (i <= j) {
            while (v[i] < pivot) i++;
            while (pivot < v[j]) j--;
            if (i > j) break;
            const double t = v[i];
            v[i++] = v[j];
            v[j--] = t;
        }
        if (j < k) lo = i;
        if (k < i) hi = j;
    }
}

/* The rank below level q of n values. */
static int64_t rank_of(int64_t n, double q) {
    const int64_t i = (int64_t)(q * (double)(n - 1));
    return i < n - 1 ? i : n - 1;
}

/* Every level has two places, that of its rank and the next one. The middle one of places from .. to parts the values
 * for those on either side. */
static void find_places(double *v, int64_t lo, int64_t hi, int64_t n, const double *q, int from, int to) {
    if (from >= to || lo >= hi) return;
    const int middle = (from + to) / 2;
    const int64_t k = rank_of(n, q[middle / 2]) + middle % 2;
    if (k >= lo && k <= hi) find(v, lo, hi, k);
    find_places(v, lo, k - 1 < hi ? k - 1 : hi, n, q, from, middle);
    find_places(v, k + 1 > lo ? k + 1 : lo, hi, n, q, middle + 1, to);
}

void ll_quantiles_unsorted(double *v, int64_t n, const double *q, int m, double *out) {
    find_places(v, 0, n - 1, n, q, 0, 2 * m);
    for (int k = 0; k < m; k++) out[k] = ll_quantile(v, n, q[k]);
}

double ll_quantile_unsorted(double *v, int64_t n, double q) {
    double out;
    ll_quantiles_unsorted(v, n, &q, 1, &out);
    return out;
}

double ll_residual_sd(double *v, int64_t n, int64_t p) {
    if (n <= p) return NAN;
    for (int64_t i = 0; i < n; i++) v[i] = fabs(v[i]);
    ll_sort(v, n);
    return 1.482602218505602 * ll_quantile(v + p, n - p, 0.5);
}
