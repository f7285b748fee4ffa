/* Where in the ledger's lists a name stands, for ledgers of many entries.
 *
 *     ll_ledger_index ix = { 0 };
 *     const uint64_t key = ll_ledger_key_of('r', run, "");
 *     if (!ll_ledger_index_put(&ix, key, i)) ...                out of memory
 *     for (int64_t probe = 0, at; (at = ll_ledger_index_next(&ix, key, &probe)) >= 0;)
 *         if (strcmp(list[at].run, run) == 0) ...               keys of different names can be the same
 *     ll_ledger_index_clear(&ix);
 */
#ifndef LL_FORECAST_LEDGER_LEDGER_INDEX_H
#define LL_FORECAST_LEDGER_LEDGER_INDEX_H

#include <stdbool.h>
#include <stdint.h>

typedef struct ll_ledger_slot {
    uint64_t key;
    int64_t at; /* from 1; 0: free */
} ll_ledger_slot;

typedef struct ll_ledger_index {
    ll_ledger_slot *slot; /* [room], a power of two, at most half of it taken */
    int64_t room, n;
} ll_ledger_index;

uint64_t ll_ledger_key_of(char kind, const char *name, const char *more);
bool ll_ledger_index_put(ll_ledger_index *ix, uint64_t key, int64_t at);

/* The next place under the key, -1 when there is none; *probe begins at 0. */
int64_t ll_ledger_index_next(const ll_ledger_index *ix, uint64_t key, int64_t *probe);
void ll_ledger_index_clear(ll_ledger_index *ix);

#endif
