/* Where a learning curve ends: foretold from its first part by the whole curves of other runs of one recipe.
 *
 *     ll_curve_end e;
 *     LL_TRY(ll_collapse_end(&e, finished, n, &run, 0.25, err));      what a quarter of run says
 *     e.part[k].weight, e.part[k].mean, e.part[k].sd                  of ln loss, k < e.parts
 *     ll_curve_end_clear(&e);
 *
 * Curves of one recipe, whose rates fall along the same share of each run, lie on one another once the share of the run
 * is taken for the step and what the loss lies above its end is divided by a power law of size and length (Qiu et al.
 * 2025, arXiv:2507.02119, "collapse"; there along one ratio of the two). So what a run has still to lose from a share
 * on follows from what the others lost from there:
 *
 *     level(share) - L(1) = N^b T^c (a + noise),     level: the mean loss over the last part that was seen
 *
 * N the parameters, T the length of a run. a is not known; by E + A/N^alpha + B/D^beta b is 0 and c is -beta, which
 * both are a priori but for 0.2. Slopes and the size of the noise are a grid, each point weighed by how likely it makes
 * the finished runs: the answer is its mixture. One finished run is enough, and widens the answer.
 */
#ifndef LL_FIT_CURVE_COLLAPSE_H
#define LL_FIT_CURVE_COLLAPSE_H

#include <stdint.h>

#include "loglog/error.h"

/* One run's learning curve. Borrowed. */
typedef struct ll_course {
    const char *name;
    double params;      /* NaN: not known */
    double end;         /* where it ends, as at counts: tokens or steps */
    int64_t n;          /* points */
    const double *at;   /* [n] rising, above 0; of a finished run the last is end */
    const double *loss; /* [n] above 0 */
    const double *rate; /* [n] learning rate at each point, or NULL: not known */
} ll_course;

/* A mixture of normal distributions of ln loss. */
typedef struct ll_curve_end {
    double seen; /* share of the run that the last point it stands on lies at */
    int64_t n;   /* finished runs that speak of it */
    int64_t parts;
    struct ll_curve_end_part {
        double weight, mean, sd;
    } * part; /* owned */
} ll_curve_end;

/* What the points of the run up to that share of it say (1: all there are) of where it ends. Finished runs that are the
 * run itself, whose points begin later than the part looked at, or whose rates are known to take another course (by
 * more than a tenth of the peak, where both have points), say nothing. LL_EINPUT where no run is left or the run
 * has no point there; out is empty then. */
ll_status ll_collapse_end(ll_curve_end *out, const ll_course *finished, int64_t n, const ll_course *run,
                          double share, ll_error *err);
void ll_curve_end_clear(ll_curve_end *e);

/* How likely it is that a finished run ends as far from where the others' curves lead it as it does: the least over a
 * quarter, half and three quarters of it, times three for the looks. Where it is below 0.05 / n the run was trained
 * otherwise than the others, mostly not as well. NaN where the others cannot say. */
double ll_collapse_belongs(const ll_course *finished, int64_t n, int64_t i);

#endif
