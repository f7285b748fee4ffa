/* Runs to tables; import.c goes the other way. */
#include <math.h>
#include <stdlib.h>

#include "store/exchange/exchange.h"
#include "store/observation.h"
#include "store/run_table.h"

ll_status ll_runs_to_table(const ll_run *runs, int64_t n, ll_table *out, ll_error *err) {
    ll_run_table rt;
    ll_status status = LL_OK;
    ll_run_table_open(&rt, false);
    for (int64_t i = 0; i < n && status == LL_OK; i++) status = ll_run_table_add(&rt, &runs[i], err);
    return ll_run_table_close(&rt, status, out, err);
}

/* ---- the runs of a store, or the points of their curves ---- */

typedef struct exporting {
    ll_store *s;
    const char *ladder, *where;
    bool curves;
    ll_scored_runs scored;
    ll_run_table rt;
    ll_table *out;
} exporting;

static ll_status take_run(void *ctx, const ll_run *run, ll_error *err) {
    exporting *x = ctx;
    ll_run noted = *run;
    ll_runs_note_scored(&noted, 1, &x->scored);
    return ll_run_table_add(&x->rt, &noted, err);
}

static ll_status take_points(void *ctx, const ll_run *run, ll_error *err) {
    exporting *x = ctx;
    ll_point *points;
    int64_t n;
    LL_TRY(ll_store_list_points(x->s, run->id, &points, &n, err));
    ll_status status = LL_OK;
    for (int64_t i = 0; i < n && status == LL_OK; i++) {
        const ll_run at = ll_run_at_point(run, &points[i]);
        if (!isnan(points[i].loss)) status = ll_run_table_add(&x->rt, &at, err);
    }
    free(points);
    return status;
}

static ll_status take_all(ll_store *s, void *ctx, ll_error *err) {
    exporting *x = ctx;
    ll_status status = x->curves ? LL_OK : ll_store_scored_runs(s, &x->scored, err);
    ll_run_table_open(&x->rt, true);
    if (status == LL_OK)
        status =
            ll_store_visit_listed(s, x->ladder, LL_RUN_DONE, x->where, x->curves ? take_points : take_run, x, err);
    ll_scored_runs_clear(&x->scored);
    return ll_run_table_close_with_scores(&x->rt, status, s, x->curves, x->out, err);
}

ll_status ll_store_export(ll_store *s, const char *ladder, const char *where, ll_table *out, ll_error *err) {
    exporting x = { .s = s, .ladder = ladder, .where = where, .out = out };
    *out = (ll_table) { 0 };
    return ll_store_read(s, take_all, &x, err);
}

ll_status ll_store_export_curves(ll_store *s, const char *ladder, const char *where, ll_table *out, ll_error *err) {
    exporting x = { .s = s, .ladder = ladder, .where = where, .out = out, .curves = true };
    *out = (ll_table) { 0 };
    return ll_store_read(s, take_all, &x, err);
}
