/* Rows of a table laid out as runs, on their way into the store; private to it. */
#ifndef LL_STORE_EXCHANGE_IMPORT_H
#define LL_STORE_EXCHANGE_IMPORT_H

#include "store/rows/store_rows.h"

typedef struct ll_importing {
    const ll_table *t, *sizes; /* sizes may be NULL */
    const char *source, *sizes_source;
    char prefix[24]; /* of the ids: "import/", 8 digits of the file's hash, "/" */
    char stem[256];  /* the file's name without folder and suffix */
    bool curves;
    int64_t n;           /* runs */
    int64_t *rows;       /* [t->rows] in the order of runs, in each by position and line */
    int64_t *first;      /* [n + 1] of each run in rows */
    int64_t *sized;      /* [n] its row in sizes, or NULL */
    ll_point *points;    /* of the run last made; room for t->rows; NULL without curves */
    int64_t final;       /* of the run last made: the row of its loss */
    double batch, bytes; /* and its tokens per step, bytes per token; NaN: not known */
} ll_importing;

/* Decides what the rows are and joins the sizes. Whatever it returns, close follows. */
ll_status ll_importing_open(ll_importing *m, const ll_table *t, const ll_import_opts *opts, ll_error *err);
void ll_importing_close(ll_importing *m);

ll_status ll_import_run(ll_importing *m, int64_t k, ll_run *r, ll_error *err);

/* No size, no tokens and no loss in nats is 0 or below: LL_EINPUT, by line and name. */
ll_status ll_import_check(const ll_importing *m, const ll_run *r, ll_error *err);

/* Fills m->points of run k, which was made just before; *n: how many. */
ll_status ll_import_points(ll_importing *m, int64_t k, int64_t *n, ll_error *err);

/* Of a row of the run last made. */
ll_status ll_import_nats(const ll_importing *m, int64_t row, double *v, ll_error *err);

#endif
