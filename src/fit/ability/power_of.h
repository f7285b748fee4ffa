/* Does a sharp score follow from a smooth one? An answer of L tokens, each right with probability p, is right with
 * probability p^L (Schaeffer et al. 2023, arXiv:2304.15004): score = exp(L u), where u is ln p of a share, the score
 * itself where it is a log-probability, and its negative where it is a loss. L is 1 where u is of the whole answer.
 *
 *     ll_power_of p;
 *     LL_TRY(ll_power_of_find(&p, smooth, sharp, cluster, n, &opts, err));
 *     p.L.value, p.left.value, p.follows
 */
#ifndef LL_FIT_ABILITY_POWER_OF_H
#define LL_FIT_ABILITY_POWER_OF_H

#include "loglog/fit.h"

#define LL_POWER_OF_LEFT 0.1 /* share of the variance up to which the score is said to follow */

typedef struct ll_power_of {
    ll_estimate L, left; /* left: share of the score's variance that exp(L u) leaves */
    bool follows;
    bool clustered; /* clusters were resampled, not rows */
    int64_t n;      /* rows where u is known: a share of 0 has none */
} ll_power_of;

/* sharp is a share. Fewer than four rows with u, or none whose u differs: LL_EINPUT. */
ll_status ll_power_of_find(ll_power_of *out, const double *smooth, const double *sharp, const int64_t *cluster,
                           int64_t n, const ll_fit_opts *opts, ll_error *err);

#endif
