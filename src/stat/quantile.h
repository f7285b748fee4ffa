/* Order statistics: quantiles of type 7 (Hyndman and Fan 1996) and the robust scale. */
#ifndef LL_STAT_QUANTILE_H
#define LL_STAT_QUANTILE_H

#include <stdint.h>

void ll_sort(double *v, int64_t n); /* ascending; no NaN among them */

/* Of sorted values, q in [0, 1]; NaN when n is 0. */
double ll_quantile(const double *sorted, int64_t n, double q);

/* The same of values in any order, none of them NaN, in time that grows as n; v is reordered. */
double ll_quantile_unsorted(double *v, int64_t n, double q);

/* At m ascending levels q [m], into out [m]. */
void ll_quantiles_unsorted(double *v, int64_t n, const double *q, int m, double *out);

/* The standard deviation behind n residuals of a fit of p parameters, robust: 1.4826 times the median size once the
 * p smallest, which a nearly least-absolute fit has put to zero, are dropped (as MATLAB's robustfit does). v is
 * overwritten. NaN when n <= p. */
double ll_residual_sd(double *v, int64_t n, int64_t p);

#endif
