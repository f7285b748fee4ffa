#include "stat/orthonormal.h"

#include <math.h>

#include "stat/lanes.h"

LL_WIDE static double dot(const double *a, const double *b, int64_t n) {
    ll_lanes sum = { 0 };
    for (int64_t i = 0; i < n; i += LL_LANES_N) sum += ll_lanes_some(a, i, n, 0) * ll_lanes_some(b, i, n, 0);
    return ll_lanes_sum(sum);
}

double ll_dot(const double *a, const double *b, int64_t n) {
    return dot(a, b, n);
}

void ll_orthonormal_clean(double *v, const double *basis, int k, int64_t n) {
    for (int pass = 0; pass < 2; pass++)
        for (int j = 0; j < k; j++) {
            double c = ll_dot(v, basis + j * n, n);
            for (int64_t i = 0; i < n; i++) v[i] -= c * basis[j * n + i];
        }
}

bool ll_orthonormal_add(double *v, const double *basis, int k, int64_t n) {
    double before = sqrt(ll_dot(v, v, n));
    ll_orthonormal_clean(v, basis, k, n);
    double after = sqrt(ll_dot(v, v, n));
    if (!(after > 1e-8 * before)) return false;
    for (int64_t i = 0; i < n; i++) v[i] /= after;
    return true;
}
