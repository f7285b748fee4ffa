/* The points of the runs' learning curves. */
#include <math.h>
#include <stdlib.h>

#include "store/sqlite/sqlite.h"

const char ll_sql_put_point[] =
    "INSERT OR REPLACE INTO point SELECT key, ?2, ?3, ?4, ?5, ?6, row_check(key, ?2, ?3, ?4, ?5, ?6)"
    " FROM run WHERE id = ?1";

ll_status ll_sql_bind_point(ll_store *s, sqlite3_stmt *stmt, const char *run, const ll_point *p, ll_error *err) {
    const double v[] = { p->tokens, p->loss, p->se, p->train_loss };
    ll_sql_bind_text(stmt, 1, run);
    sqlite3_bind_int64(stmt, 2, p->step);
    for (int i = 0; i < 4; i++) {
        if (isinf(v[i]))
            return LL_FAIL(err, LL_ENUM, "%s: run %s at step %lld: a number is infinite", s->path, run,
                           (long long)p->step);
        ll_sql_bind_real(stmt, 3 + i, v[i]);
    }
    return LL_OK;
}

ll_status ll_store_put_point(ll_store *s, const char *run, const ll_point *p, ll_error *err) {
    sqlite3_stmt *stmt = NULL;
    LL_TRY(ll_sql_begin(s, err));
    ll_status status = ll_sql_prepare(s, &stmt, ll_sql_put_point, err);
    if (status == LL_OK) status = ll_sql_bind_point(s, stmt, run, p, err);
    if (status == LL_OK) status = ll_sql_run(s, stmt, err);
    if (status == LL_OK && sqlite3_changes(s->db) == 0)
        status = LL_FAIL(err, LL_EINPUT, "%s: there is no run '%.80s'", s->path, run);
    sqlite3_finalize(stmt);
    return ll_sql_end(s, status, err);
}

ll_status ll_store_cut_points(ll_store *s, const char *run, int64_t step, ll_error *err) {
    static const char *const cut[] = {
        "DELETE FROM point WHERE run = (SELECT key FROM run WHERE id = ?1) AND step >= ?2",
        "DELETE FROM score WHERE run = (SELECT key FROM run WHERE id = ?1) AND step >= ?2",
    };
    sqlite3_stmt *stmt;
    LL_TRY(ll_sql_begin(s, err));
    ll_status status = LL_OK;
    for (int k = 0; k < 2 && status == LL_OK; k++) {
        status = ll_sql_prepare(s, &stmt, cut[k], err);
        if (status != LL_OK) break;
        ll_sql_bind_text(stmt, 1, run);
        sqlite3_bind_int64(stmt, 2, step);
        status = ll_sql_run(s, stmt, err);
        sqlite3_finalize(stmt);
    }
    return ll_sql_end(s, status, err);
}

static ll_status read_points(ll_store *s, const char *run, sqlite3_stmt *stmt, ll_point **out, int64_t *n,
                             ll_error *err) {
    for (;;) {
        bool row;
        LL_TRY(ll_sql_step(s, stmt, &row, err));
        if (!row) return LL_OK;
        ll_point *bigger = ll_sql_grow(*out, *n, sizeof **out);
        if (!bigger) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory for %lld points", s->path, (long long)*n);
        *out = bigger;
        if (sqlite3_column_int(stmt, 5) != 1)
            return LL_FAIL(err, LL_EFORMAT,
                           "%s: the point of run '%.80s' at step %lld is damaged, or was edited: its checksum is "
                           "another; 'runs drop %.80s --yes' removes the run, and 'run' makes it anew",
                           s->path, run, (long long)sqlite3_column_int64(stmt, 0), run);
        bigger[(*n)++] = (ll_point) { .step = sqlite3_column_int64(stmt, 0),
                                      .tokens = ll_sql_real(stmt, 1),
                                      .loss = ll_sql_real(stmt, 2),
                                      .se = ll_sql_real(stmt, 3),
                                      .train_loss = ll_sql_real(stmt, 4) };
    }
}

ll_status ll_store_list_points(ll_store *s, const char *run, ll_point **out, int64_t *n, ll_error *err) {
    sqlite3_stmt *stmt = NULL;
    *out = NULL;
    *n = 0;
    LL_TRY(ll_sql_prepare(s, &stmt,
                          "SELECT step, tokens, loss, se, train_loss, " LL_SQL_SUM(
                              "point", "run, step, tokens, loss, se, train_loss") " FROM point"
                                                                                  " WHERE run = (SELECT key FROM "
                                                                                  "run WHERE id = ?) ORDER BY step",
                          err));
    ll_sql_bind_text(stmt, 1, run);
    ll_status status = read_points(s, run, stmt, out, n, err);
    sqlite3_finalize(stmt);
    if (status == LL_OK) return LL_OK;
    free(*out);
    *out = NULL;
    *n = 0;
    return status;
}
