/* The chain of the ledger: every entry's hash covers the one before it, so that none can be changed or taken out
 * unseen.  hash = SHA-256(previous hash, newline, body);  the first previous is 64 zeros.  Entries count from 1. */
#ifndef LL_STORE_HASH_CHAIN_H
#define LL_STORE_HASH_CHAIN_H

#include "base/document/hash.h"
#include "store/store.h"

extern const char ll_hash_chain_start[LL_HASH_HEX]; /* what stands before the first entry */

void ll_hash_chain_hash(const char *previous, const char *body, char hex[LL_HASH_HEX]);

/* What does not fit in an entry at that place behind that hash, a text that is not to be freed; NULL: it fits. */
const char *ll_hash_chain_unlike(const ll_entry *e, int64_t place, const char *previous);

/* The first place, from 1, whose entry is not the one that was sealed there; 0: the chain is whole. *why, a text
 * that is not to be freed, says what does not fit; it may be NULL. */
int64_t ll_hash_chain_check(const ll_entry *entries, int64_t n, const char **why);

#endif
