/* What a run that is under way will end at: what its own curve says, by the whole curves of the finished runs
 * (fit/curve/collapse.h), and what their final losses say of a run of its size and length (forecast/belief).
 *
 *     ll_end_ground *g;
 *     ll_run_end e;
 *     LL_TRY(ll_end_ground_new(&g, courses.at, courses.n_finished, courses.by_tokens, threads, err));
 *     LL_TRY(ll_run_end_of(&e, g, &courses.at[i], 1, 0.9, err));
 *     e.loss.value, e.loss.lo, e.loss.hi
 *     ll_end_ground_free(g);
 *
 * Both are densities of ln loss, and their product is the answer. The law's is taken as Student's t of four degrees of
 * freedom: where the two contradict each other both stay in view. Where the law cannot speak, with no more runs than
 * parameters of chinchilla or curves that count steps, the curve speaks alone.
 */
#ifndef LL_FORECAST_END_RUN_END_H
#define LL_FORECAST_END_RUN_END_H

#include "forecast/belief/forecast.h"
#include "forecast/end/courses.h"

typedef struct ll_end_ground ll_end_ground;

typedef struct ll_run_end {
    const char *run;                        /* borrowed */
    double params, seen;                    /* the share of it that was looked at */
    int64_t n_curves;                       /* finished runs behind it */
    ll_estimate loss, curve, law;           /* all, the curve alone, the law alone: NaN where it cannot speak */
    double level;                           /* of the three intervals */
    double quantile[LL_FORECAST_QUANTILES]; /* of loss, at ll_forecast_levels */
} ll_run_end;

/* Of n finished runs, which must outlive it. by_tokens: their points and ends count tokens. */
ll_status ll_end_ground_new(ll_end_ground **out, const ll_course *finished, int64_t n, bool by_tokens, int threads,
                            ll_error *err);
void ll_end_ground_free(ll_end_ground *g);

/* By the points up to that share of the run. As ll_collapse_end fails. A run that is one of the finished ones has to be
 * left out of the ground by the caller: the law would know its end. */
ll_status ll_run_end_of(ll_run_end *out, const ll_end_ground *g, const ll_course *run, double share, double level,
                        ll_error *err);

/* Its quantiles, to be scored; nothing else is known of it. */
ll_forecast ll_run_end_forecast(const ll_run_end *e);

/* {"run":.., "params":.., "seen":.., "curves":.., "forecast":{..}, "curve":{..}, "law":{..}} */
ll_json *ll_run_end_json(const ll_run_end *e);

#endif
