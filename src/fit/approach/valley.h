/* IsoFLOP valleys: a parabola in ln N through the runs of each compute budget (Hoffmann et al. 2022, s3.2). */
#ifndef LL_FIT_APPROACH_VALLEY_H
#define LL_FIT_APPROACH_VALLEY_H

#include "fit/approach/choose.h"

/* One compute budget: loss = loss_min + curvature (ln N - ln n_opt)^2. */
typedef struct ll_valley {
    double flops;           /* geometric mean of its runs */
    int64_t n;              /* its runs */
    double n_opt, loss_min; /* at the bottom of the parabola; NaN when concave */
    double curvature;
    bool edge;    /* the bottom lies outside the sizes that were run */
    bool concave; /* there is no bottom, or none nearer to the sizes than they span */
} ll_valley;

/* The runs of one budget: rows row[0 .. n-1] of the arrays, sizes and FLOPs as logarithms; weight NULL: all 1. */
typedef struct ll_valley_runs {
    int64_t n;
    const int64_t *row;
    const double *ln_n, *ln_c, *loss, *weight;
} ll_valley_runs;

/* False when the runs of positive weight hold fewer than three sizes, or do not fix a parabola. */
bool ll_valley_fit(ll_valley *v, const ll_valley_runs *runs);

/* Those of the budgets of three sizes or more, *n of them by rising FLOPs; *out is the caller's to free. */
ll_status ll_valleys_find(ll_valley **out, int *n, const ll_univariate_data *data, ll_error *err);

#endif
