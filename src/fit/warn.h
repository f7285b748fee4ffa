/* What a reader of the fit should worry about, worst first. */
#ifndef LL_FIT_WARN_H
#define LL_FIT_WARN_H

#include "loglog/fit.h"

/* Sets fit->weak and writes fit->warnings. */
void ll_fit_warn(ll_fit *fit);

void ll_fit_add_warning(ll_fit *fit, const char *fmt, ...) LL_PRINTF(2, 3);

#endif
