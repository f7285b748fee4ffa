/* From draws to an interval. */
#ifndef LL_FIT_DRAWS_INTERVAL_H
#define LL_FIT_DRAWS_INTERVAL_H

#include "loglog/fit.h"

/* se and the expanded percentile interval (Hesterberg 2015, "What teachers should know about the bootstrap"):
 * percentiles moved outward by Student's t with n - p degrees of freedom and sqrt(n / (n - p)), because a
 * bootstrap of few rows scatters too little. draws [n_draws] is sorted in place; freedom is n - p. */
ll_estimate ll_interval(double value, double *draws, int64_t n_draws, double level, int64_t n, int64_t freedom);

/* The same for a quantity of a fit that was worked out for each of its draws: v [n], finite, sorted in place. Of a law
 * of two unknowns it is no narrower than Student's, whose tails the draws of few rows have not. */
ll_estimate ll_fit_interval(const ll_fit *fit, double value, double *v, int64_t n);

/* ll_fit_derived of the fitted law at a place. */
ll_estimate ll_fit_law_at(const ll_fit *fit, const double x[LL_VAR_COUNT]);

#endif
