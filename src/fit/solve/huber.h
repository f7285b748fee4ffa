/* The Huber function of residuals r of weights w, and its slope and second derivative; soft instead of 0 for delta
 * over |r| of those outside. */
#ifndef LL_FIT_SOLVE_HUBER_H
#define LL_FIT_SOLVE_HUBER_H

#include "stat/lanes.h"

LL_LANES_INLINE ll_lanes ll_huber(ll_lanes r, ll_lanes w, double delta) {
    const ll_lanes a = ll_lanes_abs(r);
    return w * ll_lanes_if(a <= delta, 0.5 * r * r, delta * (a - 0.5 * delta));
}

LL_LANES_INLINE ll_lanes ll_huber_slope(ll_lanes r, ll_lanes w, double delta) {
    return w * ll_lanes_if(ll_lanes_abs(r) <= delta, r, ll_lanes_signed(ll_lanes_of(delta), r));
}

LL_LANES_INLINE ll_lanes ll_huber_bend(ll_lanes r, ll_lanes w, double delta, double soft) {
    const ll_lanes a = ll_lanes_abs(r);
    return ll_lanes_if(a <= delta, w, soft * w / a);
}

#endif
