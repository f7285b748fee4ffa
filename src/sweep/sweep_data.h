/* The shards of a sweep, before its rungs are designed.
 *
 *     LL_TRY(ll_sweep_settle_data(s, folder, err));        s->train, s->val, s->data_prefix, s->also, s->data_hash
 */
#ifndef LL_SWEEP_SWEEP_DATA_H
#define LL_SWEEP_SWEEP_DATA_H

#include "sweep/sweep.h"

/* folder: of the store's files. Builds what is not there, unless s->opts.dry; verifies what is. Where a command trains
 * on data of its own there are no shards, and data_hash is that of none. LL_EFORMAT for damaged shards, with the way
 * out; LL_EINPUT for shards of another tokenizer, or too short; LL_ESTOP. */
ll_status ll_sweep_settle_data(ll_sweep *s, const char *folder, ll_error *err);

#endif
