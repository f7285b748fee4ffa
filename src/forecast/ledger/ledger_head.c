#include "forecast/ledger/ledger_head.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/system/clock.h"
#include "store/hash_chain.h"

static const char MAGIC[] = "loglog-head/1", DIGITS[] = "0123456789abcdef";

/* What is signed: the line up to and with the key. */
static void unsigned_line(const ll_head *h, char line[LL_HEAD_LINE]) {
    snprintf(line, LL_HEAD_LINE, "%s %" PRId64 " %s %s%s%s", MAGIC, h->count, h->hash, h->time,
             *h->signer ? " " : "", h->signer);
}

ll_head ll_head_of(const ll_ledger_view *v, const ll_sign_key *key) {
    ll_head h = { .count = v->n };
    char line[LL_HEAD_LINE];
    strcpy(h.hash, v->n ? ll_ledger_view_head(v) : ll_hash_chain_start);
    ll_clock_utc(h.time, sizeof h.time);
    if (!key) return h;
    strcpy(h.signer, key->open);
    unsigned_line(&h, line);
    ll_sign_text(key, line, h.signature);
    return h;
}

void ll_head_line(const ll_head *h, char line[LL_HEAD_LINE]) {
    unsigned_line(h, line);
    if (!*h->signer) return;
    const size_t used = strlen(line);
    snprintf(line + used, LL_HEAD_LINE - used, " %s", h->signature);
}

static bool is_hex(const char *text, size_t n) {
    return strlen(text) == n && strspn(text, DIGITS) == n;
}

static ll_status check_line(const ll_head *h, int fields, ll_error *err) {
    char line[LL_HEAD_LINE];
    double at;
    const bool shaped = (fields == 3 || fields == 5) && h->count >= 0 && is_hex(h->hash, 64) &&
                        ll_clock_parse(h->time, &at) && (fields == 3 || is_hex(h->signer, 64));
    if (!shaped)
        return LL_FAIL(err, LL_EINPUT,
                       "the head: expected 'loglog-head/1 COUNT HASH TIME', with or without a key "
                       "and its signature behind it");
    unsigned_line(h, line);
    if (fields == 3 || ll_sign_holds(h->signer, line, h->signature)) return LL_OK;
    return LL_FAIL(err, LL_ESTATE, "the head's signature is not of what it says");
}

ll_status ll_head_parse(ll_head *out, const char *text, ll_error *err) {
    const size_t magic = sizeof MAGIC - 1;
    int end = 0;
    *out = (ll_head) { .count = -1 };
    if (is_hex(text, 64)) {
        strcpy(out->hash, text);
        return LL_OK;
    }
    if (strncmp(text, MAGIC, magic) != 0 || text[magic] != ' ' || strlen(text) >= LL_HEAD_LINE)
        return LL_FAIL(err, LL_EINPUT,
                       "the head is '%.80s', expected the 64 digits of a hash, or the line of 'forecast head'",
                       text);
    const char *from = text + magic;
    int fields = sscanf(from, " %" SCNd64 " %64s %31s%n %64s %128s%n", &out->count, out->hash, out->time, &end,
                        out->signer, out->signature, &end);
    if (from[end + (int)strspn(from + end, " \n")]) fields = 0; /* something stands behind it */
    return check_line(out, fields, err);
}

ll_status ll_head_find(const ll_head *h, const ll_ledger_view *v, ll_error *err) {
    if (h->count < 0)
        for (int64_t i = v->n; i-- > 0;)
            if (strcmp(v->entries[i].hash, h->hash) == 0) return LL_OK;
    if (h->count == 0 && strcmp(h->hash, ll_hash_chain_start) == 0) return LL_OK;
    if (h->count > v->n)
        return LL_FAIL(
            err, LL_ESTATE,
            "the ledger has %lld entries, and had %lld when its head was published: entries were taken off "
            "its end, or another ledger was put in its place",
            (long long)v->n, (long long)h->count);
    if (h->count > 0 && strcmp(v->entries[h->count - 1].hash, h->hash) == 0) return LL_OK;
    if (h->count >= 0)
        return LL_FAIL(err, LL_ESTATE,
                       "entry %lld is not the one whose head was published: another ledger was put in its place",
                       (long long)h->count);
    return LL_FAIL(
        err, LL_ESTATE,
        "no entry of the ledger has the hash %.16s...: entries were taken off its end, or another ledger "
        "was put in its place",
        h->hash);
}

int64_t ll_head_covered(const ll_ledger_view *v, const ll_head *h, const char *signer) {
    int64_t covered = h && strcmp(h->signer, signer) == 0 ? h->count : 0;
    for (int64_t i = v->n; i > covered; i--)
        if (strcmp(v->signer[i - 1], signer) == 0) covered = i;
    return covered;
}
