/* Forecasts of several runs against what came, summed up as a backtest's score.
 *
 *     ll_judge j;
 *     LL_TRY(ll_judge_new(&j, &score, err));                 score.n_test runs are to be judged
 *     ll_judge_run(&j, &forecast, median, loss);          each once
 *     ll_judge_close(&j);                                    the score is whole; the room is free
 */
#ifndef LL_FORECAST_TRIAL_JUDGE_H
#define LL_FORECAST_TRIAL_JUDGE_H

#include "forecast/belief/forecast.h"
#include "forecast/trial/backtest.h"

typedef struct ll_judge {
    ll_backtest_score *score;
    double *error; /* [n_test] absolute, relative; owned */
    int64_t n;     /* judged so far */
} ll_judge;

ll_status ll_judge_new(ll_judge *j, ll_backtest_score *score, ll_error *err);
void ll_judge_run(ll_judge *j, const ll_forecast *f, double point, double loss);
void ll_judge_close(ll_judge *j);

#endif
