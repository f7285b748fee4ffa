/* Orthonormal columns, grown one by one (Gram and Schmidt, twice for the sake of rounding).
 *
 *     if (ll_orthonormal_add(basis + k * n, basis, k, n)) k++;       basis [k][n]
 *     ll_orthonormal_clean(v, basis, k, n);                         v loses what the columns span
 */
#ifndef LL_STAT_ORTHONORMAL_H
#define LL_STAT_ORTHONORMAL_H

#include <stdbool.h>
#include <stdint.h>

double ll_dot(const double *a, const double *b, int64_t n);

/* Takes the k orthonormal columns of basis [k][n] out of v [n]. */
void ll_orthonormal_clean(double *v, const double *basis, int k, int64_t n);

/* Cleans v and makes it of unit length; false when nothing is left of it. */
bool ll_orthonormal_add(double *v, const double *basis, int k, int64_t n);

#endif
