/* Scores: what probes and training measured of the runs' models. */
#include <math.h>
#include <stdlib.h>

#include "store/sqlite/sqlite.h"

#define COLUMNS "run, probe, metric, step, settings, value, se, items, chance"

static const char put_score[] = "INSERT OR REPLACE INTO score SELECT key, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
                                " row_check(key, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) FROM run WHERE id = ?1";

static ll_status bind_score(ll_store *s, sqlite3_stmt *stmt, const char *run, const ll_run_score *of,
                            ll_error *err) {
    if (isinf(of->value) || isinf(of->se) || isinf(of->chance))
        return LL_FAIL(err, LL_ENUM, "%s: run %s: %s.%s is infinite", s->path, run, of->probe, of->metric);
    ll_sql_bind_text(stmt, 1, run);
    ll_sql_bind_text(stmt, 2, of->probe);
    ll_sql_bind_text(stmt, 3, of->metric);
    sqlite3_bind_int64(stmt, 4, of->step);
    ll_sql_bind_text(stmt, 5, of->settings);
    ll_sql_bind_real(stmt, 6, of->value);
    ll_sql_bind_real(stmt, 7, of->se);
    sqlite3_bind_int64(stmt, 8, of->items);
    ll_sql_bind_real(stmt, 9, of->chance);
    return LL_OK;
}

ll_status ll_store_put_scores(ll_store *s, const char *run, const ll_run_score *scores, int64_t n, ll_error *err) {
    sqlite3_stmt *stmt = NULL;
    LL_TRY(ll_sql_begin(s, err));
    ll_status status = ll_sql_prepare(s, &stmt, put_score, err);
    for (int64_t i = 0; i < n && status == LL_OK; i++) {
        status = bind_score(s, stmt, run, &scores[i], err);
        if (status == LL_OK) status = ll_sql_run(s, stmt, err);
        if (status == LL_OK && sqlite3_changes(s->db) == 0)
            status = LL_FAIL(err, LL_EINPUT, "%s: there is no run '%.80s'", s->path, run);
    }
    sqlite3_finalize(stmt);
    return ll_sql_end(s, status, err);
}

#define SELECT \
    "SELECT run.id, " COLUMNS ", " LL_SQL_SUM("score", COLUMNS) " FROM score JOIN run ON run.key = score.run"

/* Column 0 is the run's id, 1 its key. */
static ll_status read_score(ll_store *s, sqlite3_stmt *stmt, ll_run_score *out, ll_error *err) {
    ll_sql_text(stmt, 2, out->probe, sizeof out->probe);
    ll_sql_text(stmt, 3, out->metric, sizeof out->metric);
    out->step = sqlite3_column_int64(stmt, 4);
    ll_sql_text(stmt, 5, out->settings, sizeof out->settings);
    out->value = ll_sql_real(stmt, 6);
    out->se = ll_sql_real(stmt, 7);
    out->items = sqlite3_column_int64(stmt, 8);
    out->chance = ll_sql_real(stmt, 9);
    if (sqlite3_column_int(stmt, 10) == 1) return LL_OK;
    return LL_FAIL(
        err, LL_EFORMAT,
        "%s: %s.%s of run '%.80s' at step %lld is damaged, or was edited: its checksum is another; 'probe "
        "run' measures it anew",
        s->path, out->probe, out->metric, (const char *)sqlite3_column_text(stmt, 0), (long long)out->step);
}

static ll_status read_scores(ll_store *s, sqlite3_stmt *stmt, ll_run_score **out, int64_t *n, ll_error *err) {
    for (bool row;;) {
        LL_TRY(ll_sql_step(s, stmt, &row, err));
        if (!row) return LL_OK;
        ll_run_score *bigger = ll_sql_grow(*out, *n, sizeof **out);
        if (!bigger) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory for %lld scores", s->path, (long long)*n);
        *out = bigger;
        LL_TRY(read_score(s, stmt, &bigger[*n], err));
        ++*n;
    }
}

ll_status ll_store_list_scores(ll_store *s, const char *run, ll_run_score **out, int64_t *n, ll_error *err) {
    sqlite3_stmt *stmt = NULL;
    *out = NULL;
    *n = 0;
    LL_TRY(ll_sql_prepare(s, &stmt, SELECT " WHERE run.id = ? ORDER BY probe, metric, score.step", err));
    ll_sql_bind_text(stmt, 1, run);
    const ll_status status = read_scores(s, stmt, out, n, err);
    sqlite3_finalize(stmt);
    if (status == LL_OK) return LL_OK;
    free(*out);
    *out = NULL;
    *n = 0;
    return status;
}

ll_status ll_store_visit_scores(ll_store *s, const char *ladder, bool every_step, ll_run_score_visit *visit,
                                void *ctx, ll_error *err) {
    sqlite3_stmt *stmt = NULL;
    ll_run_score score;
    bool row = true;
    LL_TRY(ll_sql_prepare(
        s, &stmt,
        SELECT " WHERE (?1 = '' OR run.ladder = ?1) AND (?2 OR score.step = (SELECT max(step) FROM score o"
               " WHERE o.run = score.run AND o.probe = score.probe AND o.metric = score.metric))"
               " ORDER BY probe, metric, run.key",
        err));
    ll_sql_bind_text(stmt, 1, ladder);
    sqlite3_bind_int(stmt, 2, every_step);
    ll_status status = ll_sql_step(s, stmt, &row, err);
    while (status == LL_OK && row) {
        status = read_score(s, stmt, &score, err);
        if (status == LL_OK) status = visit(ctx, (const char *)sqlite3_column_text(stmt, 0), &score, err);
        if (status == LL_OK) status = ll_sql_step(s, stmt, &row, err);
    }
    sqlite3_finalize(stmt);
    return status;
}
