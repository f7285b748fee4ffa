/* How far a fit is asked to see: the law at a target beyond the runs, and which runs it hangs on.
 *
 * The target is the caller's (what the law calls best there, say), else a point of the runs' own path: each
 * variable of the law on its least-squares line of ln x against ln C, followed to the target's C. Where the runs
 * have one C only, the path goes on with N and D in equal parts. C is the table's, else 6 N D, else the law's own
 * one variable. */
#ifndef LL_FIT_DOUBT_REACH_H
#define LL_FIT_DOUBT_REACH_H

#include "loglog/fit.h"

enum { LL_REACH_PARTS = 3 };
#define LL_REACH_FACTOR 10 /* the target without one named: so far beyond the largest run */

/* ln x = slope ln C + at */
typedef struct ll_path {
    double slope, at;
} ll_path;

typedef struct ll_reach {
    const char *axis;             /* "C", or "x" where that is all there is; static */
    double target, factor;        /* C there, and against the largest run's */
    double lo, hi;                /* C of the smallest and the largest run */
    ll_path path[LL_VAR_COUNT];   /* both 0 where the law does not read it */
    double x[LL_VAR_COUNT];       /* the target; 0 where the law does not read it */
    ll_estimate loss;             /* there */
    double share[LL_REACH_PARTS]; /* of the forecast's jackknife variance: the runs of the smallest third by C, the
                                   * middle, the largest; NaN without fit->left_out */
    double *C;                    /* [n] of each run; owned */
    double *influence; /* [n] change of the forecast when the row is left out, in its se; owned; NULL as above */
} ll_reach;

/* Where to look. */
typedef struct ll_aim {
    double flops;    /* C of the target; 0: LL_REACH_FACTOR beyond the largest run */
    const double *x; /* [LL_VAR_COUNT] the target itself, of those FLOPs; NULL: on the runs' own path */
} ll_aim;

/* LL_EINPUT: the runs have neither C nor one variable, or a target was named and they have no C. */
ll_status ll_reach_new(ll_reach *r, const ll_fit *fit, const ll_aim *aim, ll_error *err);
void ll_reach_free(ll_reach *r);

/* The point of the path at C into x [LL_VAR_COUNT]. */
void ll_reach_point(const ll_reach *r, const ll_law *law, double C, double *x);

/* The largest C among rows, or what stands for it; NaN where there is none. */
double ll_reach_largest(const ll_fit_data *data);

/* N and D at C on the path that rows with both lie on. */
ll_status ll_reach_path(const ll_fit_data *data, double C, double *N, double *D, ll_error *err);

/* The law at the target, with parameters of one's own. */
double ll_reach_loss_at(const ll_reach *r, const ll_fit *fit, const double *params);

#endif
