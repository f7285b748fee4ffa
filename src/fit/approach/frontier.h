/* The compute-optimal frontier of a fitted chinchilla surface, with intervals from the draws. */
#ifndef LL_FIT_APPROACH_FRONTIER_H
#define LL_FIT_APPROACH_FRONTIER_H

#include "loglog/fit.h"

typedef struct ll_frontier_estimate {
    ll_estimate a, b, G;
} ll_frontier_estimate;

/* The fit must be of the law chinchilla. */
ll_frontier_estimate ll_fit_frontier(const ll_fit *fit);

/* The parameters and tokens that C = 6 N D FLOPs buy best, and the loss there. */
ll_estimate ll_fit_n_opt(const ll_fit *fit, double C);
ll_estimate ll_fit_d_opt(const ll_fit *fit, double C);
ll_estimate ll_fit_l_opt(const ll_fit *fit, double C);

#endif
