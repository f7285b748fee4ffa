/* What a fit leaves over. */
#ifndef LL_FIT_DRAWS_RESIDUAL_H
#define LL_FIT_DRAWS_RESIDUAL_H

#include "loglog/fit.h"

/* Rows less free parameters. */
int64_t ll_fit_freedom(const ll_fit *fit);

/* residual and residual_sd of the fit's rows at its best optimum. */
ll_status ll_fit_residuals(ll_fit *fit, ll_error *err);

#endif
