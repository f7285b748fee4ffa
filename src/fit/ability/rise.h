/* Over which range of scale a score takes its rise: from a tenth to nine tenths of the way between the two ends of the
 * smooth shape that follows it best.
 *
 *     ll_scored d = { .n = n, .x = params, .y = score };
 *     ll_rise r;
 *     LL_TRY(ll_rise_find(&r, &d, &opts, err));
 *     r.from.value, r.to.value, r.decades.lo, r.decades.hi
 *
 * The interval resamples rows, or clusters of them.
 */
#ifndef LL_FIT_ABILITY_RISE_H
#define LL_FIT_ABILITY_RISE_H

#include "fit/ability/climb.h"
#include "loglog/fit.h"

/* A score against a scale. */
typedef struct ll_scored {
    int64_t n;
    const double *x;        /* [n] above zero, where it is not plain */
    const double *y;        /* [n] finite */
    const int64_t *cluster; /* [n] or NULL */
    bool falling;           /* scale grows as x falls: x is a loss */
    bool plain;             /* curves are of x itself, not of its logarithm */
} ll_scored;

/* The same as curves read it: t rises with the scale, and rows count by what their score scatters. */
typedef struct ll_scored_rows {
    const ll_scored *of; /* borrowed */
    double *t, *weight;  /* [n] +-ln x, or x itself; 1 / ll_score_variance at the mean of its neighbours; owned */
    ll_placing which;
    ll_places places;
    bool share;
    double lo, hi; /* of t */
} ll_scored_rows;

enum { LL_SCORED_LEAST = 6 }; /* distinct scales */

/* Fewer distinct scales, a scale that is not above zero, a score that is not finite, or scores all equal: LL_EINPUT. */
ll_status ll_scored_rows_new(ll_scored_rows *r, const ll_scored *d, ll_error *err);
void ll_scored_rows_free(ll_scored_rows *r);

/* The share of the scores' weighted variance that a curve leaves, of the rss that it leaves. */
double ll_scored_left(const ll_scored_rows *r, double rss);

typedef struct ll_rise {
    ll_climb curve;       /* over t */
    ll_estimate from, to; /* x at a tenth and at nine tenths */
    ll_estimate decades;  /* between them */
    ll_estimate before, after;
    bool share, falling;
    bool clustered;    /* clusters were resampled, not rows */
    bool begins, ends; /* from and to lie within the runs' own scales */
    double left;       /* share of the variance that the curve leaves */
    double level;
    int64_t n, n_draws;
    uint64_t seed;
} ll_rise;

/* Of opts: n_boot, resample (case or cluster), level, seed, threads. */
ll_status ll_rise_find(ll_rise *out, const ll_scored *d, const ll_fit_opts *opts, ll_error *err);
double ll_rise_at(const ll_rise *r, double x);

#endif
