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

void ll_dense_forward(const double *L, int64_t n, double *b) {
    int64_t j = 0;
    for (; j + 2 <= n; j += 2) {
        const double *left = L + j * n, *right = left + n;
        const double x = b[j] /= left[j], y = b[j + 1] = (b[j + 1] - x * left[j + 1]) / right[j + 1];
        for (int64_t i = j + 2; i < n; i++) b[i] = (b[i] - x * left[i]) - y * right[i];
    }
    if (j < n) b[j] /= L[j * n + j];
}

void ll_dense_backward(const double *L, int64_t n, double *b) {
    for (int64_t j = n - 1; j >= 0; j--) {
        const double *column = L + j * n;
        for (int64_t i = j + 1; i < n; i++) b[j] -= column[i] * b[i];
        b[j] /= column[j];
    }
}
