/* The learning curves of a store's runs with the learning rate along them, which the store does not keep: the spec of
 * their ladder says it for every step. What the curve laws (fit/curve) read.
 *
 *     ll_rated_curves c;
 *     LL_TRY(ll_rated_curves_read(&c, store, "", "arm = cosine", "arm = wsd", &err));
 *     c.table.num[LL_COL_LR][i], c.fitted[i]
 *     ll_rated_curves_clear(&c);
 *
 * Rows are the points, and between them rows without a loss, so that a straight line from row to row is the schedule,
 * its cooldown between two points too.
 */
#ifndef LL_SWEEP_DESIGN_RATED_CURVES_H
#define LL_SWEEP_DESIGN_RATED_CURVES_H

#include <stdbool.h>

#include "loglog/table.h"
#include "store/store.h"

typedef struct ll_rated_curves {
    ll_table table;        /* of each row the step, the rate of the step after it (LL_COL_LR), the loss or NaN */
    bool *fitted, *judged; /* [table.rows] points of the runs that are asked for; owned, one block */
    int64_t unknown;       /* runs that were asked for, and of whose rates no spec speaks: left out */
} ll_rated_curves;

/* The done runs of a ladder by its id ("": of all) for which a clause over run fields holds: where those to be fitted,
 * judge those to be judged ("": none). Excluded runs are neither. On failure empty. */
ll_status ll_rated_curves_read(ll_rated_curves *out, ll_store *s, const char *ladder, const char *where,
                               const char *judge, ll_error *err);
void ll_rated_curves_clear(ll_rated_curves *c);

#endif
