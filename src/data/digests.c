#include "data/digests.h"

#include <stdlib.h>
#include <string.h>

static ll_digest *slot_of(ll_digest *slots, size_t room, const ll_digest *d) {
    size_t i = (size_t)d->word[0] & (room - 1);
    while ((slots[i].word[0] | slots[i].word[1]) && memcmp(&slots[i], d, sizeof *d) != 0) i = (i + 1) & (room - 1);
    return &slots[i];
}

static ll_status grow(ll_digests *set, ll_error *err) {
    size_t room = set->room ? 2 * set->room : 1024;
    ll_digest *slots = calloc(room, sizeof *slots);
    if (!slots) return LL_FAIL(err, LL_ENOMEM, "out of memory for the hashes of %zu documents", set->used);
    for (size_t i = 0; i < set->room; i++)
        if (set->slots[i].word[0] | set->slots[i].word[1]) *slot_of(slots, room, &set->slots[i]) = set->slots[i];
    free(set->slots);
    set->slots = slots;
    set->room = room;
    return LL_OK;
}

ll_status ll_digests_add(ll_digests *set, const uint8_t digest[LL_HASH_BYTES], bool *fresh, ll_error *err) {
    if (4 * (set->used + 1) > 3 * set->room) LL_TRY(grow(set, err));
    ll_digest d;
    memcpy(&d, digest, sizeof d);
    ll_digest *slot = slot_of(set->slots, set->room, &d);
    *fresh = !(slot->word[0] | slot->word[1]);
    if (*fresh) *slot = d, set->used++;
    return LL_OK;
}

void ll_digests_clear(ll_digests *set) {
    free(set->slots);
    *set = (ll_digests) { 0 };
}
