/* Does the exponent a of N_opt = G (C/6)^a differ between two tables of isoFLOP budgets, and by how much?
 *
 *     ll_isoflop_compare c;
 *     LL_TRY(ll_isoflop_compare_run(&c, &baseline, &other, &(ll_compare_opts) { .fit.seed = 1 }, err));
 *     c.answer, c.p, c.change.value, c.change.lo, c.change.hi
 *     ll_isoflop_compare_clear(&c);
 *
 * The change has its interval from the resamples of both, drawn apart. Whether there is one is asked of the bottoms
 * themselves, so that what scatters them beyond the noise of the runs counts too: p is the larger of two. Student's
 * t of the two slopes' difference with each table's own scatter (Welch 1947), which minds that one table may be
 * noisier than the other; and how often the same t comes out as large when the residuals of lines of one slope,
 * each grown for its leverage, change places at random (Freedman and Lane 1983), which minds their distribution.
 * From three bottoms a table on, false alarms stay near the level p is judged at. Where rows are clusters, such as
 * the checkpoints of one run at several budgets, the bottoms hang together and the resamples answer: how often they
 * depart from the change by as much as it is.
 */
#ifndef LL_FIT_COMPARE_ISOFLOP_COMPARE_H
#define LL_FIT_COMPARE_ISOFLOP_COMPARE_H

#include "fit/approach/isoflop.h"
#include "fit/compare/compare.h"

typedef struct ll_isoflop_compare {
    ll_isoflop fit[2];  /* baseline and other */
    double alarm;       /* resolved */
    ll_estimate change; /* of a: other - baseline */
    double p;           /* of so large a change where there is none; NaN: fewer than three bottoms in one of them */
    bool by_resamples;  /* p is of the resamples, not of the bottoms */
    ll_answer answer;   /* same, exponent or untested */
} ll_isoflop_compare;

/* Each must carry the procedure alone; else LL_EINPUT, and the line says which does not. On failure c is empty. */
ll_status ll_isoflop_compare_run(ll_isoflop_compare *c, const ll_isoflop_data *baseline,
                                 const ll_isoflop_data *other, const ll_compare_opts *opts, ll_error *err);
void ll_isoflop_compare_clear(ll_isoflop_compare *c);

#endif
