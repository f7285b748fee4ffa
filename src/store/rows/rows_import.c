/* The runs of one imported file in the place of those that it gave before. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/rows/store_rows.h"

typedef struct group {
    ll_store *s;
    const char *prefix;
    char end[32]; /* the first text behind all that begin with prefix */
    const ll_rows_source *from;
    bool alone; /* the store has no other run */
} group;

/* '0' follows '/' in ASCII. */
static ll_status open_group(group *g, ll_store *s, const char *prefix, const ll_rows_source *from, ll_error *err) {
    size_t n = strlen(prefix);
    *g = (group) { .s = s, .prefix = prefix, .from = from };
    if (n == 0 || n >= sizeof g->end || prefix[n - 1] != '/')
        return LL_FAIL(err, LL_EINPUT, "'%.40s' is no beginning of ids", prefix);
    strcpy(g->end, prefix);
    g->end[n - 1] = '/' + 1;
    return LL_OK;
}

/* Prepares a statement whose ?1 and ?2 are the bounds of the group's ids. */
static ll_status prepare(const group *g, ll_sql_statement **stmt, const char *sql, ll_error *err) {
    LL_TRY(ll_sql_prepare(g->s, stmt, sql, err));
    ll_sql_bind_text(*stmt, 1, g->prefix);
    ll_sql_bind_text(*stmt, 2, g->end);
    return LL_OK;
}

static ll_status count(const group *g, const char *sql, const char *source, int64_t *out, ll_error *err) {
    ll_sql_statement *stmt = NULL;
    bool row = false;
    LL_TRY(prepare(g, &stmt, sql, err));
    if (source) ll_sql_bind_text(stmt, 3, source);
    ll_status status = ll_sql_step(g->s, stmt, &row, err);
    *out = row ? ll_sql_int(stmt, 0) : 0;
    ll_sql_finish(stmt);
    return status;
}

/* ---- the same? ---- */

