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

/* v [n] so that v[k] is what it would be if sorted, none larger before it and none smaller behind (Hoare's find). */
static void find(double *v, int64_t n, int64_t k) {
    enum { ROUNDS = 100 }; /* far more than are needed where the values are in no order that was made for it */
    int64_t lo = 0, hi = n - 1;
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

double ll_quantile_unsorted(double *v, int64_t n, double q) {
    if (n < 1) return NAN;
    const double at = q * (double)(n - 1);
    const int64_t i = (int64_t)at < n - 1 ? (int64_t)at : n - 1;
    find(v, n, i);
    if (i == n - 1) return v[i];
    double next = v[i + 1];
    for (int64_t k = i + 2; k < n; k++) next = fmin(next, v[k]);
    return v[i] + (at - (double)i) * (next - v[i]);
}

double ll_residual_sd(double *v, int64_t n, int64_t p) {
    if (n <= p) return NAN;
    for (int64_t i = 0; i < n; i++) v[i] = fabs(v[i]);
    ll_sort(v, n);
    return 1.482602218505602 * ll_quantile(v + p, n - p, 0.5);
}
