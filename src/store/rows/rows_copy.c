/* A whole store into another, of whatever kind each is. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "store/rows/store_rows.h"

typedef struct copying {
    ll_store *from, *to;
    ll_store_copied *out;
    void (*progress)(void *ctx, int64_t done, int64_t all);
    void *ctx;
    bool ended; /* a try before came to its end, and may have been kept */
} copying;

static ll_status count(ll_store *s, const char *table, int64_t *n, ll_error *err) {
    char sql[64];
    bool row;
    ll_sql_statement *stmt;
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    LL_TRY(ll_sql_prepare(s, &stmt, sql, err));
    const ll_status status = ll_sql_step(s, stmt, &row, err);
    *n = status == LL_OK && row ? ll_sql_int(stmt, 0) : 0;
    ll_sql_finish(stmt);
    return status;
}

static ll_status need_empty(ll_store *to, ll_error *err) {
    static const char *const tables[] = { "ladder", "run", "ledger" };
    for (int i = 0; i < 3; i++) {
        int64_t n;
        LL_TRY(count(to, tables[i], &n, err));
        if (n)
            return LL_FAIL(err, LL_ESTATE, "%s: expected an empty store, it has rows of '%s'", to->path, tables[i]);
    }
    return LL_OK;
}

/* ---- ladders, and runs with what hangs on them ---- */

static ll_status copy_ladders(copying *c, ll_error *err) {
    ll_ladder *ladders;
    LL_TRY(ll_store_list_ladders(c->from, &ladders, &c->out->ladders, err));
    ll_status status = LL_OK;
    for (int64_t i = 0; i < c->out->ladders && status == LL_OK; i++)
        status = ll_rows_put_ladder(c->to, &ladders[i], err);
    ll_ladders_free(ladders, c->out->ladders);
    return status;
}

static ll_status copy_run(copying *c, ll_rows_writer *w, const ll_run *run, ll_error *err) {
    ll_point *points;
    ll_run_score *scores = NULL;
    int64_t n_points, n_scores = 0;
    LL_TRY(ll_store_list_points(c->from, run->id, &points, &n_points, err));
    ll_status status = ll_store_list_scores(c->from, run->id, &scores, &n_scores, err);
    if (status == LL_OK) status = ll_rows_writer_put(w, run, points, n_points, err);
    if (status == LL_OK) status = ll_rows_writer_score(w, run->id, scores, n_scores, err);
    free(points);
    free(scores);
    c->out->runs++;
    c->out->points += n_points;
    c->out->scores += n_scores;
    return status;
}

static ll_status copy_each(copying *c, ll_rows_writer *w, ll_sql_statement *stmt, int64_t all, ll_error *err) {
    ll_run run;
    for (;;) {
        bool row;
        LL_TRY(ll_sql_step(c->from, stmt, &row, err));
        if (!row) return LL_OK;
        LL_TRY(ll_rows_read_run(c->from, stmt, &run, err));
        LL_TRY(copy_run(c, w, &run, err));
        if (c->progress && c->out->runs % 256 == 0) c->progress(c->ctx, c->out->runs, all);
    }
}

/* In the order in which they came: an import that comes again compares by it. */
static ll_status copy_runs(copying *c, ll_error *err) {
    char sql[LL_ROWS_SQL];
    int64_t all;
    ll_rows_writer w;
    ll_sql_statement *stmt;
    LL_TRY(count(c->from, "run", &all, err));
    snprintf(sql, sizeof sql, "%s1 = 1 ORDER BY run.key", ll_rows_select_runs);
    LL_TRY(ll_sql_prepare(c->from, &stmt, sql, err));
    stmt->many = true;
    ll_status status = ll_rows_writer_open(&w, c->to, err);
    if (status == LL_OK) status = copy_each(c, &w, stmt, all, err);
    ll_rows_writer_close(&w);
    ll_sql_finish(stmt);
    return status;
}

/* ---- the ledger ---- */

/* What was read back is a chain in itself (ll_store_list_entries); that it is the same one, entry by entry, is seen
 * here. */
static ll_status compare(copying *c, const ll_entry *a, int64_t n, ll_error *err) {
    ll_entry *b;
    int64_t m, i = 0;
    LL_TRY(ll_store_list_entries(c->to, &b, &m, err));
    while (i < n && i < m && strcmp(a[i].hash, b[i].hash) == 0) i++;
    ll_entries_free(b, m);
    if (n) strcpy(c->out->head, a[n - 1].hash);
    if (i == n && n == m) return LL_OK;
    return LL_FAIL(err, LL_ESTATE, "%s: entry %lld of the ledger is not that of %s", c->to->path, (long long)i + 1,
                   c->from->path);
}

static ll_status copy_ledger(copying *c, ll_error *err) {
    ll_entry *entries;
    LL_TRY(ll_store_list_entries(c->from, &entries, &c->out->entries, err));
    ll_status status = LL_OK;
    for (int64_t i = 0; i < c->out->entries && status == LL_OK; i++)
        status = ll_rows_put_entry(c->to, &entries[i], err);
    if (status == LL_OK) status = compare(c, entries, c->out->entries, err);
    ll_entries_free(entries, c->out->entries);
    return status;
}

/* ---- all of it ---- */

static ll_status write_all(ll_store *to, void *ctx, ll_error *err) {
    copying *c = ctx;
    const ll_status empty = need_empty(to, err);
    if (empty == LL_ESTATE && c->ended) return LL_OK;
    if (empty != LL_OK) return empty;
    *c->out = (ll_store_copied) { 0 };
    LL_TRY(copy_ladders(c, err));
    LL_TRY(copy_runs(c, err));
    LL_TRY(copy_ledger(c, err));
    c->ended = true;
    return LL_OK;
}

static ll_status read_all(ll_store *from, void *ctx, ll_error *err) {
    copying *c = ctx;
    (void)from;
    return ll_sql_transact(c->to, LL_SQL_ALONE, write_all, c, err);
}

ll_status ll_store_copy(ll_store *from, ll_store *to, ll_store_copied *out,
                        void (*progress)(void *ctx, int64_t done, int64_t all), void *ctx, ll_error *err) {
    copying c = { from, to, out, progress, ctx, false };
    return ll_sql_transact(from, LL_SQL_READ, read_all, &c, err);
}
