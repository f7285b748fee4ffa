/* Dense linear algebra of a few hundred unknowns: covariance matrices of runs.
 *
 *     double *L = ...;                         n * n, column-major, lower half filled with K
 *     if (!ll_dense_cholesky(L, n)) ...        not positive definite
 *     ll_dense_forward(L, n, b, 1);            b becomes the solution of L x = b
 */
#ifndef LL_STAT_DENSE_H
#define LL_STAT_DENSE_H

#include <stdbool.h>
#include <stdint.h>

/* K = L L' in place; K [n,n] column-major, of which only the lower half is read and written. False when K is not
 * positive definite to working precision. */
bool ll_dense_cholesky(double *K, int64_t n);

/* Solve L x = b, for m right sides b [m][n], and L' x = b, b [n], in place; L as ll_dense_cholesky leaves it. */
void ll_dense_forward(const double *L, int64_t n, double *b, int m);
void ll_dense_backward(const double *L, int64_t n, double *b);

#endif
