/* Runs in great number, each with its points and scores. */
#include "store/rows/store_rows.h"

ll_status ll_rows_writer_open(ll_rows_writer *w, ll_store *s, ll_error *err) {
    *w = (ll_rows_writer) { .store = s };
    LL_TRY(ll_sql_prepare(s, &w->point, ll_rows_put_point, err));
    return ll_sql_prepare(s, &w->score, ll_rows_put_score, err);
}

/* To name a column costs as much for a run that says nothing there. */
static ll_status widen(ll_rows_writer *w, const ll_run *run, ll_error *err) {
    const uint64_t fields = w->fields | ll_rows_known_fields(run);
    if (fields == w->fields) return LL_OK;
    ll_sql_finish(w->run);
    w->run = NULL;
    w->fields = fields;
    return ll_rows_insert_run(w->store, &w->run, fields, err);
}

/* The run that was put last. */
static ll_status key_of(const ll_rows_writer *w, const ll_run *run, int64_t *key, ll_error *err) {
    const ll_sql_engine *engine = w->store->engine;
    if (!engine->inserted) return ll_rows_key_of(w->store, run->id, key, err);
    *key = engine->inserted(w->store);
    return LL_OK;
}

ll_status ll_rows_writer_put(ll_rows_writer *w, const ll_run *run, const ll_point *points, int64_t n,
                             ll_error *err) {
    int64_t key;
    LL_TRY(widen(w, run, err));
    LL_TRY(ll_rows_bind_run(w->store, w->run, run, w->fields, err));
    LL_TRY(ll_sql_run(w->store, w->run, NULL, err));
    if (n) LL_TRY(key_of(w, run, &key, err));
    for (int64_t k = 0; k < n; k++) {
        LL_TRY(ll_rows_bind_point(w->store, w->point, run->id, key, &points[k], err));
        LL_TRY(ll_sql_run(w->store, w->point, NULL, err));
    }
    return LL_OK;
}

ll_status ll_rows_writer_score(ll_rows_writer *w, const char *run, const ll_run_score *scores, int64_t n,
                               ll_error *err) {
    int64_t key;
    if (n) LL_TRY(ll_rows_key_of(w->store, run, &key, err));
    for (int64_t k = 0; k < n; k++) {
        LL_TRY(ll_rows_bind_score(w->store, w->score, run, key, &scores[k], err));
        LL_TRY(ll_sql_run(w->store, w->score, NULL, err));
    }
    return LL_OK;
}

void ll_rows_writer_close(ll_rows_writer *w) {
    ll_sql_finish(w->run);
    ll_sql_finish(w->point);
    ll_sql_finish(w->score);
}
