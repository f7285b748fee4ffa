/* The points of the runs' learning curves. */
#include <math.h>
#include <stdlib.h>

#include "store/rows/store_rows.h"
#include "store/sql/row_sum.h"

const char ll_rows_put_point[] =
    "INSERT INTO point (run, step, tokens, loss, se, train_loss, sum) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (run, step) DO UPDATE SET tokens = excluded.tokens, loss = excluded.loss, se = excluded.se,"
    " train_loss = excluded.train_loss, sum = excluded.sum";

ll_status ll_rows_bind_point(ll_store *s, ll_sql_statement *stmt, const char *run, int64_t key, const ll_point *p,
                             ll_error *err) {
    const double v[] = { p->tokens, p->loss, p->se, p->train_loss };
    uint64_t sum = ll_row_sum_int(ll_row_sum_int(ll_row_sum_of(6), key), p->step);
    ll_sql_bind_int(stmt, 1, key);
    ll_sql_bind_int(stmt, 2, p->step);
    for (int i = 0; i < 4; i++) {
        if (isinf(v[i]))
            return LL_FAIL(err, LL_ENUM, "%s: run %s at step %lld: a number is infinite", s->path, run,
                           (long long)p->step);
        ll_sql_bind_real(stmt, 3 + i, v[i]);
        sum = ll_row_sum_real(sum, v[i]);
    }
    ll_sql_bind_int(stmt, 7, (int64_t)sum);
    return LL_OK;
}

typedef struct put_of {
    const char *run;
    const ll_point *point;
} put_of;

static ll_status put_point(ll_store *s, void *ctx, ll_error *err) {
    const put_of *put = ctx;
    int64_t key;
    ll_sql_statement *stmt;
    LL_TRY(ll_rows_key_of(s, put->run, &key, err));
    LL_TRY(ll_sql_prepare(s, &stmt, ll_rows_put_point, err));
    ll_status status = ll_rows_bind_point(s, stmt, put->run, key, put->point, err);
    if (status == LL_OK) status = ll_sql_run(s, stmt, NULL, err);
    ll_sql_finish(stmt);
    return status;
}

ll_status ll_store_put_point(ll_store *s, const char *run, const ll_point *p, ll_error *err) {
    return ll_sql_transact(s, LL_SQL_WRITE, put_point, &(put_of) { run, p }, err);
}

typedef struct cut_of {
    const char *run;
    int64_t step;
} cut_of;

static ll_status cut_points(ll_store *s, void *ctx, ll_error *err) {
    static const char *const sql[] = {
        "DELETE FROM point WHERE run = (SELECT key FROM run WHERE id = ?1) AND step >= ?2",
        "DELETE FROM score WHERE run = (SELECT key FROM run WHERE id = ?1) AND step >= ?2",
    };
    const cut_of *cut = ctx;
    for (int k = 0; k < 2; k++) {
        ll_sql_statement *stmt;
        LL_TRY(ll_sql_prepare(s, &stmt, sql[k], err));
        ll_sql_bind_text(stmt, 1, cut->run);
        ll_sql_bind_int(stmt, 2, cut->step);
        const ll_status status = ll_sql_run(s, stmt, NULL, err);
        ll_sql_finish(stmt);
        if (status != LL_OK) return status;
    }
    return LL_OK;
}

ll_status ll_store_cut_points(ll_store *s, const char *run, int64_t step, ll_error *err) {
    return ll_sql_transact(s, LL_SQL_WRITE, cut_points, &(cut_of) { run, step }, err);
}

/* *end: where the last point has to be; NaN: that is not known. */
static ll_status read_points(ll_store *s, const char *run, ll_sql_statement *stmt, ll_point **out, int64_t *n,
                             double *end, ll_error *err) {
    enum { VALUES = 6 };
    for (;;) {
        bool row;
        uint64_t sum = ll_row_sum_of(VALUES);
        ll_sql_value v[VALUES];
        LL_TRY(ll_sql_step(s, stmt, &row, err));
        if (!row) return LL_OK;
        for (int i = 0; i < VALUES; i++) {
            v[i] = stmt->engine->value(stmt, i);
            sum = ll_row_sum_value(sum, &v[i]);
        }
        *end = ll_sql_real(stmt, 7);
        if (isnan(ll_sql_as_real(&v[1]))) return LL_OK; /* the run has none here */
        ll_point *bigger = ll_sql_grow(*out, *n, sizeof **out);
        if (!bigger) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory for %lld points", s->path, (long long)*n);
        *out = bigger;
        if ((int64_t)sum != ll_sql_int(stmt, 6))
            return LL_FAIL(err, LL_EFORMAT,
                           "%s: the point of run '%.80s' at step %lld is damaged, or was edited: its checksum is "
                           "another; 'runs drop %.80s --yes' removes the run, and 'run' makes it anew",
                           s->path, run, (long long)ll_sql_as_int(&v[1]), run);
        bigger[(*n)++] = (ll_point) { .step = ll_sql_as_int(&v[1]),
                                      .tokens = ll_sql_as_real(&v[2]),
                                      .loss = ll_sql_as_real(&v[3]),
                                      .se = ll_sql_as_real(&v[4]),
                                      .train_loss = ll_sql_as_real(&v[5]) };
    }
}

/* Pages of a file can be lost with all that is on them, and no row is damaged then. But whoever trained a rung of ours to
 * its end evaluated it there. */
static ll_status check_end(ll_store *s, const char *run, int64_t step, const ll_point *points, int64_t n,
                           double end, ll_error *err) {
    const double last = n ? (double)points[n - 1].step : (double)step;
    if (!(last < floor(end))) return LL_OK;
    return LL_FAIL(
        err, LL_EFORMAT,
        "%s: run '%.80s' is done at step %.0f, and its points from there are missing: the store is damaged; "
        "'runs drop %.80s --yes' removes the run, and 'run' makes it anew",
        s->path, run, end, run);
}

ll_status ll_store_list_points(ll_store *s, const char *run, ll_point **out, int64_t *n, ll_error *err) {
    return ll_store_list_points_behind(s, run, INT64_MIN, out, n, err);
}

ll_status ll_store_list_points_behind(ll_store *s, const char *run, int64_t step, ll_point **out, int64_t *n,
                                      ll_error *err) {
    ll_sql_statement *stmt = NULL;
    *out = NULL;
    *n = 0;
    double end = NAN;
    LL_TRY(ll_sql_prepare(
        s, &stmt,
        "SELECT point.run, step, point.tokens, point.loss, se, point.train_loss, point.sum,"
        " CASE WHEN state = 'done' AND ladder <> '' AND kernels NOT IN ('', 'command') THEN steps END"
        " FROM run LEFT JOIN point ON point.run = run.key AND step > ?2 WHERE id = ?1 ORDER BY step",
        err));
    ll_sql_bind_text(stmt, 1, run);
    ll_sql_bind_int(stmt, 2, step);
    ll_status status = read_points(s, run, stmt, out, n, &end, err);
    if (status == LL_OK) status = check_end(s, run, step, *out, *n, end, err);
    ll_sql_finish(stmt);
    if (status == LL_OK) return LL_OK;
    free(*out);
    *out = NULL;
    *n = 0;
    return status;
}
