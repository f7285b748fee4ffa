/* One bootstrap that several fits of the same rows share: draw i is a weight for every row, the same for each of them.
 *
 *     ll_redraw r;
 *     LL_TRY(ll_redraw_new(&r, n, cluster, 5, &opts, err));
 *     double *weight = ll_redraw_weights(&r, i, worker, NULL);      [n], of the worker
 *     ll_redraw_free(&r);
 */
#ifndef LL_FIT_ABILITY_REDRAW_H
#define LL_FIT_ABILITY_REDRAW_H

#include "loglog/fit.h"

typedef struct ll_redraw {
    int64_t n, n_groups, least; /* least: distinct groups of a draw */
    int32_t *group;             /* [n] or NULL: each row its own; owned */
    uint64_t seed;
    int workers;
    double *weight; /* [workers][n] */
    int32_t *count; /* [workers][n_groups] */
} ll_redraw;

/* opts, resolved: seed, threads, and a resample of case, cluster or nothing; another is LL_EINPUT. A draw of fewer
 * distinct rows or clusters than least is drawn again; where there are not so many, LL_EINPUT. */
ll_status ll_redraw_new(ll_redraw *r, int64_t n, const int64_t *cluster, int64_t least, const ll_fit_opts *opts,
                        ll_error *err);
void ll_redraw_free(ll_redraw *r);

/* How often each row was drawn, times its own weight. Depends on the seed and i alone. */
double *ll_redraw_weights(const ll_redraw *r, int64_t i, int worker, const double *own);

#endif
