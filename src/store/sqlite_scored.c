/* The scores that the ledger holds, by the run they speak of. */
#include <stdlib.h>
#include <string.h>

#include "store/observation.h"
#include "store/sqlite.h"

static int by_id(const void *a, const void *b) {
    return strcmp(a, b);
}

static ll_status read_scored(ll_store *s, sqlite3_stmt *stmt, ll_scored_runs *out, ll_error *err) {
    for (;;) {
        bool row;
        LL_TRY(ll_sql_step(s, stmt, &row, err));
        if (!row) return LL_OK;
        void *more = ll_sql_grow(out->id, out->n, sizeof *out->id);
        if (!more) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory for %lld scores", s->path, (long long)out->n);
        out->id = more;
        ll_sql_text(stmt, 0, out->id[out->n++], sizeof *out->id);
    }
}

ll_status ll_store_scored_runs(ll_store *s, ll_scored_runs *out, ll_error *err) {
    sqlite3_stmt *stmt = NULL;
    *out = (ll_scored_runs) { 0 };
    LL_TRY(ll_sql_prepare(s, &stmt,
                          "SELECT json_extract(body, '$.run') FROM ledger WHERE json_valid(body) AND "
                          "json_extract(body, '$.schema') = 'loglog.score/1'",
                          err));
    ll_status status = read_scored(s, stmt, out, err);
    sqlite3_finalize(stmt);
    if (status != LL_OK) ll_scored_runs_clear(out);
    else if (out->n) qsort(out->id, (size_t)out->n, sizeof *out->id, by_id);
    return status;
}

void ll_scored_runs_clear(ll_scored_runs *scored) {
    free(scored->id);
    *scored = (ll_scored_runs) { 0 };
}
