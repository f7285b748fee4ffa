/* Shares that differ from item to item: of item i, c of n samples are right, with a probability of its own that is
 * drawn from Beta(a, b). The mean over items of what k samples miss is B(a, b+k) / B(a, b), which falls as k^-a:
 * what is near zero decides (Schaeffer et al. 2025, arXiv:2502.17578).
 *
 *     ll_beta_fit f;
 *     if (ll_beta_fit_counts(c, n, 100, &f)) printf("%g %g", f.a, f.b);
 */
#ifndef LL_STAT_BETA_BINOMIAL_H
#define LL_STAT_BETA_BINOMIAL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct ll_beta_fit {
    double a, b;
    double loglik;    /* nats, up to what does not depend on a and b */
    double cov[2][2]; /* of (ln a, ln b): the inverse of the observed information */
} ll_beta_fit;

/* Most likely a and b for counts c [items] of n [items]. false where there is none: all items alike at 0 or at n, or
 * equal shares, of which the most likely Beta is a point. */
bool ll_beta_fit_counts(const int64_t *c, const int64_t *n, int64_t items, ll_beta_fit *out);

/* The expected share of items that k samples solve, of items like those; with a + c and b + n - c, the probability
 * that k new ones solve an item of which c of n were right. */
double ll_beta_coverage(double a, double b, double k);

#endif
