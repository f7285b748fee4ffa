/* Shapes of models by their size: the one whose N is nearest to the N that a design asks for.
 *
 *     ll_model m;
 *     LL_TRY(ll_shape_nearest(&spec, vocab, &ll_shape_plain, 1e6, &m, err));
 */
#ifndef LL_SWEEP_DESIGN_SHAPE_NEAR_H
#define LL_SWEEP_DESIGN_SHAPE_NEAR_H

#include "model/count.h"
#include "sweep/design/spec.h"

/* What a design asks of a shape beside its size; 0: as the spec's model says. */
typedef struct ll_shape_form {
    int64_t layers, heads, grain; /* grain: of the widths, where the spec lists none */
    double ffw_ratio;
} ll_shape_form;
extern const ll_shape_form ll_shape_plain;

/* The shape of nearest size, by the logarithm; a tie goes to the smaller. LL_EINPUT when params is no size, such as
 * 0. */
ll_status ll_shape_nearest(const ll_spec *spec, int64_t vocab, const ll_shape_form *form, double params,
                           ll_model *out, ll_error *err);

/* By the spec's own count where a command trains. */
ll_count ll_shape_count(const ll_spec *spec, const ll_model *m);

/* The N (non-embedding) of every width that the spec's family has, ascending, at most so many into sizes. */
ll_status ll_shape_sizes(const ll_spec *spec, int64_t vocab, double *sizes, int most, int *n, ll_error *err);

#endif
