/* How often a fit's intervals hold, on the terminal. */
#ifndef LL_CLI_SHOW_SHOW_COVERAGE_H
#define LL_CLI_SHOW_SHOW_COVERAGE_H

#include "fit/doubt/coverage.h"

/* Simulates the fit's own design; on a terminal standard error shows how far it is. */
ll_status ll_cover_fit(ll_coverage *c, const ll_fit *fit, int64_t studies, ll_error *err);

void ll_show_coverage(const ll_coverage *c); /* on standard output */

#endif
