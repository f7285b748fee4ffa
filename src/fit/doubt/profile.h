/* Profile likelihood: how far each parameter can be moved, all others following, before the objective rises too
 * far.
 *
 *     ll_profile p[LL_LAW_MAX_PARAMS];
 *     LL_TRY(ll_fit_profile(&fit, p, err));
 *     p[3].lo, p[3].hi
 *
 * How far is too far follows from the objective F = sum of w rho(r). Half the rise of F over the scale
 *
 *     tau = (sum of w psi(r)^2 / (n - p)) / (mean slope of psi),   psi = rho'
 *
 * is, doubled, a chi-square of one degree of freedom in large samples for independent noise of one distribution,
 * symmetric about the law, whatever its shape (Schrader and Hettmansperger 1980, Biometrika 67). The interval ends
 * where 2 (F - F_min) / tau = t^2 with Student's t of n - p degrees of freedom. For least squares, tau is s^2 and
 * that is the likelihood n ln SSE with its threshold taken from F: exact for a law linear in its parameters. For a
 * Huber function narrower than the noise psi jumps, and its mean slope is 2 delta times the density of the
 * residuals at zero, counted within the bandwidth of Hall and Sheather (1988) for the median. */
#ifndef LL_FIT_DOUBT_PROFILE_H
#define LL_FIT_DOUBT_PROFILE_H

#include "fit/solve/problem.h"

/* -INFINITY or INFINITY: the objective never rises so far inside the bounds; NaN: the parameter is held. */
typedef struct ll_profile {
    double lo, hi;
} ll_profile;

/* out [law->n_params] at the fit's level, on all of its threads. LL_EINPUT: the runs do not scatter about the law.
 */
ll_status ll_fit_profile(const ll_fit *fit, ll_profile *out, ll_error *err);

#endif
