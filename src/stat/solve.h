/* Linear algebra of the size a law has: at most LL_SOLVE_MAX unknowns, dense, row-major, on the stack. */
#ifndef LL_STAT_SOLVE_H
#define LL_STAT_SOLVE_H

#include <stdbool.h>

enum { LL_SOLVE_MAX = 16, LL_NNLS_MAX = 4 };

/* x of (A + diag(ridge)) x = b by Cholesky; A [n,n] symmetric, its lower half is read; ridge may be NULL.
 * False, and x untouched, when the matrix is not positive definite to working precision. */
bool ll_cholesky_solve(int n, const double *A, const double *ridge, const double *b, double *x);

/* Non-negative least squares from the normal equations: minimises c'Gc - 2 h'c over c >= 0, exactly, by trying
 * every support (2^k of them). G [k,k] symmetric, k <= LL_NNLS_MAX. Returns the minimum (zero at c = 0). */
double ll_nnls(int k, const double *G, const double *h, double *c);

#endif
