/* Pace: how long rungs will take here, from a short measurement of this machine.
 *
 *     ll_pace pace = { .kernels = k, .threads = 1 };
 *     double s = ll_pace_seconds(&pace, &rung, &spec);            of one rung on one thread
 *     double wall = ll_pace_makespan(&pace, &spec, rungs, n, workers, NULL);
 *
 * Each shape is timed once, for a few hundredths of a second, and remembered. Of a ladder of many shapes one stands for
 * those of about its work a token.
 */
#ifndef LL_SWEEP_WORKERS_PACE_H
#define LL_SWEEP_WORKERS_PACE_H

#include "sweep/design/design.h"

enum { LL_PACE_SHAPES = 256 };

typedef struct ll_pace {
    const ll_kernels *kernels;
    int n;
    struct {
        ll_model model;
        double token_s; /* training seconds per token, one thread */
    } shape[LL_PACE_SHAPES];
} ll_pace;

/* Seconds of training and evaluation on one thread; NaN when out of memory. */
double ll_pace_seconds(ll_pace *pace, const ll_rung *rung, const ll_spec *spec);

/* What so many threads of a rung do in the time in which one does 1. */
double ll_pace_speed(const ll_rung *rung, int threads);

/* Seconds from start to end with so many workers on the cores of this machine, packed as the engine does (pack.h),
 * the forecast rungs after the others; took [n]: of each rung, from its start to its end among the others (may be
 * NULL). NaN when out of memory. */
double ll_pace_makespan(ll_pace *pace, const ll_spec *spec, const ll_rung *rungs, int64_t n, int workers,
                        double *took);

/* Multiplies the tokens that the spec asks for (of isoflop the budgets, of a ladder without tokens those a parameter)
 * by one factor, so that the whole ladder takes about this long here: *wall says how long. LL_EINPUT when not even a
 * step of each fits. */
ll_status ll_pace_scale(ll_pace *pace, ll_spec *spec, int64_t vocab, int workers, double seconds, double *wall,
                        ll_error *err);

#endif
