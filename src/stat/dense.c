#include "stat/dense.h"

#include <math.h>

enum {
    TOGETHER = 4
}; /* columns that are taken off in one pass over memory, in their order: the bits do not know */

static void take_off(double *column, const double *K, int64_t n, int64_t j, int64_t k) {
    const double *a = K + k * n, *b = a + n, *c = b + n, *d = c + n;
    const double fa = a[j], fb = b[j], fc = c[j], fd = d[j];
    for (int64_t i = j; i < n; i++) column[i] = (((column[i] - fa * a[i]) - fb * b[i]) - fc * c[i]) - fd * d[i];
}

bool ll_dense_cholesky(double *K, int64_t n) {
    for (int64_t j = 0; j < n; j++) {
        double *column = K + j * n;
        int64_t k = 0;
        for (; k + TOGETHER <= j; k += TOGETHER) take_off(column, K, n, j, k);
        for (; k < j; k++) {
            const double *left = K + k * n, factor = left[j];
            for (int64_t i = j; i < n; i++) column[i] -= factor * left[i];
        }
        if (!(column[j] > 0)) return false;
        double root = sqrt(column[j]);
        for (int64_t i = j; i < n; i++) column[i] /= root;
    }
    return true;
}

/* Rows from j of right side x, whose TOGETHER values at j are solved for first. Zeros at its top stay zeros. */
static void forward_some(const double *L, int64_t n, int64_t j, double *x) {
    if (x[j] == 0 && x[j + 1] == 0 && x[j + 2] == 0 && x[j + 3] == 0) return;
    const double *a = L + j * n, *b = a + n, *c = b + n, *d = c + n;
    const double p = x[j] / a[j], q = (x[j + 1] - p * a[j + 1]) / b[j + 1];
    const double r = ((x[j + 2] - p * a[j + 2]) - q * b[j + 2]) / c[j + 2];
    const double s = (((x[j + 3] - p * a[j + 3]) - q * b[j + 3]) - r * c[j + 3]) / d[j + 3];
    x[j] = p, x[j + 1] = q, x[j + 2] = r, x[j + 3] = s;
    for (int64_t i = j + TOGETHER; i < n; i++) x[i] = (((x[i] - p * a[i]) - q * b[i]) - r * c[i]) - s * d[i];
}

void ll_dense_forward(const double *L, int64_t n, double *b, int m) {
    int64_t j = 0;
    for (; j + TOGETHER <= n; j += TOGETHER)
        for (int k = 0; k < m; k++) forward_some(L, n, j, b + k * n);
    for (; j < n; j++)
        for (double *x = b; x < b + m * n; x += n) {
            x[j] /= L[j * n + j];
            for (int64_t i = j + 1; i < n; i++) x[i] -= x[j] * L[j * n + i];
        }
}

void ll_dense_backward(const double *L, int64_t n, double *b) {
    for (int64_t j = n - 1; j >= 0; j--) {
        const double *column = L + j * n;
        for (int64_t i = j + 1; i < n; i++) b[j] -= column[i] * b[i];
        b[j] /= column[j];
    }
}
