/* One resample of a fit's rows: which rows, with what weight, or with what loss. */
#ifndef LL_FIT_RESAMPLE_H
#define LL_FIT_RESAMPLE_H

#include "fit/problem.h"

/* What the draws share; read only. */
typedef struct ll_resampler {
    ll_resample kind;
    uint64_t seed;
    const ll_rows *rows;
    const int32_t *group; /* [n] 0 .. n_groups-1, or NULL: each row its own */
    int64_t n_groups;
    const double *fitted; /* [n] on the scale of rows->y; of wild and residual */
    /* departures from it on the same scale: of wild [n] each row's size, of residual [n_pool] those to draw from,
     * of a row of weight 1 */
    const double *departure;
    int64_t n_pool;
    int64_t take;     /* groups of a draw, of case and cluster; 0: as many as there are */
    int64_t min_rows; /* fewer distinct rows than this are drawn again */
} ll_resampler;

/* Draw i into out (room for all rows; out->n is set). count [n_groups or n] is scratch. False when no resample
 * with enough distinct rows came up. Depends on nothing but the seed and i. */
bool ll_resample_draw(const ll_resampler *s, int64_t i, ll_rows *out, int32_t *count);

#endif
