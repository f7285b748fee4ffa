/* The test for a bend along several variables at once, at the cost of one. */
#ifndef LL_FIT_BEND_H
#define LL_FIT_BEND_H

#include "loglog/fit.h"

/* What ll_fit_bend_p says along each variable whose bit is in vars, into p; NaN along the others. */
void ll_fit_bends(const ll_fit *fit, const ll_fit_data *data, unsigned vars, uint64_t seed, double p[LL_VAR_COUNT]);

#endif
