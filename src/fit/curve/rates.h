/* The learning rate of one run along its steps, as the curve laws read it: its sum S1, and where it falls.
 *
 *     ll_rates r;
 *     LL_TRY(ll_rates_new(&r, step, rate, n, 0, err));
 *     r.sum[i], r.drop[k], r.drop_sum[k]
 *     ll_rates_free(&r);
 *
 * A row's rate is that of the step after it. Between rows the rate is a straight line, its change taken in the middle;
 * where the rows before and after are level, it holds and jumps at the later row, as a schedule in steps does.
 * Before the first row it rises from zero, in a straight line over the warm-up (in LL_RATES_WARMUP parts), and then
 * holds. What lies before the highest rate is the warm-up: its changes come first among the falls, as negative
 * ones.
 */
#ifndef LL_FIT_CURVE_RATES_H
#define LL_FIT_CURVE_RATES_H

#include <stdint.h>

#include "loglog/error.h"

enum { LL_RATES_WARMUP = 8 };

typedef struct ll_rates {
    int64_t n, peak;    /* rows; the first of the highest rate */
    double *step, *sum; /* [n] and the sum of rates from the start of training to the row; step owns all arrays */
    int64_t n_rises;    /* of the drops, those of the warm-up, the first ones */
    int64_t n_drops;    /* changes of the rate; a rise is a negative fall */
    double *drop, *ln_rate;       /* [n_drops] rate before less rate after; ln of the rate after */
    double *drop_step, *drop_sum; /* [n_drops] where it takes place, rising */
    int64_t *n_before;            /* [n] drops that lie before the row; owned */
} ll_rates;

/* step [n] rising, rate [n] not negative. warmup: steps over which the rate rose, at most those of the first row;
 * 0: all of them. */
ll_status ll_rates_new(ll_rates *r, const double *step, const double *rate, int64_t n, double warmup,
                       ll_error *err);
void ll_rates_free(ll_rates *r);

#endif
