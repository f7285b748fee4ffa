/* A share that was counted, and how sure it is. */
#ifndef LL_STAT_BINOMIAL_H
#define LL_STAT_BINOMIAL_H

#include <stdint.h>

/* Wilson's score interval for the probability behind k successes in n trials (Wilson 1927; Newcombe 1998, method
 * 3); level in (0, 1). NaN when n is 0. */
void ll_binomial_interval(int64_t k, int64_t n, double level, double *lo, double *hi);

/* The probability of at most k successes in n trials of probability p in (0, 1). */
double ll_binomial_cdf(int64_t k, int64_t n, double p);

#endif
