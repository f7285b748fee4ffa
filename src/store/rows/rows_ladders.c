#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "store/rows/store_rows.h"
#include "store/sql/row_sum.h"

#define COLUMNS "id, name, spec_hash, data_hash, spec, data, command, version, created"
enum { TEXTS = 9 };
#define SELECT(rest) "SELECT " COLUMNS ", sum" rest

ll_status ll_rows_put_ladder(ll_store *s, const ll_ladder *l, ll_error *err) {
    static const char sql[] =
        "INSERT INTO ladder (" COLUMNS ", sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET sum = excluded.sum, name = excluded.name, spec_hash = excluded.spec_hash,"
        " data_hash = excluded.data_hash, spec = excluded.spec, data = excluded.data, command = excluded.command,"
        " version = excluded.version, created = excluded.created";
    const char *const texts[TEXTS] = { l->id,   l->name,    l->spec_hash, l->data_hash, l->spec,
                                       l->data, l->command, l->version,   l->created };
    uint64_t sum = ll_row_sum_of(TEXTS);
    ll_sql_statement *stmt;
    LL_TRY(ll_sql_prepare(s, &stmt, sql, err));
    for (int i = 0; i < TEXTS; i++) {
        const char *text = texts[i] ? texts[i] : "";
        ll_sql_bind_text(stmt, i + 1, text);
        sum = ll_row_sum_text(sum, text, strlen(text));
    }
    ll_sql_bind_int(stmt, TEXTS + 1, (int64_t)sum);
    const ll_status status = ll_sql_run(s, stmt, NULL, err);
    ll_sql_finish(stmt);
    return status;
}

static ll_status put_ladder(ll_store *s, void *ctx, ll_error *err) {
    return ll_rows_put_ladder(s, ctx, err);
}

ll_status ll_store_put_ladder(ll_store *s, const ll_ladder *l, ll_error *err) {
    if (!*l->id) return LL_FAIL(err, LL_EINPUT, "%s: a ladder without an id", s->path);
    return ll_sql_transact(s, LL_SQL_WRITE, put_ladder, (void *)(uintptr_t)l, err);
}

static ll_status read_ladder(ll_store *s, ll_sql_statement *stmt, ll_ladder *l, ll_error *err) {
    *l = (ll_ladder) { .spec = ll_sql_dup(stmt, 4), .data = ll_sql_dup(stmt, 5) };
    ll_sql_text(stmt, 0, l->id, sizeof l->id);
    ll_sql_text(stmt, 1, l->name, sizeof l->name);
    ll_sql_text(stmt, 2, l->spec_hash, sizeof l->spec_hash);
    ll_sql_text(stmt, 3, l->data_hash, sizeof l->data_hash);
    ll_sql_text(stmt, 6, l->command, sizeof l->command);
    ll_sql_text(stmt, 7, l->version, sizeof l->version);
    ll_sql_text(stmt, 8, l->created, sizeof l->created);
    const bool whole = l->spec && l->data,
               sound = (int64_t)ll_row_sum_columns(ll_row_sum_of(TEXTS), stmt, 0, TEXTS) == ll_sql_int(stmt, TEXTS);
    if (whole && sound) return LL_OK;
    ll_status status = whole ? LL_FAIL(err, LL_EFORMAT,
                                       "%s: the row of ladder '%.16s' is damaged, or was edited: its checksum is "
                                       "another; its 'run' writes it anew",
                                       s->path, l->id)
                             : LL_FAIL(err, LL_ENOMEM, "%s: out of memory", s->path);
    ll_ladder_clear(l);
    return status;
}

ll_status ll_store_get_ladder(ll_store *s, const char *id, ll_ladder *out, ll_error *err) {
    ll_sql_statement *stmt = NULL;
    bool row = false;
    *out = (ll_ladder) { 0 };
    LL_TRY(
        ll_sql_prepare(s, &stmt,
                       SELECT(" FROM ladder WHERE id = ?1 OR name = ?1 OR ?1 = '' ORDER BY id = ?1 DESC, key DESC"
                              " LIMIT 1"),
                       err));
    ll_sql_bind_text(stmt, 1, id);
    ll_status status = ll_sql_step(s, stmt, &row, err);
    if (row) status = read_ladder(s, stmt, out, err);
    ll_sql_finish(stmt);
    if (status != LL_OK || row) return status;
    if (!*id) return LL_FAIL(err, LL_EINPUT, "%s: there is no ladder yet", s->path);
    return LL_FAIL(err, LL_EINPUT, "%s: there is no ladder '%.40s'", s->path, id);
}

static ll_status read_ladders(ll_store *s, ll_sql_statement *stmt, ll_ladder **out, int64_t *n, ll_error *err) {
    for (;;) {
        bool row;
        LL_TRY(ll_sql_step(s, stmt, &row, err));
        if (!row) return LL_OK;
        ll_ladder *bigger = ll_sql_grow(*out, *n, sizeof **out);
        if (!bigger) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory for %lld ladders", s->path, (long long)*n);
        *out = bigger;
        LL_TRY(read_ladder(s, stmt, &bigger[*n], err));
        ++*n;
    }
}

ll_status ll_store_list_ladders(ll_store *s, ll_ladder **out, int64_t *n, ll_error *err) {
    ll_sql_statement *stmt = NULL;
    *out = NULL;
    *n = 0;
    LL_TRY(ll_sql_prepare(s, &stmt, SELECT(" FROM ladder ORDER BY key"), err));
    ll_status status = read_ladders(s, stmt, out, n, err);
    ll_sql_finish(stmt);
    if (status == LL_OK) return LL_OK;
    ll_ladders_free(*out, *n);
    *out = NULL;
    *n = 0;
    return status;
}

void ll_ladder_clear(ll_ladder *ladder) {
    free(ladder->spec);
    free(ladder->data);
    *ladder = (ll_ladder) { 0 };
}

void ll_ladders_free(ll_ladder *ladders, int64_t n) {
    for (int64_t i = 0; i < n; i++) ll_ladder_clear(&ladders[i]);
    free(ladders);
}
