/* The ledger. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "store/hash_chain.h"
#include "store/rows/store_rows.h"

/* ---- reading ---- */

/* The chain as it is read. */
typedef struct chain {
    ll_store_wanted *wanted;
    const void *ctx;
    ll_entry *kept; /* [n] */
    int64_t n;
    ll_entry last;     /* body NULL where it is the last of kept, or none was read */
    int64_t read, bad; /* places that are whole; the first that is not, or 0 */
    const char *why;
} chain;

static void clear(chain *c) {
    free(c->last.body);
    ll_entries_free(c->kept, c->n);
    *c = (chain) { 0 };
}

static ll_status keep(ll_store *s, chain *c, const ll_entry *e, ll_error *err) {
    ll_entry *bigger = ll_sql_grow(c->kept, c->n, sizeof *c->kept);
    if (!bigger) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory for the ledger", s->path);
    c->kept = bigger;
    c->kept[c->n++] = *e;
    return LL_OK;
}

/* The last one stays until the next is there. */
static ll_status take(ll_store *s, chain *c, ll_entry *e, ll_error *err) {
    const char *previous = c->read ? c->last.hash : ll_hash_chain_start;
    c->why = ll_hash_chain_unlike(e, c->read + 1, previous);
    c->bad = c->why ? c->read + 1 : 0;
    free(c->last.body);
    c->last = *e;
    if (c->bad) return LL_OK;
    c->read++;
    if (c->wanted && !c->wanted(c->ctx, e)) return LL_OK;
    LL_TRY(keep(s, c, e, err));
    c->last.body = NULL;
    return LL_OK;
}

static ll_status read_entries(ll_store *s, ll_sql_statement *stmt, chain *c, ll_error *err) {
    for (bool row; !c->bad;) {
        LL_TRY(ll_sql_step(s, stmt, &row, err));
        if (!row) break;
        ll_entry e = { .seq = ll_sql_int(stmt, 0), .body = ll_sql_dup(stmt, 3) };
        if (!e.body) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory for the ledger", s->path);
        ll_sql_text(stmt, 1, e.hash, sizeof e.hash);
        ll_sql_text(stmt, 2, e.previous, sizeof e.previous);
        if (!ll_sql_is_text(stmt, 1, e.hash) || !ll_sql_is_text(stmt, 2, e.previous) ||
            !ll_sql_is_text(stmt, 3, e.body))
            e.hash[0] = 0; /* it was lengthened where a text does not show it: no hash fits */
        LL_TRY(take(s, c, &e, err));
    }
    if (c->bad || !c->last.body) return LL_OK;
    LL_TRY(keep(s, c, &c->last, err));
    c->last.body = NULL;
    return LL_OK;
}

/* *bad_seq: the first place whose entry is not the one that was sealed there, 0 where there is none. */
static ll_status read_verified(ll_store *s, chain *c, int64_t *bad_seq, ll_error *err) {
    ll_sql_statement *stmt = NULL;
    *bad_seq = 0;
    LL_TRY(ll_sql_prepare(s, &stmt, "SELECT seq, hash, previous, body FROM ledger ORDER BY seq", err));
    ll_status status = read_entries(s, stmt, c, err);
    ll_sql_finish(stmt);
    *bad_seq = c->bad;
    if (status == LL_OK && c->bad)
        status = LL_FAIL(err, LL_ESTATE, "%s: the ledger's chain is broken at entry %lld: %s", s->path,
                         (long long)c->bad, c->why);
    if (status != LL_OK) clear(c);
    return status;
}

ll_status ll_store_list_wanted(ll_store *s, ll_store_wanted *wanted, const void *ctx, ll_entry **out, int64_t *n,
                               ll_error *err) {
    chain c = { .wanted = wanted, .ctx = ctx };
    int64_t bad;
    const ll_status status = read_verified(s, &c, &bad, err);
    *out = c.kept;
    *n = c.n;
    return status;
}

ll_status ll_store_list_entries(ll_store *s, ll_entry **out, int64_t *n, ll_error *err) {
    return ll_store_list_wanted(s, NULL, NULL, out, n, err);
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

static bool is_none(const void *ctx, const ll_entry *e) {
    (void)ctx;
    (void)e;
    return false;
}

ll_status ll_store_check_ledger(ll_store *s, int64_t *bad_seq, ll_error *err) {
    chain c = { .wanted = is_none };
    LL_TRY(read_verified(s, &c, bad_seq, err));
    clear(&c);
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
    ll_store_wanted *wanted;
    ll_store_compose *compose;
    void *ctx;
    ll_entry entry;
} append_of;

/* Of a try before this one, whose end was not heard. */
static bool was_kept(const ll_entry *e, const ll_entry *entries, int64_t n) {
    for (int64_t i = 0; i < n && e->body && *e->hash; i++)
        if (strcmp(entries[i].hash, e->hash) == 0) return true;
    return false;
}

/* The entry of a try before is asked for with the rest. */
static bool is_asked_for(const void *ctx, const ll_entry *e) {
    const append_of *a = ctx;
    return !a->wanted || a->wanted(a->ctx, e) || strcmp(e->hash, a->entry.hash) == 0;
}

/* Inside the transaction that appends, so that nothing comes between the question and the answer. */
static ll_status append(ll_store *s, void *ctx, ll_error *err) {
    append_of *a = ctx;
    ll_entry *entries, *e = &a->entry;
    int64_t n;
    LL_TRY(ll_store_list_wanted(s, is_asked_for, a, &entries, &n, err));
    if (was_kept(e, entries, n)) return ll_entries_free(entries, n), LL_OK;
    free(e->body);
    *e = (ll_entry) { 0 };
    ll_status status = a->compose(a->ctx, entries, n, &e->body, err);
    e->seq = n ? entries[n - 1].seq + 1 : 1;
    memcpy(e->previous, n ? entries[n - 1].hash : ll_hash_chain_start, sizeof e->previous);
    ll_entries_free(entries, n);
    if (status != LL_OK || !e->body) return status;
    ll_hash_chain_hash(e->previous, e->body, e->hash);
    return ll_rows_put_entry(s, e, err);
}

ll_status ll_store_append_if(ll_store *s, ll_store_wanted *wanted, ll_store_compose *compose, void *ctx,
                             ll_entry *out, ll_error *err) {
    append_of a = { wanted, compose, ctx, { 0 } };
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
    return ll_store_append_if(s, is_none, compose_given, (void *)(uintptr_t)body, out, err);
}

void ll_entries_free(ll_entry *entries, int64_t n) {
    for (int64_t i = 0; i < n; i++) free(entries[i].body);
    free(entries);
}
