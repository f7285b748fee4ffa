#include "store/hash_chain.h"

#include <string.h>

const char ll_hash_chain_start[LL_HASH_HEX] = "0000000000000000000000000000000000000000000000000000000000000000";

void ll_hash_chain_hash(const char *previous, const char *body, char hex[LL_HASH_HEX]) {
    uint8_t digest[LL_HASH_BYTES];
    ll_hash h;
    ll_hash_init(&h);
    ll_hash_update(&h, previous, strlen(previous));
    ll_hash_update(&h, "\n", 1);
    ll_hash_update(&h, body, strlen(body));
    ll_hash_final(&h, digest);
    ll_hash_hex(digest, hex);
}

const char *ll_hash_chain_unlike(const ll_entry *e, int64_t place, const char *previous) {
    char hash[LL_HASH_HEX];
    if (e->seq != place) return "another number stands in its place";
    if (strcmp(e->previous, previous) != 0) return "it does not name the hash before it";
    ll_hash_chain_hash(previous, e->body, hash);
    return strcmp(e->hash, hash) != 0 ? "its hash is not that of its body" : NULL;
}

int64_t ll_hash_chain_check(const ll_entry *entries, int64_t n, const char **why) {
    const char *previous = ll_hash_chain_start, *wrong = NULL;
    for (int64_t i = 0; i < n; previous = entries[i++].hash) {
        if (!(wrong = ll_hash_chain_unlike(&entries[i], i + 1, previous))) continue;
        if (why) *why = wrong;
        return i + 1;
    }
    return 0;
}
