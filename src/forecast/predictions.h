/* Forecasts of others, from a table, scored by the rule that ours are scored by.
 *
 *     question,outcome,q0.05,q0.5,q0.95
 *     "loss of the 70B run",1.94,1.90,1.93,1.97
 *
 * A column qL holds the quantile of level L; two of them at least must be given in each row, an empty cell is not
 * given. An empty outcome is an open question. Other columns are passed over.
 *
 *     ll_predictions p;
 *     LL_TRY(ll_predictions_read(&p, "others.csv", true, err));       true: on the scale of ln, as losses are
 *     use(p.at[i].question, p.at[i].score.pit);
 *     ll_predictions_clear(&p);
 */
#ifndef LL_FORECAST_PREDICTIONS_H
#define LL_FORECAST_PREDICTIONS_H

#include "forecast/score.h"
#include "loglog/error.h"

enum { LL_PREDICTION_QUANTILES = 64 };

typedef struct ll_prediction {
    char *question; /* owned */
    int n;
    double level[LL_PREDICTION_QUANTILES], value[LL_PREDICTION_QUANTILES]; /* by rising level */
    bool judged;                                                           /* it has an outcome, and a score */
    ll_score score;
} ll_prediction;

typedef struct ll_predictions {
    ll_prediction *at;
    int64_t n;
} ll_predictions;

/* A header without question, outcome or two levels, a cell that is no number, quantiles that fall, or on the scale
 * of ln a number that is not above 0: LL_EFORMAT with line and column. */
ll_status ll_predictions_read(ll_predictions *out, const char *path, bool ln_scale, ll_error *err);
void ll_predictions_clear(ll_predictions *p);

#endif
