/* Digests: the set of documents already seen, by the first 128 bits of their SHA-256: about 24 bytes a document. */
#ifndef LL_DATA_DIGESTS_H
#define LL_DATA_DIGESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/document/hash.h"
#include "loglog/error.h"

typedef struct ll_digest {
    uint64_t word[2]; /* both zero: free */
} ll_digest;

typedef struct ll_digests {
    ll_digest *slots; /* [room], a power of two */
    size_t room, used;
} ll_digests; /* {0} is an empty set */

/* *fresh says whether the digest was not there before. LL_ENOMEM only. */
ll_status ll_digests_add(ll_digests *set, const uint8_t digest[LL_HASH_BYTES], bool *fresh, ll_error *err);
void ll_digests_clear(ll_digests *set);

#endif
