/* Forecasts of others, from a table, scored by the rule that ours are scored by.
 *
 *     question,outcome,probability,q0.05,q0.5,q0.95
 *     "loss of the 70B run",1.94,,1.90,1.93,1.97
 *     "it will be released",true,0.8,,,
 *
 * Of a quantity, column qL holds the quantile of level L; two of them at least must be given, an empty cell is not
 * given. Where there is a column of probabilities, a row without quantiles is a statement: its outcome is true or
 * false, and its probability may be empty, for one that named none; that one can be right or wrong, but has no
 * score. An empty outcome is an open question. Other columns are passed over.
 *
 *     ll_predictions p;
 *     LL_TRY(ll_predictions_read(&p, "others.csv", true, err));       true: on the scale of ln, as losses are
 *     use(p.at[i].question, p.at[i].score.pit);
 *     ll_tally t = ll_predictions_tally(&p);
 *     ll_predictions_clear(&p);
 */
#ifndef LL_FORECAST_TRIAL_PREDICTIONS_H
#define LL_FORECAST_TRIAL_PREDICTIONS_H

#include "forecast/belief/score.h"
#include "loglog/error.h"

enum { LL_PREDICTION_QUANTILES = 64 };

typedef struct ll_prediction {
    char *question;                                                        /* owned */
    int n;                                                                 /* quantiles; 0: a statement */
    double level[LL_PREDICTION_QUANTILES], value[LL_PREDICTION_QUANTILES]; /* by rising level */
    bool judged;                                                           /* it has an outcome */
    ll_score score;                                                        /* of a judged quantity */
    bool held;                                                             /* a judged statement was true */
    double probability;                                                    /* of a statement; NaN: none was named */
} ll_prediction;

typedef struct ll_predictions {
    ll_prediction *at;
    int64_t n;
} ll_predictions;

/* What the statements of a table came to. Scores are means over those that are judged and named a probability. */
typedef struct ll_tally {
    int64_t held, failed, open, scored;
    double brier;     /* (p - outcome)^2 (Brier 1950, for two classes counted once); NaN when none is scored */
    double log_score; /* minus ln of the probability given to what came */
} ll_tally;

/* A header without question, outcome, and two levels or a probability, a cell that is no number, quantiles that
 * fall, on the scale of ln a number that is not above 0, a probability that is not between 0 and 1: LL_EFORMAT with
 * line and column. */
ll_status ll_predictions_read(ll_predictions *out, const char *path, bool ln_scale, ll_error *err);

/* Of one quantity, two quantiles at least: its score for what came, and its quantile of a level. */
void ll_prediction_judge(ll_prediction *p, double outcome, bool ln_scale);
double ll_prediction_quantile(const ll_prediction *p, bool ln_scale, double level);

/* Of one judged statement with a probability. */
double ll_prediction_brier(const ll_prediction *p);
double ll_prediction_log_score(const ll_prediction *p);

ll_tally ll_predictions_tally(const ll_predictions *p);
void ll_predictions_clear(ll_predictions *p);

#endif
