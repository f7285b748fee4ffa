/* A row's sum: 64 bits in which any one changed value shows for certain. It is written with the row, in its column
 * sum, and compared on reading.
 *
 *     uint64_t sum = ll_row_sum_of(6);      of six values, which follow in their order
 *     sum = ll_row_sum_int(sum, step);
 */
#ifndef LL_STORE_SQL_ROW_SUM_H
#define LL_STORE_SQL_ROW_SUM_H

#include "store/sql/sql.h"

uint64_t ll_row_sum_of(int values);
uint64_t ll_row_sum_int(uint64_t sum, int64_t v);
uint64_t ll_row_sum_real(uint64_t sum, double v); /* NaN is NULL */
uint64_t ll_row_sum_text(uint64_t sum, const void *bytes, size_t n);

/* Of the n columns from first on. */
uint64_t ll_row_sum_value(uint64_t sum, const ll_sql_value *v);
uint64_t ll_row_sum_columns(uint64_t sum, ll_sql_statement *stmt, int first, int n);

#endif
