/* Tables with a column for each run: charts as W&B exports them, "Step", "RUN - METRIC", "RUN - METRIC__MIN" and so
 * on, turned into rows of step, run and metrics.
 *
 *     ll_wide w;
 *     LL_TRY(ll_wide_open(&w, headers, n, path, err));
 *     if (w.n_runs) bind(w.headers, w.n_headers);
 *     for (int64_t r = 0; r < w.n_runs; r++)
 *         if (ll_wide_row(&w, r, cells)) use(w.cells);
 *     ll_wide_close(&w);
 */
#ifndef LL_STORE_TABLE_TABLE_WIDE_H
#define LL_STORE_TABLE_TABLE_WIDE_H

#include "store/table/table_fill.h"

enum { LL_WIDE_MAX = 4096 }; /* columns */

typedef struct ll_wide {
    int64_t n_runs;    /* 0: the table is not of this shape */
    int64_t n_headers; /* the first column, "run", the metrics */
    char **headers;    /* [n_headers]; the texts are pieces of the table's own headers */
    char **runs;       /* [n_runs] */
    int64_t *source;   /* [n_runs][n_headers] the column of each cell, -1: none */
    ll_cell *cells;    /* [n_headers] of the row last made */
} ll_wide;

/* The shape is that of a table whose every header but the first holds " - "; those are cut there, in place. One
 * that stands there twice is LL_EINPUT. */
ll_status ll_wide_open(ll_wide *w, char **headers, int64_t n, const char *path, ll_error *err);

/* Fills w->cells for one run from a row of the table; false when the run has nothing there. */
bool ll_wide_row(ll_wide *w, int64_t run, const ll_cell *cells);
void ll_wide_close(ll_wide *w);

#endif
