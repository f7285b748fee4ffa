/* Designs: a spec becomes rungs, which form a graph.
 *
 *     ll_rung *rungs;
 *     int64_t n;
 *     LL_TRY(ll_design_rungs(&spec, vocab, &rungs, &n, err));
 *     free(rungs);
 *
 * A pure function of the spec and the vocabulary: the same spec gives the same rungs on every machine.
 * Fitted rungs come in order of compute; a wsd trunk stands before its branches; the rung that is forecast is last.
 */
#ifndef LL_SWEEP_DESIGN_DESIGN_H
#define LL_SWEEP_DESIGN_DESIGN_H

#include "sweep/design/rung.h"

#define LL_DESIGN_SHAPE_MISS 1.25 /* a shape's N is the one asked for within this factor, else refused */

ll_status ll_design_rungs(const ll_spec *spec, int64_t vocab, ll_rung **out, int64_t *n, ll_error *err);

/* Exact FLOPs of the largest rung; 0 of none. */
double ll_design_most_flops(const ll_rung *rungs, int64_t n);

#endif
