/* One resample of a fit's rows: which rows, with what weight, or with what loss. */
#ifndef LL_FIT_DRAWS_RESAMPLE_H
#define LL_FIT_DRAWS_RESAMPLE_H

#include "fit/draws/departures.h"

/* What the draws of a fit share; read only. */
typedef struct ll_resampler {
    ll_resample kind;
    uint64_t seed;
    const ll_rows *rows; /* those of the fit, or thinned */
    int32_t *group;      /* [n] 0 .. n_groups-1, or NULL: each row its own; owned */
    int64_t n_groups;
    int64_t *size;            /* [n_groups] rows of each; NULL: one each; owned */
    ll_rows thinned;          /* owned, or empty: ll_resampler_thin */
    ll_departures departures; /* of wild and residual; owned */
    int64_t take;             /* groups of a draw, of case and cluster; 0: as many as there are */
    int64_t min_rows;         /* fewer distinct rows of the fit than this are drawn again */
} ll_resampler;

/* How the fit's options say that the rows of its problem are drawn; fit->residual must be there. Borrows q->rows.
 */
ll_status ll_resampler_new(ll_resampler *s, const ll_fit *fit, const ll_problem *q, ll_error *err);
void ll_resampler_free(ll_resampler *s);

/* Clusters of many rows, such as points of curves, are drawn by LL_RESAMPLE_ALONG rows of each at most, even along it
 * in the table's order and weighing as much as all of them. Draws then scatter about the optimum of s->rows. Tables
 * of up to 2,500 rows and other kinds of draws stay as they are. */
enum { LL_RESAMPLE_ALONG = 200 };
ll_status ll_resampler_thin(ll_resampler *s, ll_error *err);

/* How often draw i takes each group, or, of wild, its sign: count [n_groups]. False when no resample with enough
 * distinct rows came up, and of residual, and of single rows out of many, which have no such counts. Depends on
 * nothing but the seed and i: draws of the same counts are the same draw. */
bool ll_resample_count(const ll_resampler *s, int64_t i, int32_t *count);

/* Draw i into out (room for all rows; out->n is set). count [n_groups] is scratch. False when no resample with
 * enough distinct rows came up. */
bool ll_resample_draw(const ll_resampler *s, int64_t i, ll_rows *out, int32_t *count);

#endif
