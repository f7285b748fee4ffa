#include "forecast/ledger/ledger_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/words/fold.h"

/* The closing zero of the name included. */
static uint64_t fold(uint64_t h, const char *text) {
    return ll_fold(h, text, strlen(text) + 1);
}

uint64_t ll_ledger_key_of(char kind, const char *name, const char *more) {
    const char first[2] = { kind, 0 };
    return fold(fold(fold(LL_FOLD_START, first), name), more);
}

static int64_t place(const ll_ledger_index *ix, uint64_t key, int64_t probe) {
    return (int64_t)((key + (uint64_t)probe) & (uint64_t)(ix->room - 1));
}

static void put(ll_ledger_index *ix, uint64_t key, int64_t at) {
    int64_t probe = 0;
    while (ix->slot[place(ix, key, probe)].at) probe++;
    ix->slot[place(ix, key, probe)] = (ll_ledger_slot) { key, at };
    ix->n++;
}

static bool grow(ll_ledger_index *ix) {
    ll_ledger_index bigger = { .room = ix->room ? 2 * ix->room : 64 };
    bigger.slot = calloc((size_t)bigger.room, sizeof *bigger.slot);
    if (!bigger.slot) return false;
    for (int64_t i = 0; i < ix->room; i++)
        if (ix->slot[i].at) put(&bigger, ix->slot[i].key, ix->slot[i].at);
    free(ix->slot);
    *ix = bigger;
    return true;
}

bool ll_ledger_index_put(ll_ledger_index *ix, uint64_t key, int64_t at) {
    if (2 * (ix->n + 1) > ix->room && !grow(ix)) return false;
    put(ix, key, at + 1);
    return true;
}

int64_t ll_ledger_index_next(const ll_ledger_index *ix, uint64_t key, int64_t *probe) {
    while (ix->room) {
        const ll_ledger_slot *s = &ix->slot[place(ix, key, (*probe)++)];
        if (!s->at) break;
        if (s->key == key) return s->at - 1;
    }
    return -1;
}

void ll_ledger_index_clear(ll_ledger_index *ix) {
    free(ix->slot);
    *ix = (ll_ledger_index) { 0 };
}
