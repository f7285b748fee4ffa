/* What a forecast is worth once its outcome is known, and what many are. */
#ifndef LL_FORECAST_BELIEF_SCORE_H
#define LL_FORECAST_BELIEF_SCORE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct ll_score {
    double outcome, interval_score;    /* of the 90 % interval of ln loss (Gneiting and Raftery 2007) */
    double log_score;                  /* minus the log density of ln loss */
    double pit;                        /* where the outcome fell in the distribution, 0..1 */
    bool stated50, stated90, stated99; /* the quantiles reach so far: else that interval is nobody's */
    bool covered50, covered90,
        covered99; /* only where it was stated; a stated 99 % that did not is a bend alarm: the
                                             law that was believed does not reach this far */
} ll_score;

enum { LL_CALIBRATION_LEVELS = 3 };

typedef struct ll_calibration {
    int64_t n;
    double interval_score, log_score; /* means; NaN when n is 0 */
    struct {
        double level;
        int64_t n, covered;      /* of those that stated it */
        double share, lo, hi;    /* with its 90 % binomial interval; NaN when that n is 0 */
    } at[LL_CALIBRATION_LEVELS]; /* 50, 90 and 99 % */
} ll_calibration;

void ll_calibrate(ll_calibration *out, const ll_score *scores, int64_t n);

#endif
