/* The ledger: every entry's hash covers the one before it, so that none can be changed or taken out unseen. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "store/sqlite.h"

static const char first_previous[] = "0000000000000000000000000000000000000000000000000000000000000000";

static void hash_entry(const char *previous, const char *body, char hex[LL_HASH_HEX]) {
    uint8_t digest[LL_HASH_BYTES];
    ll_hash h;
    ll_hash_init(&h);
    ll_hash_update(&h, previous, strlen(previous));
    ll_hash_update(&h, "\n", 1);
    ll_hash_update(&h, body, strlen(body));
    ll_hash_final(&h, digest);
    ll_hash_hex(digest, hex);
}

static ll_status read_last(ll_store *s, ll_entry *last, ll_error *err) {
    sqlite3_stmt *stmt = NULL;
    bool row;
    LL_TRY(ll_sql_prepare(s, &stmt, "SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1", err));
    ll_status status = ll_sql_step(s, stmt, &row, err);
    *last = (ll_entry) { 0 };
    strcpy(last->hash, first_previous);
    if (row) {
        last->seq = sqlite3_column_int64(stmt, 0);
        ll_sql_text(stmt, 1, last->hash, sizeof last->hash);
    }
    sqlite3_finalize(stmt);
    return status;
}

static ll_status insert(ll_store *s, const ll_entry *e, ll_error *err) {
    sqlite3_stmt *stmt = NULL;
    LL_TRY(ll_sql_prepare(s, &stmt, "INSERT INTO ledger (seq, hash, previous, body) VALUES (?, ?, ?, ?)", err));
    sqlite3_bind_int64(stmt, 1, e->seq);
    ll_sql_bind_text(stmt, 2, e->hash);
    ll_sql_bind_text(stmt, 3, e->previous);
    ll_sql_bind_text(stmt, 4, e->body);
    ll_status status = ll_sql_run(s, stmt, err);
    sqlite3_finalize(stmt);
    return status;
}

static ll_status append(ll_store *s, ll_entry *e, ll_error *err) {
    ll_entry last;
    LL_TRY(read_last(s, &last, err));
    e->seq = last.seq + 1;
    memcpy(e->previous, last.hash, sizeof e->previous);
    hash_entry(e->previous, e->body, e->hash);
    return insert(s, e, err);
}

/* FULL: what was sealed survives the loss of power, not only of the process. */
ll_status ll_store_append(ll_store *s, const char *body, ll_entry *out, ll_error *err) {
    ll_entry e = { .body = strdup(body) };
    *out = (ll_entry) { 0 };
    if (!e.body) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", s->path);
    ll_status status = ll_sql_exec(s, "PRAGMA synchronous = FULL", err);
    if (status == LL_OK) status = ll_sql_begin(s, err);
    if (status == LL_OK) status = ll_sql_end(s, append(s, &e, err), err);
    sqlite3_exec(s->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
    if (status == LL_OK) *out = e;
    else free(e.body);
    return status;
}

static ll_status read_entries(ll_store *s, sqlite3_stmt *stmt, ll_entry **out, int64_t *n, ll_error *err) {
    for (;;) {
        bool row;
        LL_TRY(ll_sql_step(s, stmt, &row, err));
        if (!row) return LL_OK;
        ll_entry *bigger = ll_sql_grow(*out, *n, sizeof **out);
        if (bigger) *out = bigger;
        ll_entry e = { .seq = sqlite3_column_int64(stmt, 0), .body = bigger ? ll_sql_dup(stmt, 3) : NULL };
        if (!e.body) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory for the ledger", s->path);
        ll_sql_text(stmt, 1, e.hash, sizeof e.hash);
        ll_sql_text(stmt, 2, e.previous, sizeof e.previous);
        bigger[(*n)++] = e;
    }
}

ll_status ll_store_list_entries(ll_store *s, ll_entry **out, int64_t *n, ll_error *err) {
    sqlite3_stmt *stmt = NULL;
    *out = NULL;
    *n = 0;
    LL_TRY(ll_sql_prepare(s, &stmt, "SELECT seq, hash, previous, body FROM ledger ORDER BY seq", err));
    ll_status status = read_entries(s, stmt, out, n, err);
    sqlite3_finalize(stmt);
    if (status == LL_OK) return LL_OK;
    ll_entries_free(*out, *n);
    *out = NULL;
    *n = 0;
    return status;
}

ll_status ll_store_check_ledger(ll_store *s, int64_t *bad_seq, ll_error *err) {
    ll_entry *entries;
    int64_t n;
    char hash[LL_HASH_HEX];
    const char *previous = first_previous;
    *bad_seq = 0;
    LL_TRY(ll_store_list_entries(s, &entries, &n, err));
    for (int64_t i = 0; i < n && !*bad_seq; i++) {
        const ll_entry *e = &entries[i];
        hash_entry(previous, e->body, hash);
        if (e->seq != i + 1 || strcmp(e->previous, previous) != 0 || strcmp(e->hash, hash) != 0) *bad_seq = e->seq;
        previous = e->hash;
    }
    ll_entries_free(entries, n);
    if (!*bad_seq) return LL_OK;
    return LL_FAIL(err, LL_ESTATE, "%s: the ledger's chain is broken at entry %lld", s->path, (long long)*bad_seq);
}

void ll_entries_free(ll_entry *entries, int64_t n) {
    for (int64_t i = 0; i < n; i++) free(entries[i].body);
    free(entries);
}
