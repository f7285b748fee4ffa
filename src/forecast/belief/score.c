#include "forecast/belief/score.h"

#include <math.h>

#include "stat/binomial.h"

static const double LEVEL = 0.9; /* of the binomial intervals */

void ll_calibrate(ll_calibration *out, const ll_score *scores, int64_t n) {
    *out = (ll_calibration) { .n = n, .at = { { 0.5 }, { 0.9 }, { 0.99 } } };
    for (int64_t i = 0; i < n; i++) {
        out->interval_score += scores[i].interval_score;
        out->log_score += scores[i].log_score;
        out->at[0].covered += scores[i].covered50;
        out->at[1].covered += scores[i].covered90;
        out->at[2].covered += scores[i].covered99;
    }
    out->interval_score /= (double)n;
    out->log_score /= (double)n;
    for (int k = 0; k < LL_CALIBRATION_LEVELS; k++) {
        out->at[k].share = (double)out->at[k].covered / (double)n;
        ll_binomial_interval(out->at[k].covered, n, LEVEL, &out->at[k].lo, &out->at[k].hi);
    }
}
