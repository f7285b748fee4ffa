/* A table of learning curves, run by run: rates, losses, and which rows are fitted and which are judged. */
#ifndef LL_FIT_CURVE_CURVE_ROWS_H
#define LL_FIT_CURVE_CURVE_ROWS_H

#include <stdbool.h>

#include "fit/curve/rates.h"

enum { LL_CURVE_MOST = 40 }; /* of a law of sizes */

/* Every row of a run tells its rate, those that are fitted or judged their loss too. Borrowed. */
typedef struct ll_curve_data {
    int64_t n;
    const double *step, *rate, *loss; /* [n]; a loss that is not asked for may be NaN */
    const int64_t *run;               /* [n] numbers of runs, or NULL: all are of one */
    const char *const *name;          /* [n] of runs, or NULL */
    const bool *fitted, *judged;      /* [n]; judged NULL: none */
    const char *source;               /* for messages, with line [n]; NULL: rows are counted from 1 */
    const int64_t *line;
    const double *params; /* [n] of the run, the same in its rows; or NULL */
    bool relative;        /* rates count as shares of their run's highest */
    int64_t most;         /* fitted rows of a run, even along it, as its points err together; 0: all */
    double warmup;        /* steps over which the rate rose; 0: those of each run's first row */
} ll_curve_data;

/* Rows by run, each run's in the order of the data, which is that of its steps. */
typedef struct ll_curve_rows {
    int64_t n, n_runs;
    int64_t *start;  /* [n_runs + 1] into the rows */
    ll_rates *rates; /* [n_runs] */
    double *params;  /* [n_runs] NaN where the data have none */
    int64_t *row;    /* [n] of the data */
    double *loss;    /* [n] */
    double
        *weight; /* [n] of fitted rows: the share of their run's steps that they stand for, 1 on average in a run */
    bool *fitted, *judged;              /* [n] */
    int64_t n_fitted, n_judged, n_warm; /* n_warm: rows asked for that lie in a warm-up, and are left out */
    int64_t n_curves, n_falling;        /* runs with fitted rows; of them with one behind a fall of the rate */
} ll_curve_rows;

/* Steps that do not rise, a negative or missing rate, a missing loss: LL_EINPUT that names the line. On failure
 * empty. */
ll_status ll_curve_rows_new(ll_curve_rows *c, const ll_curve_data *d, ll_error *err);
void ll_curve_rows_free(ll_curve_rows *c);

#endif
