/* The ledger in SQLite. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "store/hash_chain.h"
#include "store/sqlite.h"

static ll_status read_last(ll_store *s, ll_entry *last, ll_error *err) {
    sqlite3_stmt *stmt = NULL;
    bool row;
    LL_TRY(ll_sql_prepare(s, &stmt, "SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1", err));
    ll_status status = ll_sql_step(s, stmt, &row, err);
    *last = (ll_entry) { 0 };
    strcpy(last->hash, ll_hash_chain_start);
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
    ll_hash_chain_hash(e->previous, e->body, e->hash);
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

static bool is_as_long(sqlite3_stmt *stmt, int i, const char *text) {
    return (size_t)sqlite3_column_bytes(stmt, i) == strlen(text);
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
        if (!is_as_long(stmt, 1, e.hash) || !is_as_long(stmt, 2, e.previous) || !is_as_long(stmt, 3, e.body))
            e.hash[0] = 0; /* it was lengthened where a text does not show it: no hash fits */
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
    const char *why;
    int64_t n;
    *bad_seq = 0;
    LL_TRY(ll_store_list_entries(s, &entries, &n, err));
    *bad_seq = ll_hash_chain_check(entries, n, &why);
    ll_entries_free(entries, n);
    if (!*bad_seq) return LL_OK;
    return LL_FAIL(err, LL_ESTATE, "%s: the ledger's chain is broken at entry %lld: %s", s->path,
                   (long long)*bad_seq, why);
}

void ll_entries_free(ll_entry *entries, int64_t n) {
    for (int64_t i = 0; i < n; i++) free(entries[i].body);
    free(entries);
}
