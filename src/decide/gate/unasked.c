#include "decide/gate/unasked.h"

#include <stdio.h>
#include <string.h>

#include "base/document/json.h"
#include "base/system/clock.h"
#include "forecast/ledger/ledger_seal.h"

static bool is(const ll_json *body, const char *key, const char *want) {
    const char *text = ll_json_get_str(body, key);
    return text && strcmp(text, want) == 0;
}

static void take(char *out, size_t size, const ll_json *body, const char *key) {
    const char *text = ll_json_get_str(body, key);
    snprintf(out, size, "%s", text ? text : "");
}

/* Is it a run of the ladder: its id, a slash and a name? */
static bool is_of(const ll_json *body, const char *ladder) {
    const char *run = ll_json_get_str(body, "run");
    size_t n = strlen(ladder);
    return run && strncmp(run, ladder, n) == 0 && run[n] == '/';
}

/* Entries in their order: a refusal opens, a waiver of the same policy for the same ladder closes. */
static void mind(ll_unasked *u, const ll_entry *e, const ll_json *body, const char *ladder) {
    if (is(body, "schema", "loglog.refusal/1") && is_of(body, ladder)) {
        *u = (ll_unasked) { 0 };
        memcpy(u->refusal, e->hash, sizeof u->refusal);
        take(u->policy, sizeof u->policy, body, "policy_hash");
        take(u->run, sizeof u->run, body, "run");
        take(u->when, sizeof u->when, body, "time");
        take(u->why, sizeof u->why, body, "why");
    } else if (is(body, "schema", "loglog.waiver/1") && is(body, "ladder", ladder) &&
               is(body, "policy", u->policy)) {
        *u = (ll_unasked) { 0 };
    } else if (is(body, "schema", "loglog.unasked/1") && is(body, "refusal", u->refusal)) u->recorded = true;
}

ll_status ll_unasked_find(ll_unasked *out, ll_store *s, const char *ladder, ll_error *err) {
    ll_entry *entries;
    int64_t n;
    *out = (ll_unasked) { 0 };
    LL_TRY(ll_store_list_entries(s, &entries, &n, err));
    for (int64_t i = 0; i < n; i++) {
        ll_json *body;
        if (ll_json_parse(entries[i].body, strlen(entries[i].body), "ledger", &body, NULL) != LL_OK) continue;
        mind(out, &entries[i], body, ladder);
        ll_json_free(body);
    }
    ll_entries_free(entries, n);
    return LL_OK;
}

ll_status ll_unasked_record(const ll_unasked *u, ll_store *s, const char *ladder, ll_error *err) {
    char now[32];
    if (u->recorded) return LL_OK;
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.unasked/1");
    ll_json_set_str(doc, "ladder", ladder);
    ll_json_set_str(doc, "run", u->run);
    ll_json_set_str(doc, "refusal", u->refusal);
    ll_json_set_str(doc, "policy_hash", u->policy);
    ll_json_set_str(doc, "why", u->why);
    ll_json_set_str(doc, "time", ll_clock_utc(now, sizeof now));
    return ll_seal_append(s, doc, err);
}
