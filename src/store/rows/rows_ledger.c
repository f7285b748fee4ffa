/* The ledger. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "store/hash_chain.h"
#include "store/rows/store_rows.h"

/* ---- reading ---- */

static ll_status read_entries(ll_store *s, ll_sql_statement *stmt, ll_entry **out, int64_t *n, ll_error *err) {
    for (;;) {
        bool row;
        LL_TRY(ll_sql_step(s, stmt, &row, err));
        if (!row) return LL_OK;
        ll_entry *bigger = ll_sql_grow(*out, *n, sizeof **out);
        if (bigger) *out = bigger;
        ll_entry e = { .seq = ll_sql_int(stmt, 0), .body = bigger ? ll_sql_dup(stmt, 3) : NULL };
        if (!e.body) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory for the ledger", s->path);
        ll_sql_text(stmt, 1, e.hash, sizeof e.hash);
        ll_sql_text(stmt, 2, e.previous, sizeof e.previous);
        if (!ll_sql_is_text(stmt, 1, e.hash) || !ll_sql_is_text(stmt, 2, e.previous) ||
            !ll_sql_is_text(stmt, 3, e.body))
            e.hash[0] = 0; /* it was lengthened where a text does not show it: no hash fits */
        bigger[(*n)++] = e;
    }
}

/* As they stand in the table, unverified: nobody but the two below reads them so. */
static ll_status read_table(ll_store *s, ll_entry **out, int64_t *n, ll_error *err) {
    ll_sql_statement *stmt = NULL;
    *out = NULL;
    *n = 0;
    LL_TRY(ll_sql_prepare(s, &stmt, "SELECT seq, hash, previous, body FROM ledger ORDER BY seq", err));
    ll_status status = read_entries(s, stmt, out, n, err);
    ll_sql_finish(stmt);
    if (status == LL_OK) return LL_OK;
    ll_entries_free(*out, *n);
    *out = NULL;
    *n = 0;
    return status;
}

/* *bad_seq: the first place whose entry is not the one that was sealed there, 0 where there is none. */
static ll_status read_verified(ll_store *s, ll_entry **out, int64_t *n, int64_t *bad_seq, ll_error *err) {
    const char *why;
    *bad_seq = 0;
    LL_TRY(read_table(s, out, n, err));
    *bad_seq = ll_hash_chain_check(*out, *n, &why);
    if (!*bad_seq) return LL_OK;
    ll_entries_free(*out, *n);
    *out = NULL;
    *n = 0;
    return LL_FAIL(err, LL_ESTATE, "%s: the ledger's chain is broken at entry %lld: %s", s->path,
                   (long long)*bad_seq, why);
}

ll_status ll_store_list_entries(ll_store *s, ll_entry **out, int64_t *n, ll_error *err) {
    int64_t bad;
    return read_verified(s, out, n, &bad, err);
}

ll_status ll_store_count_entries(ll_store *s, int64_t *n, ll_error *err) {
    ll_sql_statement *stmt;
    bool row = false;
    LL_TRY(ll_sql_prepare(s, &stmt, "SELECT coalesce(max(seq), 0) FROM ledger", err));
    const ll_status status = ll_sql_step(s, stmt, &row, err);
    *n = row ? ll_sql_int(stmt, 0) : 0;
    ll_sql_finish(stmt);
    return status;
}

ll_status ll_store_check_ledger(ll_store *s, int64_t *bad_seq, ll_error *err) {
    ll_entry *entries;
    int64_t n;
    LL_TRY(read_verified(s, &entries, &n, bad_seq, err));
    ll_entries_free(entries, n);
    return LL_OK;
}

/* ---- appending ---- */

ll_status ll_rows_put_entry(ll_store *s, const ll_entry *e, ll_error *err) {
    ll_sql_statement *stmt = NULL;
    LL_TRY(ll_sql_prepare(s, &stmt, "INSERT INTO ledger (seq, hash, previous, body) VALUES (?, ?, ?, ?)", err));
    ll_sql_bind_int(stmt, 1, e->seq);
    ll_sql_bind_text(stmt, 2, e->hash);
    ll_sql_bind_text(stmt, 3, e->previous);
    ll_sql_bind_text(stmt, 4, e->body);
    ll_status status = ll_sql_run(s, stmt, NULL, err);
    ll_sql_finish(stmt);
    return status;
}

typedef struct append_of {
    ll_store_compose *compose;
    void *ctx;
    ll_entry entry;
} append_of;

/* Of a try before this one, whose end was not heard. */
static bool was_kept(const ll_entry *e, const ll_entry *entries, int64_t n) {
    return e->body && *e->hash && e->seq <= n && strcmp(entries[e->seq - 1].hash, e->hash) == 0;
}

/* Inside the transaction that appends, so that nothing comes between the question and the answer. */
static ll_status append(ll_store *s, void *ctx, ll_error *err) {
    append_of *a = ctx;
    ll_entry *entries, *e = &a->entry;
    int64_t n;
    LL_TRY(ll_store_list_entries(s, &entries, &n, err));
    if (was_kept(e, entries, n)) return ll_entries_free(entries, n), LL_OK;
    free(e->body);
    *e = (ll_entry) { 0 };
    ll_status status = a->compose(a->ctx, entries, n, &e->body, err);
    e->seq = n + 1;
    memcpy(e->previous, n ? entries[n - 1].hash : ll_hash_chain_start, sizeof e->previous);
    ll_entries_free(entries, n);
    if (status != LL_OK || !e->body) return status;
    ll_hash_chain_hash(e->previous, e->body, e->hash);
    return ll_rows_put_entry(s, e, err);
}

ll_status ll_store_append_if(ll_store *s, ll_store_compose *compose, void *ctx, ll_entry *out, ll_error *err) {
    append_of a = { compose, ctx, { 0 } };
    const ll_status status = ll_sql_transact(s, LL_SQL_ALONE, append, &a, err);
    *out = (ll_entry) { 0 };
    if (status == LL_OK && a.entry.body) *out = a.entry;
    else free(a.entry.body);
    return status;
}

static ll_status compose_given(void *ctx, const ll_entry *entries, int64_t n, char **body, ll_error *err) {
    (void)entries;
    (void)n;
    *body = strdup(ctx);
    return *body ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for the ledger");
}

ll_status ll_store_append(ll_store *s, const char *body, ll_entry *out, ll_error *err) {
    return ll_store_append_if(s, compose_given, (void *)(uintptr_t)body, out, err);
}

void ll_entries_free(ll_entry *entries, int64_t n) {
    for (int64_t i = 0; i < n; i++) free(entries[i].body);
    free(entries);
}
