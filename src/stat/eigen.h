/* Eigenvalues and eigenvectors of a small symmetric matrix by Jacobi's rotations (Golub and Van Loan, 8.5).
 *
 *     double A[9] = { ... }, value[3], vector[9];
 *     ll_symmetric_eigen(3, A, value, vector);       vector + 3 * k is that of value[k], the largest first
 */
#ifndef LL_STAT_EIGEN_H
#define LL_STAT_EIGEN_H

/* A [n,n] symmetric and finite, overwritten; value [n] falling; vector [n][n], row k of unit length, orthogonal to the
 * others. Its sign is free. */
void ll_symmetric_eigen(int n, double *A, double *value, double *vector);

#endif
