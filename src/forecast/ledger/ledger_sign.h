/* Signed entries of the ledger. The last keys of a signed body are
 *
 *     ...,"count":7,"after":"HASH OF ENTRY 6","signer":"PUBLIC KEY","signature":"..."}
 *
 * and the signature (Ed25519) is of the same bytes without ,"signature":"...". So it says how many entries there
 * were and, by the hash, which: every entry up to a signed one is covered by it.
 */
#ifndef LL_FORECAST_LEDGER_LEDGER_SIGN_H
#define LL_FORECAST_LEDGER_LEDGER_SIGN_H

#include "base/document/json.h"
#include "base/document/sign.h"
#include "store/store.h"

/* The text of the body that is to follow the last of n entries, for free(); takes doc. key may be NULL: unsigned. */
ll_status ll_ledger_body(char **out, ll_json *doc, const ll_sign_key *key, const ll_entry *entries, int64_t n,
                         ll_error *err);

/* Of an entry and its parsed body. True: unsigned, signer is "", or genuine, of signer and of this place in the
 * chain. False: *why says what does not fit. */
bool ll_ledger_signature(const ll_entry *e, const ll_json *body, char signer[LL_SIGN_KEY_HEX], const char **why);

#endif
