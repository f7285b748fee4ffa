/* A concrete gpt for a number of parameters. */
#ifndef LL_DECIDE_PLAN_SHAPE_H
#define LL_DECIDE_PLAN_SHAPE_H

#include "loglog/error.h"

#define LL_SHAPE_LEAST 1e3 /* parameters of a model that has a shape, at least and at most */
#define LL_SHAPE_MOST 1e17

typedef struct ll_planned_shape {
    double layers, width, heads, ffw; /* head size width / heads, a power of two; ffw = 4 width */
    double params;                    /* non-embedding, 12 layers width^2: what the shape really has */
} ll_planned_shape;

/* The shape nearest to N non-embedding parameters: heads of 128 from a width of 1024 up, of 64 below, smaller ones
 * only for tiny models, so that widths are what matrix units like; width over layers near 64 at 1e8 parameters and
 * slowly wider with size, as in Hoffmann et al. 2022, Table A9. The loss hardly depends on the shape
 * (Kaplan et al. 2020, Fig. 5). Where a law counts the embeddings in its N, the trunk comes out larger by those. N
 * below LL_SHAPE_LEAST or above LL_SHAPE_MOST is LL_EINPUT. */
ll_status ll_plan_shape(double N, ll_planned_shape *out, ll_error *err);

#endif
