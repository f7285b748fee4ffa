/* Which rows a fit hangs on. */
#ifndef LL_FIT_DOUBT_INFLUENCE_H
#define LL_FIT_DOUBT_INFLUENCE_H

#include <stdint.h>

/* Rows by falling |influence| [n] into out [k]; returns how many were written, 0 when influence is NULL. */
int ll_fit_most_influential(const double *influence, int64_t n, int64_t *out, int k);

#endif
