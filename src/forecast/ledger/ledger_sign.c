#define _POSIX_C_SOURCE 200809L
#include "forecast/ledger/ledger_sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/hash_chain.h"

static const char KEY[] = ",\"signature\":\"", END[] = "\"}";
enum { KEY_SIZE = sizeof KEY - 1, END_SIZE = sizeof END - 1, TAIL = KEY_SIZE + LL_SIGN_HEX - 1 + END_SIZE };

static ll_status sign(char **text, const ll_sign_key *key, ll_error *err) {
    char signature[LL_SIGN_HEX];
    const size_t size = strlen(*text);
    ll_sign_text(key, *text, signature);
    char *longer = realloc(*text, size + TAIL + 1);
    if (!longer) return LL_FAIL(err, LL_ENOMEM, "out of memory for a signature");
    *text = longer;
    snprintf(longer + size - 1, TAIL + 2, "%s%s%s", KEY, signature, END);
    return LL_OK;
}

ll_status ll_ledger_body(char **out, ll_json *doc, const ll_sign_key *key, const ll_entry *entries, int64_t n,
                         ll_error *err) {
    if (key) {
        ll_json_set_int(doc, "count", n ? entries[n - 1].seq + 1 : 1);
        ll_json_set_str(doc, "after", n ? entries[n - 1].hash : ll_hash_chain_start);
        ll_json_set_str(doc, "signer", key->open);
    }
    *out = ll_json_text(doc, false);
    ll_json_free(doc);
    if (!*out) return LL_FAIL(err, LL_ENOMEM, "out of memory for the ledger");
    ll_status status = key ? sign(out, key, err) : LL_OK;
    if (status == LL_OK) return LL_OK;
    free(*out);
    *out = NULL;
    return status;
}

/* Whether the body ends in a signature that is of all before it. */
static bool is_genuine(const char *body, const char *signer, const char *signature) {
    const size_t size = strlen(body);
    if (size < TAIL + 1 || strlen(signature) != LL_SIGN_HEX - 1) return false;
    const char *tail = body + size - TAIL;
    if (memcmp(tail, KEY, KEY_SIZE) != 0 || memcmp(tail + KEY_SIZE, signature, LL_SIGN_HEX - 1) != 0 ||
        memcmp(body + size - END_SIZE, END, END_SIZE) != 0)
        return false;
    char *text = strndup(body, size - TAIL + 1);
    if (!text) return false;
    text[size - TAIL] = '}';
    const bool holds = ll_sign_holds(signer, text, signature);
    free(text);
    return holds;
}

bool ll_ledger_signature(const ll_entry *e, const ll_json *body, char signer[LL_SIGN_KEY_HEX], const char **why) {
    const char *signature = ll_json_get_str(body, "signature"), *by = ll_json_get_str(body, "signer");
    const char *after = ll_json_get_str(body, "after");
    signer[0] = 0;
    if (!ll_json_get(body, "signature") && !ll_json_get(body, "signer")) return true;
    if (!signature || !by || strlen(by) != LL_SIGN_KEY_HEX - 1 || !is_genuine(e->body, by, signature))
        *why = "its signature is not of what it says";
    else if (ll_json_get_int(body, "count", 0) != e->seq || !after || strcmp(after, e->previous) != 0)
        *why = "it was signed for another place in a ledger";
    else {
        strcpy(signer, by);
        return true;
    }
    return false;
}
