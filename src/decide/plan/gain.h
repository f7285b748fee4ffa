/* What a change is worth as a function of scale, from two compared fits.
 *
 *     ll_gain g;
 *     LL_TRY(ll_gain_make(&g, &compare, err));
 *     g.point[k].times.value       compute that the baseline needs for the loss that the other reaches at
 * g.point[k].x, over it: the compute-equivalent gain, CEG g.point[k].percent.value     by how much lower the
 * other's loss is there
 *
 * Of a law of N and D the loss at C is that of the best N on 6 N D = C, for each of the two by its own law. Of a
 * law of one variable x is that variable, and the gain is in its units: in parameters, tokens or FLOPs.
 */
#ifndef LL_DECIDE_PLAN_GAIN_H
#define LL_DECIDE_PLAN_GAIN_H

#include "fit/compare/compare.h"

/* LL_GAIN_INSIDE steps span what the runs of both cover, the others reach ten times beyond. */
enum { LL_GAIN_INSIDE = 16, LL_GAIN_BEYOND = 8, LL_GAIN_POINTS = LL_GAIN_INSIDE + LL_GAIN_BEYOND + 1 };
#define LL_GAIN_MOST 1e6 /* a gain is held between this and one over it: at either end there is no number */

typedef struct ll_gain_point {
    double x;
    bool inside;         /* the runs of both reach it; else an extrapolation */
    double loss[2];      /* of the baseline and of the other */
    ll_estimate times;   /* CEG */
    ll_estimate percent; /* 100 (1 - loss[1] / loss[0]): above 0 the other is better */
} ll_gain_point;

typedef struct ll_gain {
    bool compute; /* x is C = 6 N D; else the law's one variable */
    ll_gain_point point[LL_GAIN_POINTS];
    int64_t n_draws;
} ll_gain;

/* A law of N and D whose valley is not known to have one bottom, or of further variables, is LL_EINPUT. */
ll_status ll_gain_make(ll_gain *g, const ll_compare *c, ll_error *err);

/* The index of the largest x inside; -1 where the two share no range. */
int ll_gain_last_inside(const ll_gain *g);

/* A gain held at an end is null. */
ll_json *ll_gain_json(const ll_gain *g, double level);

#endif
