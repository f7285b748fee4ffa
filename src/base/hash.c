#include "base/hash.h"

#include <sodium.h>

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(((ll_hash *)0)->state), "state fits");

static crypto_hash_sha256_state *inside(ll_hash *h) {
    return (crypto_hash_sha256_state *)(void *)h->state;
}

void ll_hash_init(ll_hash *h) {
    crypto_hash_sha256_init(inside(h));
}

void ll_hash_update(ll_hash *h, const void *data, size_t size) {
    crypto_hash_sha256_update(inside(h), data, size);
}

void ll_hash_final(ll_hash *h, uint8_t out[LL_HASH_BYTES]) {
    crypto_hash_sha256_final(inside(h), out);
}

const char *ll_hash_hex(const uint8_t digest[LL_HASH_BYTES], char hex[LL_HASH_HEX]) {
    return sodium_bin2hex(hex, LL_HASH_HEX, digest, LL_HASH_BYTES);
}

const char *ll_hash_of(const void *data, size_t size, char hex[LL_HASH_HEX]) {
    uint8_t digest[LL_HASH_BYTES];
    crypto_hash_sha256(digest, data, size);
    return ll_hash_hex(digest, hex);
}
