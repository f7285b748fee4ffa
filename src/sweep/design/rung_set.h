/* The rungs of a design as they come: no run twice, no name twice, found by hash.
 *
 *     ll_rung_set set;
 *     LL_TRY(ll_rung_set_init(&set, err));
 *     LL_TRY(ll_rung_set_add(&set, &rung, err));      set.at [set.n]
 *     ll_rung_set_clear(&set);
 */
#ifndef LL_SWEEP_DESIGN_RUNG_SET_H
#define LL_SWEEP_DESIGN_RUNG_SET_H

#include "sweep/design/rung.h"

#define LL_RUNG_MOST_STEPS 4294967295.0 /* and sequences of a step: what a batch is drawn by (data/batch.h) */

typedef struct ll_rung_set {
    ll_rung *at; /* [n] owned; may move when one is added */
    int64_t n, room;
    struct ll_rung_chains *by_name, *by_run; /* owned */
} ll_rung_set;

ll_status ll_rung_set_init(ll_rung_set *set, ll_error *err);

/* A run that is there already is enough: the nearest shape was the same. A name that is taken gets a number behind it:
 * names of three digits may coincide. LL_EINPUT where the run is too long or there is no room for more. */
ll_status ll_rung_set_add(ll_rung_set *set, const ll_rung *rung, ll_error *err);

/* Into the order of compute, names within it. */
void ll_rung_set_sort(ll_rung_set *set);
int ll_rung_by_flops(const void *a, const void *b); /* that order, for qsort */

/* The rungs, which the caller frees, and the rest is cleared. */
ll_rung *ll_rung_set_take(ll_rung_set *set);
void ll_rung_set_clear(ll_rung_set *set);

#endif
