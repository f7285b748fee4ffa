/* The resampled parameters of a fit as a table for other programs. */
#ifndef LL_FIT_DRAWS_CSV_H
#define LL_FIT_DRAWS_CSV_H

#include "loglog/fit.h"

/* A header with the law's parameter names, then one line a draw in the order they were made, 17 digits, each
 * parameter in its own unit (held ones too). Written beside path and renamed. A fit without draws: LL_EINPUT. */
ll_status ll_fit_draws_write(const ll_fit *fit, const char *path, ll_error *err);

#endif
