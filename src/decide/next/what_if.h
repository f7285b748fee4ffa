/* What more runs would do to a forecast, before anyone trains them.
 *
 * Given the sizes of noise and departure the posterior of ln loss is normal and linear (posterior.h), so the
 * variance that is left at the target after runs at chosen places does not depend on what those runs come to: with
 * S the covariance of places and target, K = S[runs, runs] + noise, it is S_tt - S[t, runs] K^-1 S[runs, t]. The
 * forecast is the mixture over the grid, and over the laws given with equal weights. Its drift shrinks with a
 * larger largest run. How far the mixture's means lie apart is taken as it is today, so the answer is rather too
 * wide than too narrow.
 *
 *     ll_what_if *w;
 *     LL_TRY(ll_what_if_new(&w, posteriors, n, places, m, largest, err));      the last place is the target
 *     double now = ll_what_if_sd(w);
 *     ll_what_if_add(w, 4), ll_what_if_add(w, 4);                              two runs there
 *     double then = ll_what_if_sd(w);
 *     ll_what_if_free(w);
 *
 * sd are of ln loss of one run at the target, its own scatter included. A place taken twice is two runs.
 */
#ifndef LL_DECIDE_NEXT_WHAT_IF_H
#define LL_DECIDE_NEXT_WHAT_IF_H

#include "forecast/belief/posterior.h"

enum { LL_WHAT_IF_RUNS = 64, LL_WHAT_IF_PLACES = 256 }; /* at most */

typedef struct ll_what_if ll_what_if;

/* places [m], m at most LL_WHAT_IF_PLACES, the target last; the laws are of N and D. largest: compute of the
 * largest run so far. The posteriors are not needed afterwards. */
ll_status ll_what_if_new(ll_what_if **out, const ll_posterior *const *posteriors, int n, const ll_place *places,
                         int m, double largest, ll_error *err);
void ll_what_if_free(ll_what_if *w);

double ll_what_if_mean(const ll_what_if *w); /* of ln loss at the target, today */

/* The runs that are supposed: none, one more at a place, the j-th at another place. Not thread-safe. */
void ll_what_if_reset(ll_what_if *w);
void ll_what_if_add(ll_what_if *w, int place);
void ll_what_if_move(ll_what_if *w, int j, int place);

double ll_what_if_sd(const ll_what_if *w); /* after the runs supposed */

/* What is minimised, score [m-1]: after one more run at each place in turn, or with j >= 0 after the j-th run moved
 * there. It is the mean over the mixture of the ln sd that is left of the law, the departure and the drift: a mean
 * of variances would be ruled by the largest departure that is still possible, and place every run against that. */
void ll_what_if_score(const ll_what_if *w, int j, double *score);

#endif
