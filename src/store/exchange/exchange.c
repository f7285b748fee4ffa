/* Runs to tables; import.c goes the other way. */
#include <math.h>
#include <stdlib.h>

#include "store/exchange/exchange.h"

/* ---- the runs of a store, or the points of their curves ---- */

ll_status ll_exporting_open(ll_exporting *x, ll_store *s, bool curves, ll_error *err) {
    *x = (ll_exporting) { .store = s, .curves = curves };
    return curves ? LL_OK : ll_store_scored_runs(s, &x->held_out, err);
}

static ll_status add_points(const ll_exporting *x, ll_run_table *rt, const ll_run *run, ll_error *err) {
    ll_point *points;
    int64_t n;
    LL_TRY(ll_store_list_points(x->store, run->id, &points, &n, err));
    ll_status status = LL_OK;
    for (int64_t i = 0; i < n && status == LL_OK; i++) {
        const ll_run at = ll_run_at_point(run, &points[i]);
        if (!isnan(points[i].loss)) status = ll_run_table_add(rt, &at, err);
    }
    free(points);
    return status;
}

ll_status ll_exporting_add(const ll_exporting *x, ll_run_table *rt, const ll_run *run, ll_error *err) {
    if (x->curves) return add_points(x, rt, run, err);
    ll_run noted = *run;
    ll_runs_note_scored(&noted, 1, &x->held_out);
    return ll_run_table_add(rt, &noted, err);
}

typedef struct gathering {
    const char *ladder, *where;
    ll_exporting from;
    ll_run_table rt;
    ll_table *out;
} gathering;

static ll_status take_run(void *ctx, const ll_run *run, ll_error *err) {
    gathering *g = ctx;
    return ll_exporting_add(&g->from, &g->rt, run, err);
}

static ll_status take_all(ll_store *s, void *ctx, ll_error *err) {
    gathering *g = ctx;
    ll_status status = ll_exporting_open(&g->from, s, g->from.curves, err);
    ll_run_table_open(&g->rt, true);
    if (status == LL_OK) status = ll_store_visit_listed(s, g->ladder, LL_RUN_DONE, g->where, take_run, g, err);
    ll_scored_runs_clear(&g->from.held_out);
    return ll_run_table_close_with_scores(&g->rt, status, s, g->from.curves, g->out, err);
}

static ll_status export(ll_store *s, const char *ladder, const char *where, bool curves, ll_table *out,
                        ll_error *err) {
    gathering g = { .ladder = ladder, .where = where, .from.curves = curves, .out = out };
    *out = (ll_table) { 0 };
    return ll_store_read(s, take_all, &g, err);
}

ll_status ll_store_export(ll_store *s, const char *ladder, const char *where, ll_table *out, ll_error *err) {
    return export(s, ladder, where, false, out, err);
}

ll_status ll_store_export_curves(ll_store *s, const char *ladder, const char *where, ll_table *out, ll_error *err) {
    return export(s, ladder, where, true, out, err);
}
