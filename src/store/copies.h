/* Runs that a table tells twice.
 *
 *     LL_TRY(ll_copies_find(&table, keep, &n, err));
 *     ll_table_keep_rows(&table, keep);
 */
#ifndef LL_STORE_COPIES_H
#define LL_STORE_COPIES_H

#include "loglog/table.h"

/* Whether a loss has so many digits, five or more behind the point, that two runs do not share it by chance. */
bool ll_copies_exact(double loss);

/* keep [rows]: false where the row repeats an earlier one, n of them: the same sizes and the same loss, which is
 * exact; or of another loss the same in every cell. Seeds of one size are no copies. Of a table that was read with
 * with_loss. */
ll_status ll_copies_find(const ll_table *t, bool *keep, int64_t *n, ll_error *err);

#endif
