#define _POSIX_C_SOURCE 200809L
#include "decide/gate/waiver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/file.h"
#include "base/words/word.h"

enum { WAIVER_MAX_BYTES = 1 << 16 };
#define SCHEMA "loglog.waiver/1"

#define AT(f) offsetof(ll_waiver, f)
static const ll_option table[] = {
    { "schema", LL_OPT_NAME, AT(schema), SCHEMA, "version of this file's form", .names = SCHEMA },
    { "name", LL_OPT_NAME, AT(name), "", "who signs, as the policy calls them" },
    { "reason", LL_OPT_TEXT, AT(reason), "", "why" },
    { "waives", LL_OPT_TEXT, AT(waives), "", "levels, or evaluation" },
    { "policy", LL_OPT_TEXT, AT(policy), "", "hash of the policy's file" },
    { "ladder", LL_OPT_NAME, AT(ladder), "", "id of the ladder" },
    { "issued", LL_OPT_NAME, AT(issued), "", "UTC" },
    { "expires", LL_OPT_NAME, AT(expires), "", "UTC" },
    { "key", LL_OPT_TEXT, AT(key), "", "public key" },
    { "signature", LL_OPT_TEXT, AT(signature), "", "of all that stands above" }, /* the last row */
};
#undef AT
enum { ROWS = sizeof table / sizeof *table, SIGNED_ROWS = ROWS - 1 };

static const ll_policy_signer *signer_of(const ll_policy *p, const char *key) {
    for (int i = 0; i < p->sign.n; i++)
        if (strcmp(p->sign.by[i].key, key) == 0) return &p->sign.by[i];
    return NULL;
}

/* ---- what is waived ---- */

bool ll_waiver_covers(const ll_waiver *w, const char *level) {
    const char *text = w->waives;
    size_t n;
    for (const char *word; (word = ll_word_next(&text, ", ", &n));)
        if (ll_word_is(word, n, level)) return true;
    return false;
}

static ll_status check_waives(const ll_waiver *w, const ll_policy *p, ll_error *err) {
    const char *text = w->waives;
    int words = 0;
    size_t n;
    for (const char *word; (word = ll_word_next(&text, ", ", &n)); words++) {
        bool known = ll_word_is(word, n, LL_POLICY_EVALUATION);
        for (int i = 0; i < p->n_levels; i++) known |= ll_word_is(word, n, p->level[i].name);
        if (!known)
            return LL_FAIL(err, LL_EINPUT,
                           "waives holds '%.*s', expected levels of the policy, or " LL_POLICY_EVALUATION,
                           n < 80 ? (int)n : 80, word);
    }
    return words ? LL_OK
                 : LL_FAIL(err, LL_EINPUT, "waives: expected levels of the policy, or " LL_POLICY_EVALUATION);
}

/* ---- signing ---- */

ll_status ll_waiver_sign(ll_waiver *w, const ll_policy *p, const ll_sign_key *key, ll_error *err) {
    const ll_policy_signer *by = signer_of(p, key->open);
    if (!by) return LL_FAIL(err, LL_EINPUT, "the policy names no signer with the key %s", key->open);
    if (!*w->reason) return LL_FAIL(err, LL_EINPUT, "reason: expected one");
    LL_TRY(check_waives(w, p, err));
    strcpy(w->schema, SCHEMA);
    strcpy(w->name, by->name);
    strcpy(w->policy, p->hash);
    strcpy(w->key, by->key);
    char *text = ll_options_text(table, SIGNED_ROWS, w);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_sign_text(key, text, w->signature);
    free(text);
    return LL_OK;
}

static bool is_genuine(const ll_waiver *w) {
    char *text = ll_options_text(table, SIGNED_ROWS, w);
    bool holds = text && ll_sign_holds(w->key, text, w->signature);
    free(text);
    return holds;
}

bool ll_waiver_holds(const ll_waiver *w, const ll_policy *p, const char *ladder, double now, char *why,
                     size_t size) {
    const ll_policy_signer *by = signer_of(p, w->key);
    double issued, expires;
    if (strcmp(w->policy, p->hash) != 0)
        snprintf(why, size, "it is of another policy, or of another version of it");
    else if (!by || strcmp(by->name, w->name) != 0)
        snprintf(why, size, "the policy names no signer %s of that key", w->name);
    else if (!is_genuine(w)) snprintf(why, size, "the signature is not %s's", w->name);
    else if (strcmp(w->ladder, ladder) != 0)
        snprintf(why, size, "it is for %s%s", *w->ladder ? "ladder " : "a check that names no ladder", w->ladder);
    else if (!ll_clock_parse(w->issued, &issued) || !ll_clock_parse(w->expires, &expires))
        snprintf(why, size, "its dates are no dates");
    else if (issued > now) snprintf(why, size, "it is issued on %s, which is still to come", w->issued);
    else if (expires <= now) snprintf(why, size, "it expired on %s", w->expires);
    else return true;
    return false;
}

/* ---- files ---- */

ll_json *ll_waiver_json(const ll_waiver *w) {
    return ll_options_json(table, ROWS, w);
}

ll_status ll_waiver_write(const ll_waiver *w, const char *path, ll_error *err) {
    ll_file f;
    char *text = ll_options_text(table, ROWS, w);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_status s = ll_file_create(&f, path, err);
    if (s == LL_OK) {
        fputs(text, f.out);
        s = ll_file_commit(&f, err);
    }
    free(text);
    return s;
}

ll_status ll_waiver_load(ll_waiver *w, const char *path, ll_error *err) {
    memset(w, 0, sizeof *w);
    return ll_options_load(table, ROWS, w, path, WAIVER_MAX_BYTES, "a waiver", err);
}

ll_status ll_waivers_load(ll_waiver *out, int *n, const char *paths, ll_error *err) {
    char path[LL_PATH_MAX];
    size_t size;
    *n = 0;
    for (const char *word; (word = ll_word_next(&paths, ",", &size));) {
        LL_TRY(ll_word_copy(path, sizeof path, word, size, "waivers", err));
        if (*n == LL_WAIVER_MOST)
            return LL_FAIL(err, LL_EINPUT, "%s: expected at most %d waivers", path, LL_WAIVER_MOST);
        LL_TRY(ll_waiver_load(&out[(*n)++], path, err));
    }
    return LL_OK;
}
