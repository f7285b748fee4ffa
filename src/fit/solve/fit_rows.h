/* What must hold of the rows before a fit starts, and rows of one's own. */
#ifndef LL_FIT_SOLVE_FIT_ROWS_H
#define LL_FIT_SOLVE_FIT_ROWS_H

#include "loglog/fit.h"

ll_status ll_fit_check(const ll_law *law, const ll_fit_data *data, const ll_fit_opts *opts, ll_error *err);

/* Rows of one's own, which an ll_fit_data is a view of (ll_fit_rows of loglog/fit.h). Room for so many rows of the
 * columns, bits 1u << LL_ROWS_..; every row is filled through number and cluster, or added. */
ll_status ll_fit_rows_new(ll_fit_rows *rows, unsigned columns, int64_t room, ll_error *err);
unsigned ll_fit_rows_like(const ll_fit_data *data); /* the columns that it has */

/* Row i of data that has the same columns, behind those that are there; n < room. */
void ll_fit_rows_add(ll_fit_rows *rows, const ll_fit_data *from, int64_t i);

/* All rows, in the order of row [from->n]; NULL: in their own. */
ll_status ll_fit_rows_copy(ll_fit_rows *rows, const ll_fit_data *from, const int64_t *row, ll_error *err);

ll_fit_data ll_fit_rows_view(const ll_fit_rows *rows); /* valid until rows are freed */
void ll_fit_rows_free(ll_fit_rows *rows);

#endif
