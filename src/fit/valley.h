/* IsoFLOP valleys: a parabola in ln N through the runs of each compute budget (Hoffmann et al. 2022, s3.2). */
#ifndef LL_FIT_VALLEY_H
#define LL_FIT_VALLEY_H

#include "fit/univariate.h"

/* The runs of one budget: rows row[0 .. n-1] of the arrays, sizes and FLOPs as logarithms; weight NULL: all 1. */
typedef struct ll_valley_runs {
    int64_t n;
    const int64_t *row;
    const double *ln_n, *ln_c, *loss, *weight;
} ll_valley_runs;

/* False when the runs of positive weight hold fewer than three sizes, or do not fix a parabola. */
bool ll_valley_fit(ll_valley *v, const ll_valley_runs *runs);

/* How much of each run's loss its own parabola follows, h [n] from 0 to 1; 1 where nothing fixes it. */
void ll_valley_leverage(const ll_valley_runs *runs, double *h);

/* The parabola's loss at a size; not for a concave one. */
double ll_valley_loss(const ll_valley *v, double params);

/* Fills u->valleys: budgets of three sizes or more. */
ll_status ll_valleys_find(ll_univariates *u, const ll_univariate_data *data, ll_error *err);

#endif
