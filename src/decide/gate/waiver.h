/* A waiver, loglog.waiver/1: someone whom the policy names lets training go on where the gate said no, for a
 * reason, until a date, for one policy (its hash) and one ladder. A YAML file, signed with Ed25519 over its own
 * resolved text without the signature.
 *
 *     ll_waiver w = { ... };
 *     LL_TRY(ll_waiver_sign(&w, &policy, &key, err));
 *     LL_TRY(ll_waiver_write(&w, "waiver.yaml", err));
 *     LL_TRY(ll_waiver_load(&w, "waiver.yaml", err));
 *     if (ll_waiver_holds(&w, &policy, ladder, now, why, sizeof why)) ...
 */
#ifndef LL_DECIDE_GATE_WAIVER_H
#define LL_DECIDE_GATE_WAIVER_H

#include "decide/gate/policy.h"

enum { LL_WAIVER_MOST = LL_POLICY_MOST }; /* files that are given together */

typedef struct ll_waiver {
    char schema[LL_OPTION_NAME];
    char name[LL_OPTION_NAME], reason[LL_OPTION_TEXT]; /* who, and why */
    char waives[LL_OPTION_TEXT];                       /* levels, and "evaluation", separated by commas */
    char policy[LL_OPTION_TEXT];                       /* hash of its file */
    char ladder[LL_OPTION_NAME];                       /* id; "": of a check that names none */
    char issued[LL_OPTION_NAME], expires[LL_OPTION_NAME];
    char key[LL_OPTION_TEXT], signature[LL_OPTION_TEXT];
} ll_waiver;

/* Fills schema, name, policy, key and signature. LL_EINPUT when the policy does not name the key, when waives holds
 * what is no level of it, or without a reason. */
ll_status ll_waiver_sign(ll_waiver *w, const ll_policy *p, const ll_sign_key *key, ll_error *err);

ll_status ll_waiver_load(ll_waiver *w, const char *path, ll_error *err);
ll_status ll_waiver_write(const ll_waiver *w, const char *path, ll_error *err);
ll_json *ll_waiver_json(const ll_waiver *w);

/* Genuine, of this policy and ladder, signed by one whom it names, issued and not yet expired? why: if not. */
bool ll_waiver_holds(const ll_waiver *w, const ll_policy *p, const char *ladder, double now, char *why,
                     size_t size);

bool ll_waiver_covers(const ll_waiver *w, const char *level); /* is the level among what it waives? */

/* Several files, their paths separated by commas; at most LL_WAIVER_MOST. */
ll_status ll_waivers_load(ll_waiver *out, int *n, const char *paths, ll_error *err);

#endif
