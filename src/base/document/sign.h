/* Ed25519 signatures (RFC 8032) over libsodium: who allowed a waiver. Keys and signatures are lower-case
 * hexadecimal.
 *
 *     ll_sign_key key;
 *     LL_TRY(ll_sign_key_new(&key, err));                    or ll_sign_key_read (keyfile.h)
 *     ll_sign_text(&key, text, signature);
 *     ll_sign_key_clear(&key);
 *     bool genuine = ll_sign_holds(public_hex, text, signature);
 */
#ifndef LL_BASE_DOCUMENT_SIGN_H
#define LL_BASE_DOCUMENT_SIGN_H

#include <stdbool.h>

#include "loglog/error.h"

enum { LL_SIGN_KEY_HEX = 65, LL_SIGN_HEX = 129 }; /* with the closing zero */

typedef struct ll_sign_key {
    char seed[LL_SIGN_KEY_HEX]; /* the secret */
    char open[LL_SIGN_KEY_HEX]; /* the public key that belongs to it */
} ll_sign_key;

ll_status ll_sign_key_new(ll_sign_key *key, ll_error *err); /* from the system's randomness */
bool ll_sign_key_of(ll_sign_key *key, const char *seed);    /* false: seed is not 64 hexadecimal digits */
void ll_sign_key_clear(ll_sign_key *key);                   /* leaves nothing of the secret in memory */

void ll_sign_text(const ll_sign_key *key, const char *text, char signature[LL_SIGN_HEX]);

/* Whether the owner of the public key signed exactly this text. False for anything malformed. */
bool ll_sign_holds(const char *open, const char *text, const char *signature);

#endif
