/* SHA-256 over libsodium: names data, specs and sealed forecasts. */
#ifndef LL_BASE_DOCUMENT_HASH_H
#define LL_BASE_DOCUMENT_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { LL_HASH_BYTES = 32, LL_HASH_HEX = 65, LL_HASH_BASE64 = 45 };

typedef struct ll_hash {
    _Alignas(16) unsigned char state[128];
} ll_hash;

void ll_hash_init(ll_hash *h);
void ll_hash_update(ll_hash *h, const void *data, size_t size);
void ll_hash_final(ll_hash *h, uint8_t out[LL_HASH_BYTES]);

/* Lower-case hexadecimal with a closing zero. Returns hex. */
const char *ll_hash_hex(const uint8_t digest[LL_HASH_BYTES], char hex[LL_HASH_HEX]);

/* In base64, as a Content-Security-Policy names a script. Returns text. */
const char *ll_hash_base64(const uint8_t digest[LL_HASH_BYTES], char text[LL_HASH_BASE64]);

/* The digest of one block of memory, as hexadecimal. Returns hex. */
const char *ll_hash_of(const void *data, size_t size, char hex[LL_HASH_HEX]);

#endif
