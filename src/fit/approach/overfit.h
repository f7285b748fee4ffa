/* How much data keeps a model of N parameters from overfitting, of a fitted kaplan_nd (Kaplan et al. 2020, eqs. 4.2 to
 * 4.4): dL = L(N,D) / L(N,infinity) - 1 = (1 + (N/Nc)^(alpha_N/alpha_D) Dc/D)^alpha_D - 1 stays below a gap where
 * D >= k N^x, x = alpha_N / alpha_D. */
#ifndef LL_FIT_APPROACH_OVERFIT_H
#define LL_FIT_APPROACH_OVERFIT_H

#include "loglog/fit.h"

#define LL_OVERFIT_GAP 0.02 /* of dL: what seeds differ by, from which the paper has D >= 5e3 N^0.74 */

typedef struct ll_overfit {
    ll_estimate k, x;
    double at_gap;
} ll_overfit;

/* The fit must be of the law kaplan_nd. */
ll_overfit ll_fit_overfit(const ll_fit *fit, double gap);

/* dL of the law's parameters. */
double ll_overfit_gap(const double *params, double N, double D);

#endif
