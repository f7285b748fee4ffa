/* One resample of a fit's rows: which rows, with what weight, or with what loss. */
#ifndef LL_FIT_DRAWS_RESAMPLE_H
#define LL_FIT_DRAWS_RESAMPLE_H

#include "fit/draws/departures.h"

/* What the draws of a fit share; read only. */
typedef struct ll_resampler {
    ll_resample kind;
    uint64_t seed;
    const ll_rows *rows;
    int32_t *group; /* [n] 0 .. n_groups-1, or NULL: each row its own; owned */
    int64_t n_groups;
    ll_departures departures; /* of wild and residual; owned */
    int64_t take;             /* groups of a draw, of case and cluster; 0: as many as there are */
    int64_t min_rows;         /* fewer distinct rows than this are drawn again */
} ll_resampler;

/* How the fit's options say that the rows of its problem are drawn; fit->residual must be there. Borrows q->rows.
 */
ll_status ll_resampler_new(ll_resampler *s, const ll_fit *fit, const ll_problem *q, ll_error *err);
void ll_resampler_free(ll_resampler *s);

/* Draw i into out (room for all rows; out->n is set). count [n_groups or n] is scratch. False when no resample
 * with enough distinct rows came up. Depends on nothing but the seed and i. */
bool ll_resample_draw(const ll_resampler *s, int64_t i, ll_rows *out, int32_t *count);

#endif
