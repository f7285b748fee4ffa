/* The head of a ledger: what is published of it, so that a cut end, and a chain that was computed anew, are found
 * by who kept an older one.
 *
 *     loglog-head/1 COUNT HASH TIME [PUBLIC-KEY SIGNATURE]
 *
 * COUNT entries, the last of which has this hash (64 zeros where COUNT is 0), at that time; the signature (Ed25519)
 * is of the line up to and with the key.
 */
#ifndef LL_FORECAST_LEDGER_LEDGER_HEAD_H
#define LL_FORECAST_LEDGER_LEDGER_HEAD_H

#include "base/document/sign.h"
#include "forecast/ledger/ledger_view.h"

enum { LL_HEAD_LINE = 512 };

typedef struct ll_head {
    int64_t count; /* -1: only the hash was published */
    char hash[65], time[32];
    char signer[LL_SIGN_KEY_HEX], signature[LL_SIGN_HEX]; /* "": it is not signed */
} ll_head;

ll_head ll_head_of(const ll_ledger_view *v, const ll_sign_key *key); /* now; key NULL: unsigned */
void ll_head_line(const ll_head *h, char line[LL_HEAD_LINE]);

/* A line, or a hash alone. LL_EINPUT where it is neither; LL_ESTATE where its signature is not of the line. */
ll_status ll_head_parse(ll_head *out, const char *text, ll_error *err);

/* The ledger of the head must be the beginning of this one: else LL_ESTATE. */
ll_status ll_head_find(const ll_head *h, const ll_ledger_view *v, ll_error *err);

/* How many of the entries, from the first, a signature of the key covers: that of an entry, or of the head (which
 * was found; NULL: none). */
int64_t ll_head_covered(const ll_ledger_view *v, const ll_head *h, const char *signer);

#endif
