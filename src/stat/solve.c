#include "stat/solve.h"

#include <math.h>
#include <string.h>

/* The lower factor in L [n,n]; a pivot below 1e-14 of its diagonal counts as zero. n is a constant where this is
 * inlined. */
static inline __attribute__((always_inline)) bool factor(const int n, const double *A, const double *ridge,
                                                         double *L) {
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            double diagonal = A[i * n + i] + (ridge ? ridge[i] : 0);
            double sum = i == j ? diagonal : A[i * n + j];
            for (int k = 0; k < j; k++) sum -= L[i * n + k] * L[j * n + k];
            if (i != j) L[i * n + j] = sum / L[j * n + j];
            else if (sum > 1e-14 * diagonal && sum > 0) L[i * n + i] = sqrt(sum);
            else return false;
        }
    return true;
}

static inline __attribute__((always_inline)) bool solve(const int n, const double *A, const double *ridge,
                                                        const double *b, double *x) {
    double L[LL_SOLVE_MAX * LL_SOLVE_MAX], z[LL_SOLVE_MAX];
    if (!factor(n, A, ridge, L)) return false;
    for (int i = 0; i < n; i++) {
        double sum = b[i];
        for (int k = 0; k < i; k++) sum -= L[i * n + k] * z[k];
        z[i] = sum / L[i * n + i];
    }
    for (int i = n - 1; i >= 0; i--) {
        double sum = z[i];
        for (int k = i + 1; k < n; k++) sum -= L[k * n + i] * x[k];
        x[i] = sum / L[i * n + i];
    }
    return true;
}

/* A law of two terms over a floor has 5 parameters, and one of its own more in a forecast. */
bool ll_cholesky_solve(int n, const double *A, const double *ridge, const double *b, double *x) {
    if (n < 1 || n > LL_SOLVE_MAX) return false;
    switch (n) {
    case 3: return solve(3, A, ridge, b, x);
    case 4: return solve(4, A, ridge, b, x);
    case 5: return solve(5, A, ridge, b, x);
    case 6: return solve(6, A, ridge, b, x);
    default: return solve(n, A, ridge, b, x);
    }
}

/* The solution on one support, zero elsewhere; false when it leaves the orthant. */
static bool on_support(int k, const double *G, const double *h, unsigned support, double *c) {
    double sub[LL_NNLS_MAX * LL_NNLS_MAX], rhs[LL_NNLS_MAX], x[LL_NNLS_MAX];
    int at[LL_NNLS_MAX], n = 0;
    for (int i = 0; i < k; i++)
        if (support >> i & 1) at[n++] = i;
    for (int i = 0; i < n; i++) {
        rhs[i] = h[at[i]];
        for (int j = 0; j < n; j++) sub[i * n + j] = G[at[i] * k + at[j]];
    }
    if (!ll_cholesky_solve(n, sub, NULL, rhs, x)) return false;
    memset(c, 0, (size_t)k * sizeof *c);
    for (int i = 0; i < n; i++) {
        if (!(x[i] >= 0)) return false;
        c[at[i]] = x[i];
    }
    return true;
}

double ll_nnls(int k, const double *G, const double *h, double *c) {
    unsigned all = (1u << k) - 1;
    double best = 0, trial[LL_NNLS_MAX];
    memset(c, 0, (size_t)k * sizeof *c);
    for (unsigned support = all; support; support--) {
        if (!on_support(k, G, h, support, trial)) continue;
        double gain = 0; /* at a stationary point c'Gc = h'c */
        for (int i = 0; i < k; i++) gain -= h[i] * trial[i];
        if (gain < best) {
            best = gain;
            memcpy(c, trial, (size_t)k * sizeof *c);
        }
        if (support == all) break; /* feasible without constraints: nothing can beat it */
    }
    return best;
}
