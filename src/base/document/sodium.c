/* The adapter of libsodium: SHA-256 of hash.h, Ed25519 of sign.h. */
#include <sodium.h>
#include <string.h>

#include "base/document/hash.h"
#include "base/document/sha_ni.h"
#include "base/document/sign.h"

/* ---- SHA-256 ---- */

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(((ll_hash *)0)->state), "state fits");

static crypto_hash_sha256_state *inside(ll_hash *h) {
    return (crypto_hash_sha256_state *)(void *)h->state;
}

void ll_hash_init(ll_hash *h) {
    if (ll_sha_ni_runs_here()) ll_sha_ni_init(h);
    else crypto_hash_sha256_init(inside(h));
}

void ll_hash_update(ll_hash *h, const void *data, size_t size) {
    if (ll_sha_ni_runs_here()) ll_sha_ni_update(h, data, size);
    else crypto_hash_sha256_update(inside(h), data, size);
}

void ll_hash_final(ll_hash *h, uint8_t out[LL_HASH_BYTES]) {
    if (ll_sha_ni_runs_here()) ll_sha_ni_final(h, out);
    else crypto_hash_sha256_final(inside(h), out);
}

const char *ll_hash_hex(const uint8_t digest[LL_HASH_BYTES], char hex[LL_HASH_HEX]) {
    return sodium_bin2hex(hex, LL_HASH_HEX, digest, LL_HASH_BYTES);
}

_Static_assert(sodium_base64_ENCODED_LEN(LL_HASH_BYTES, sodium_base64_VARIANT_ORIGINAL) == LL_HASH_BASE64,
               "it fits");

const char *ll_hash_base64(const uint8_t digest[LL_HASH_BYTES], char text[LL_HASH_BASE64]) {
    return sodium_bin2base64(text, LL_HASH_BASE64, digest, LL_HASH_BYTES, sodium_base64_VARIANT_ORIGINAL);
}

const char *ll_hash_of(const void *data, size_t size, char hex[LL_HASH_HEX]) {
    uint8_t digest[LL_HASH_BYTES];
    ll_hash h;
    ll_hash_init(&h);
    ll_hash_update(&h, data, size);
    ll_hash_final(&h, digest);
    return ll_hash_hex(digest, hex);
}

/* ---- Ed25519 ---- */

enum { SECRET = crypto_sign_SECRETKEYBYTES, PUBLIC = crypto_sign_PUBLICKEYBYTES, SIGNATURE = crypto_sign_BYTES };
_Static_assert(LL_SIGN_KEY_HEX == 2 * PUBLIC + 1 && LL_SIGN_KEY_HEX == 2 * crypto_sign_SEEDBYTES + 1, "keys fit");
_Static_assert(LL_SIGN_HEX == 2 * SIGNATURE + 1, "signatures fit");

/* Exactly n bytes in hexadecimal. */
static bool from_hex(unsigned char *out, size_t n, const char *hex) {
    size_t got = 0;
    return strlen(hex) == 2 * n && sodium_hex2bin(out, n, hex, 2 * n, NULL, &got, NULL) == 0 && got == n;
}

bool ll_sign_key_of(ll_sign_key *key, const char *seed) {
    unsigned char bytes[crypto_sign_SEEDBYTES], secret[SECRET], open[PUBLIC];
    if (!from_hex(bytes, sizeof bytes, seed)) return false;
    crypto_sign_seed_keypair(open, secret, bytes);
    sodium_bin2hex(key->seed, sizeof key->seed, bytes, sizeof bytes);
    sodium_bin2hex(key->open, sizeof key->open, open, sizeof open);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(secret, sizeof secret);
    return true;
}

ll_status ll_sign_key_new(ll_sign_key *key, ll_error *err) {
    unsigned char bytes[crypto_sign_SEEDBYTES];
    char seed[LL_SIGN_KEY_HEX];
    if (sodium_init() < 0) return LL_FAIL(err, LL_EIO, "the system gives no random numbers for a key");
    randombytes_buf(bytes, sizeof bytes);
    ll_sign_key_of(key, sodium_bin2hex(seed, sizeof seed, bytes, sizeof bytes));
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(seed, sizeof seed);
    return LL_OK;
}

void ll_sign_key_clear(ll_sign_key *key) {
    sodium_memzero(key, sizeof *key);
}

void ll_sign_text(const ll_sign_key *key, const char *text, char signature[LL_SIGN_HEX]) {
    unsigned char bytes[crypto_sign_SEEDBYTES], secret[SECRET], open[PUBLIC], made[SIGNATURE];
    from_hex(bytes, sizeof bytes, key->seed);
    crypto_sign_seed_keypair(open, secret, bytes);
    crypto_sign_detached(made, NULL, (const unsigned char *)text, strlen(text), secret);
    sodium_bin2hex(signature, LL_SIGN_HEX, made, sizeof made);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(secret, sizeof secret);
}

bool ll_sign_holds(const char *open, const char *text, const char *signature) {
    unsigned char key[PUBLIC], made[SIGNATURE];
    return from_hex(key, sizeof key, open) && from_hex(made, sizeof made, signature) &&
           crypto_sign_verify_detached(made, (const unsigned char *)text, strlen(text), key) == 0;
}