static bool same_number(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

static bool same_run(const ll_run *a, const ll_run *b) {
    for (const ll_run_field *f = ll_run_fields; f->name; f++) {
        const char *x = (const char *)a + f->offset, *y = (const char *)b + f->offset;
        if (f->offset == offsetof(ll_run, source)) continue;
        if (f->kind == LL_FIELD_TEXT && strcmp(x, y) != 0) return false;
        if (f->kind == LL_FIELD_REAL && !same_number(*(const double *)x, *(const double *)y)) return false;
        if (f->kind == LL_FIELD_INT && *(const int64_t *)x != *(const int64_t *)y) return false;
    }
    return a->state == b->state;
}

static bool same_points(const ll_point *a, const ll_point *b, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        if (a[i].step != b[i].step || !same_number(a[i].tokens, b[i].tokens) ||
            !same_number(a[i].loss, b[i].loss) || !same_number(a[i].se, b[i].se) ||
            !same_number(a[i].train_loss, b[i].train_loss))
            return false;
    return true;
}

static ll_status same_curve(ll_store *s, const ll_run *run, const ll_point *points, int64_t n, bool *same,
                            ll_error *err) {
    ll_point *old;
    int64_t n_old;
    const ll_status status = ll_store_list_points(s, run->id, &old, &n_old, err);
    *same = false;
    if (status != LL_OK) return status == LL_EFORMAT ? LL_OK : status; /* damaged as above */
    *same = n == n_old && same_points(old, points, n);
    free(old);
    return LL_OK;
}

/* A damaged row is another: it is written anew with the rest. */
static ll_status read_next(const group *g, ll_sql_statement *stmt, ll_run *old, bool *same, ll_error *err) {
    LL_TRY(ll_sql_step(g->s, stmt, same, err));
    const ll_status status = *same ? ll_rows_read_run(g->s, stmt, old, err) : LL_OK;
    *same = *same && status == LL_OK;
    return status == LL_EFORMAT ? LL_OK : status;
}

static ll_status is_next(const group *g, ll_sql_statement *stmt, int64_t i, bool *same, ll_error *err) {
    ll_run run, old;
    const ll_point *points;
    int64_t n;
    LL_TRY(read_next(g, stmt, &old, same, err));
    if (!*same) return LL_OK;
    LL_TRY(g->from->make(g->from->ctx, i, &run, &points, &n, err));
    *same = same_run(&run, &old);
    return *same && n ? same_curve(g->s, &run, points, n, same, err) : LL_OK;
}

/* The runs of a file were written in its order. */
static ll_status is_same(const group *g, int64_t there, bool *same, ll_error *err) {
    char sql[LL_ROWS_SQL];
    ll_sql_statement *stmt = NULL;
    *same = there == g->from->n;
    snprintf(sql, sizeof sql, "%srun.id >= ?1 AND run.id < ?2 ORDER BY run.key", ll_rows_select_runs);
    LL_TRY(prepare(g, &stmt, sql, err));
    ll_status status = LL_OK;
    for (int64_t i = 0; i < g->from->n && *same && status == LL_OK; i++) status = is_next(g, stmt, i, same, err);
    ll_sql_finish(stmt);
    return status;
}

/* ---- in their place ---- */

static ll_status remove_all(const group *g, ll_error *err) {
    ll_sql_statement *stmt = NULL;
    LL_TRY(prepare(g, &stmt, "DELETE FROM run WHERE id >= ?1 AND id < ?2", err));
    ll_status status = ll_sql_run(g->s, stmt, NULL, err);
    ll_sql_finish(stmt);
    return status;
}

static ll_status put_one(const group *g, ll_rows_writer *w, int64_t i, ll_error *err) {
    ll_run r;
    const ll_point *points;
    int64_t n;
    LL_TRY(g->from->make(g->from->ctx, i, &r, &points, &n, err));
    return ll_rows_writer_put(w, &r, points, n, err);
}

static ll_status put_all(const group *g, ll_error *err) {
    ll_rows_writer w;
    ll_status status = ll_rows_writer_open(&w, g->s, err);
    for (int64_t i = 0; i < g->from->n && status == LL_OK; i++) status = put_one(g, &w, i, err);
    ll_rows_writer_close(&w);
    return status;
}

static ll_status look_around(group *g, ll_error *err) {
    int64_t others;
    LL_TRY(count(g, "SELECT count(*) FROM (SELECT 1 FROM run WHERE id < ?1 OR id >= ?2 LIMIT 1) AS other", NULL,
                 &others, err));
    g->alone = !others;
    return LL_OK;
}

/* Where there is no other run the indexes are made behind the rows: these come in no order of them. */
static ll_status put_alone(const group *g, ll_error *err) {
    const ll_sql_engine *engine = g->s->engine;
    if (!g->alone || !engine->load_runs) return put_all(g, err);
    LL_TRY(engine->load_runs(g->s, true, err));
    LL_TRY(put_all(g, err));
    return engine->load_runs(g->s, false, err);
}

static ll_status replace(const group *g, ll_imported *out, ll_error *err) {
    bool same;
    int64_t there;
    LL_TRY(count(g, "SELECT count(*) FROM run WHERE id >= ?1 AND id < ?2", NULL, &there, err));
    LL_TRY(is_same(g, there, &same, err));
    if (same && there) return LL_OK;
    LL_TRY(remove_all(g, err));
    LL_TRY(put_alone(g, err));
    out->added = g->from->n;
    out->replaced = there;
    return LL_OK;
}

static ll_status count_namesakes(const group *g, int64_t *out, ll_error *err) {
    ll_run run;
    const ll_point *points;
    int64_t n;
    *out = 0;
    if (g->alone || g->from->n == 0) return LL_OK;
    LL_TRY(g->from->make(g->from->ctx, 0, &run, &points, &n, err));
    return count(g,
                 "SELECT count(*) FROM run WHERE source = ?3 AND ladder = '' AND NOT (id >= ?1 AND id < ?2)"
                 " AND name IN (SELECT name FROM run WHERE id >= ?1 AND id < ?2)",
                 run.source, out, err);
}

typedef struct replacing {
    group group;
    ll_imported *out;
    bool ended; /* a try before came to its end with out, and may have been kept */
} replacing;

static ll_status replace_all(ll_store *s, void *ctx, ll_error *err) {
    replacing *r = ctx;
    const ll_imported before = *r->out;
    LL_TRY(ll_sql_hold(s, r->group.prefix, err));
    r->out->added = r->out->replaced = r->out->namesakes = 0;
    LL_TRY(look_around(&r->group, err));
    LL_TRY(replace(&r->group, r->out, err));
    if (r->ended && !r->out->added) r->out->added = before.added, r->out->replaced = before.replaced;
    r->ended = true;
    return count_namesakes(&r->group, &r->out->namesakes, err);
}

ll_status ll_rows_replace(ll_store *s, const char *prefix, const ll_rows_source *from, ll_imported *out,
                          ll_error *err) {
    replacing r = { .out = out };
    LL_TRY(open_group(&r.group, s, prefix, from, err));
    return ll_sql_transact(s, LL_SQL_SAFE, replace_all, &r, err);
}
