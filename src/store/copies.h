/* Runs that a table tells twice.
 *
 *     LL_TRY(ll_copies_find(&table, true, keep, &n, err));
 *     ll_table_keep_rows(&table, keep);
 */
#ifndef LL_STORE_COPIES_H
#define LL_STORE_COPIES_H

#include "loglog/table.h"

/* Whether a loss has so many digits, five or more behind the point, that two runs do not share it by chance. */
bool ll_copies_exact(double loss);

/* keep [rows]: false where the row repeats an earlier one in every cell, n of them. Seeds of one size are no copies:
 * without a column of names or seeds only an exact loss makes a row one, and no score (losses false). Of a table that
 * was read with with_loss. */
ll_status ll_copies_find(const ll_table *t, bool losses, bool *keep, int64_t *n, ll_error *err);

#endif
