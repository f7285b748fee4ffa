#include "forecast/belief/score.h"

#include <math.h>

#include "stat/binomial.h"

static const double LEVEL = 0.9; /* of the binomial intervals */

static void count(ll_calibration *out, int k, bool stated, bool covered) {
    out->at[k].n += stated;
    out->at[k].covered += stated && covered;
}

void ll_calibrate(ll_calibration *out, const ll_score *scores, int64_t n) {
    *out = (ll_calibration) { .n = n, .at = { { 0.5 }, { 0.9 }, { 0.99 } } };
    for (int64_t i = 0; i < n; i++) {
        out->interval_score += scores[i].interval_score;
        out->log_score += scores[i].log_score;
        count(out, 0, scores[i].stated50, scores[i].covered50);
        count(out, 1, scores[i].stated90, scores[i].covered90);
        count(out, 2, scores[i].stated99, scores[i].covered99);
    }
    out->interval_score /= (double)n;
    out->log_score /= (double)n;
    for (int k = 0; k < LL_CALIBRATION_LEVELS; k++) {
        out->at[k].share = (double)out->at[k].covered / (double)out->at[k].n;
        ll_binomial_interval(out->at[k].covered, out->at[k].n, LEVEL, &out->at[k].lo, &out->at[k].hi);
    }
}
