/* How wide an interval must be, rehearsed on the table itself.
 *
 * The runs are cut at several computes below the largest; each time the posterior of the runs below forecasts those
 * above, and the mean of (error / sd)^2 says how much too narrow or too wide it was. Runs above one cut share their
 * cause, and so do neighbouring cuts, so a cut counts as one part against the prior's few.
 *
 *     ll_posterior *p;
 *     LL_TRY(ll_rehearsed_posterior(&p, law, &data, NULL, NULL, threads, err));      arguments as ll_posterior_new
 */
#ifndef LL_FORECAST_BELIEF_REHEARSAL_H
#define LL_FORECAST_BELIEF_REHEARSAL_H

#include "forecast/belief/posterior.h"

/* Gives p, made of data under its prior, the spread that the rehearsals and its own give. */
ll_status ll_rehearse(ll_posterior *p, const ll_fit_data *data, const ll_fit_opts *opts, int threads,
                      ll_error *err);

/* The posterior of the sound runs with that spread; prior NULL: the default one. */
ll_status ll_rehearsed_posterior(ll_posterior **out, const ll_law *law, const ll_fit_data *data,
                                 const ll_prior *prior, const ll_fit_opts *opts, int threads, ll_error *err);

#endif
