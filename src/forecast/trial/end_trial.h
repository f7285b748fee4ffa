/* How well the ends of the large runs are foretold from the small runs and the first part of their own curves.
 *
 *     ll_backtest_score s;
 *     LL_TRY(ll_end_trial_run(&s, &courses, 0.1, 10, threads, err));
 *
 * As a backtest cuts (backtest.h): finished are the runs with C <= C_max / factor, C = N T of a whole run, judged all
 * above. */
#ifndef LL_FORECAST_TRIAL_END_TRIAL_H
#define LL_FORECAST_TRIAL_END_TRIAL_H

#include "forecast/end/run_end.h"
#include "forecast/trial/backtest.h"

/* Runs of unknown size, none below the cut, or a judged one without a point in that share: LL_EINPUT; n_fit and n_test
 * are set all the same. */
ll_status ll_end_trial_run(ll_backtest_score *out, const ll_courses *c, double share, double factor, int threads,
                           ll_error *err);

#endif
