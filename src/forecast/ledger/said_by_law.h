/* A forecast of a run's score, by a law in two steps (fit/ability/two_step.h): what is sealed of it.
 *
 *     ll_said said;
 *     LL_TRY(ll_said_by_law(&said, &study, &law, "table/n1e9-d2e10", 1e9, 2e10, err));
 *
 * Quantiles at the levels of a forecast of a loss, of what the run will score: they hold the doubt of both steps and a
 * run's scatter in each. They are scored on the score's own scale.
 */
#ifndef LL_FORECAST_LEDGER_SAID_BY_LAW_H
#define LL_FORECAST_LEDGER_SAID_BY_LAW_H

#include "forecast/ledger/said.h"
#include "forecast/study/score_study.h"

/* Author, judge, version and time are left to the caller. LL_EINPUT for a law without draws, a study along something
 * else than parameters, tokens and FLOPs, and names that are too long. */
ll_status ll_said_by_law(ll_said *out, const ll_score_study *s, const ll_two_step *f, const char *run,
                         double params, double tokens, ll_error *err);

#endif
