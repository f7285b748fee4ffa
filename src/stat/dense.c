#include "stat/dense.h"

#include <math.h>

bool ll_dense_cholesky(double *K, int64_t n) {
    for (int64_t j = 0; j < n; j++) {
        double *column = K + j * n;
        for (int64_t k = 0; k < j; k++) {
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
    for (int64_t j = 0; j < n; j++) {
        const double *column = L + j * n, x = b[j] /= column[j];
        for (int64_t i = j + 1; i < n; i++) b[i] -= x * column[i];
    }
}

void ll_dense_backward(const double *L, int64_t n, double *b) {
    for (int64_t j = n - 1; j >= 0; j--) {
        const double *column = L + j * n;
        for (int64_t i = j + 1; i < n; i++) b[j] -= column[i] * b[i];
        b[j] /= column[j];
    }
}
