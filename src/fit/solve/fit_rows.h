/* What must hold of the rows before a fit starts, and the fit's own copy of them. */
#ifndef LL_FIT_SOLVE_FIT_ROWS_H
#define LL_FIT_SOLVE_FIT_ROWS_H

#include "loglog/fit.h"

ll_status ll_fit_check(const ll_law *law, const ll_fit_data *data, const ll_fit_opts *opts, ll_error *err);

ll_status ll_fit_data_copy(ll_fit_data *to, const ll_fit_data *from, ll_error *err);
/* The n rows at row [n], in that order. */
ll_status ll_fit_data_pick(ll_fit_data *to, const ll_fit_data *from, const int64_t *row, int64_t n, ll_error *err);
void ll_fit_data_free(ll_fit_data *data); /* of a copy or a pick */

#endif
