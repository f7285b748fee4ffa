/* Scores: what probes and training measured of the runs' models. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/rows/store_rows.h"
#include "store/sql/row_sum.h"

#define COLUMNS "run, probe, metric, step, settings, value, se, items, chance"
enum { VALUES = 9 };

const char ll_rows_put_score[] =
    "INSERT INTO score (" COLUMNS ", sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (run, probe, metric, step) DO UPDATE SET settings = excluded.settings, value = excluded.value,"
    " se = excluded.se, items = excluded.items, chance = excluded.chance, sum = excluded.sum";

static uint64_t put_text(ll_sql_statement *stmt, int i, const char *text, uint64_t sum) {
    ll_sql_bind_text(stmt, i, text);
    return ll_row_sum_text(sum, text, strlen(text));
}

static uint64_t put_int(ll_sql_statement *stmt, int i, int64_t v, uint64_t sum) {
    ll_sql_bind_int(stmt, i, v);
    return ll_row_sum_int(sum, v);
}

static uint64_t put_real(ll_sql_statement *stmt, int i, double v, uint64_t sum) {
    ll_sql_bind_real(stmt, i, v);
    return ll_row_sum_real(sum, v);
}

ll_status ll_rows_bind_score(ll_store *s, ll_sql_statement *stmt, const char *run, int64_t key,
                             const ll_run_score *of, ll_error *err) {
    if (isinf(of->value) || isinf(of->se) || isinf(of->chance))
        return LL_FAIL(err, LL_ENUM, "%s: run %s: %s.%s is infinite", s->path, run, of->probe, of->metric);
    uint64_t sum = put_int(stmt, 1, key, ll_row_sum_of(VALUES));
    sum = put_text(stmt, 2, of->probe, sum);
    sum = put_text(stmt, 3, of->metric, sum);
    sum = put_int(stmt, 4, of->step, sum);
    sum = put_text(stmt, 5, of->settings, sum);
    sum = put_real(stmt, 6, of->value, sum);
    sum = put_real(stmt, 7, of->se, sum);
    sum = put_int(stmt, 8, of->items, sum);
    sum = put_real(stmt, 9, of->chance, sum);
    ll_sql_bind_int(stmt, 10, (int64_t)sum);
    return LL_OK;
}

typedef struct put_of {
    const char *run;
    const ll_run_score *scores;
    int64_t n;
} put_of;

static ll_status put_scores(ll_store *s, void *ctx, ll_error *err) {
    const put_of *put = ctx;
    int64_t key;
    ll_sql_statement *stmt;
    LL_TRY(ll_rows_key_of(s, put->run, &key, err));
    LL_TRY(ll_sql_prepare(s, &stmt, ll_rows_put_score, err));
    ll_status status = LL_OK;
    for (int64_t i = 0; i < put->n && status == LL_OK; i++) {
        status = ll_rows_bind_score(s, stmt, put->run, key, &put->scores[i], err);
        if (status == LL_OK) status = ll_sql_run(s, stmt, NULL, err);
    }
    ll_sql_finish(stmt);
    return status;
}

ll_status ll_store_put_scores(ll_store *s, const char *run, const ll_run_score *scores, int64_t n, ll_error *err) {
    return ll_sql_transact(s, LL_SQL_WRITE, put_scores, &(put_of) { run, scores, n }, err);
}

#define SELECT "SELECT run.id, " COLUMNS ", score.sum FROM score JOIN run ON run.key = score.run"

/* Column 0 is the run's id, 1 its key. */
static ll_status read_score(ll_store *s, ll_sql_statement *stmt, ll_run_score *out, ll_error *err) {
    char run[LL_RUN_ID];
    ll_sql_text(stmt, 2, out->probe, sizeof out->probe);
    ll_sql_text(stmt, 3, out->metric, sizeof out->metric);
    out->step = ll_sql_int(stmt, 4);
    ll_sql_text(stmt, 5, out->settings, sizeof out->settings);
    out->value = ll_sql_real(stmt, 6);
    out->se = ll_sql_real(stmt, 7);
    out->items = ll_sql_int(stmt, 8);
    out->chance = ll_sql_real(stmt, 9);
    if ((int64_t)ll_row_sum_columns(ll_row_sum_of(VALUES), stmt, 1, VALUES) == ll_sql_int(stmt, VALUES + 1))
        return LL_OK;
    ll_sql_text(stmt, 0, run, sizeof run);
    return LL_FAIL(
        err, LL_EFORMAT,
        "%s: %s.%s of run '%.80s' at step %lld is damaged, or was edited: its checksum is another; 'probe "
        "run' measures it anew",
        s->path, out->probe, out->metric, run, (long long)out->step);
}

static ll_status read_scores(ll_store *s, ll_sql_statement *stmt, ll_run_score **out, int64_t *n, ll_error *err) {
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
    ll_sql_statement *stmt = NULL;
    *out = NULL;
    *n = 0;
    LL_TRY(ll_sql_prepare(s, &stmt, SELECT " WHERE run.id = ? ORDER BY probe, metric, score.step", err));
    ll_sql_bind_text(stmt, 1, run);
    const ll_status status = read_scores(s, stmt, out, n, err);
    ll_sql_finish(stmt);
    if (status == LL_OK) return LL_OK;
    free(*out);
    *out = NULL;
    *n = 0;
    return status;
}

ll_status ll_store_visit_scores(ll_store *s, const char *ladder, bool every_step, ll_run_score_visit *visit,
                                void *ctx, ll_error *err) {
    ll_sql_statement *stmt = NULL;
    ll_run_score score;
    char run[LL_RUN_ID];
    bool row = true;
    LL_TRY(ll_sql_prepare(
        s, &stmt,
        SELECT " WHERE (?1 = '' OR run.ladder = ?1) AND (?2 = 1 OR score.step = (SELECT max(step) FROM score o"
               " WHERE o.run = score.run AND o.probe = score.probe AND o.metric = score.metric))"
               " ORDER BY probe, metric, run.key",
        err));
    ll_sql_bind_text(stmt, 1, ladder);
    ll_sql_bind_int(stmt, 2, every_step);
    ll_status status = ll_sql_step(s, stmt, &row, err);
    while (status == LL_OK && row) {
        status = read_score(s, stmt, &score, err);
        ll_sql_text(stmt, 0, run, sizeof run);
        if (status == LL_OK) status = visit(ctx, run, &score, err);
        if (status == LL_OK) status = ll_sql_step(s, stmt, &row, err);
    }
    ll_sql_finish(stmt);
    return status;
}
