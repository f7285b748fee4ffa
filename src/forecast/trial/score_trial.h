/* The wind tunnel of an ability: two steps and the direct law fitted to the runs below a compute cut, and scored on
 * those above it, in points of the score.
 *
 *     ll_score_trial t[LL_SCORE_METHODS];
 *     LL_TRY(ll_score_trial_run(t, &study, 10, &opts, err));
 *     t[LL_SCORE_TWO_STEP].median_abs_err, t[LL_SCORE_DIRECT].coverage
 */
#ifndef LL_FORECAST_TRIAL_SCORE_TRIAL_H
#define LL_FORECAST_TRIAL_SCORE_TRIAL_H

#include "base/document/json.h"
#include "forecast/study/score_study.h"

typedef enum ll_score_method { LL_SCORE_TWO_STEP = 0, LL_SCORE_DIRECT, LL_SCORE_METHODS } ll_score_method;
extern const char *const ll_score_methods[LL_SCORE_METHODS];

typedef struct ll_score_trial {
    int64_t n_fit, n_test;
    double median_abs_err, max_abs_err, bias; /* of the forecast's median, in points of the score */
    double coverage;                          /* share of judged runs inside the interval at opts.level */
    double interval_score;                    /* mean, of that interval */
    char missing[LL_FIT_WARNING];             /* why there is none, or "" */
} ll_score_trial;

/* Fitted: C <= C_max / factor, with C 6 N D or the table's, else the one variable. LL_EINPUT where no run is above the
 * cut, or those below do not fit. */
ll_status ll_score_trial_run(ll_score_trial out[LL_SCORE_METHODS], const ll_score_study *s, double factor,
                             const ll_fit_opts *opts, ll_error *err);
ll_json *ll_score_trial_json(const ll_score_trial *t);

#endif
