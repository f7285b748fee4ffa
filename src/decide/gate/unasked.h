/* A ladder that a gate refused (loglog.refusal/1 in the ledger) and that goes on without a policy. A policy is its
 * user's, so that nothing is stopped; but it is said, and the ledger holds it (loglog.unasked/1).
 *
 *     ll_unasked u;
 *     LL_TRY(ll_unasked_find(&u, store, ladder, err));
 *     if (*u.refusal) LL_TRY(ll_unasked_record(&u, store, ladder, err));
 */
#ifndef LL_DECIDE_GATE_UNASKED_H
#define LL_DECIDE_GATE_UNASKED_H

#include "base/document/hash.h"
#include "store/store.h"

typedef struct ll_unasked {
    char refusal[LL_HASH_HEX]; /* hash of the last refusal's entry; "": there is none, or it was waived after */
    char policy[LL_HASH_HEX];  /* hash of the policy that refused */
    char run[LL_RUN_ID], when[32], why[LL_ERROR_MAX];
    bool recorded; /* the ledger knows already that training went on */
} ll_unasked;

ll_status ll_unasked_find(ll_unasked *out, ll_store *s, const char *ladder, ll_error *err);

/* Appends the entry, once for each refusal. */
ll_status ll_unasked_record(const ll_unasked *u, ll_store *s, const char *ladder, ll_error *err);

#endif
