/* What a reader of the fit should worry about, worst first. */
#ifndef LL_FIT_WARN_H
#define LL_FIT_WARN_H

#include "loglog/fit.h"

enum { LL_FIT_ROW = 96 };

/* Sets fit->weak and writes fit->warnings; data is what was fitted, with the names of its rows. */
void ll_fit_warn(ll_fit *fit, const ll_fit_data *data);

/* "line 26 (r24)", "r24" where no file told it, or of rows without names "run 25", counted from 1; returns out. */
const char *ll_fit_row_name(const ll_fit_data *data, int64_t row, char out[LL_FIT_ROW]);

void ll_fit_add_warning(ll_fit *fit, const char *fmt, ...) LL_PRINTF(2, 3);

#endif
