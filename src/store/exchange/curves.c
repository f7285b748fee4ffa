/* Points of learning curves as runs, with what the run itself knows beside each. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/exchange/exchange.h"

ll_run ll_run_at_point(const ll_run *run, const ll_point *p) {
    ll_run at = *run;
    at.steps = (double)p->step;
    at.tokens = p->tokens;
    at.loss = p->loss;
    at.loss_se = p->se;
    at.flops = 6 * run->params * p->tokens;
    at.flops_exact = run->flops_exact * (p->tokens / run->tokens);
    at.unique_tokens = fmin(run->unique_tokens, p->tokens);
    return at;
}

/* Points of all runs, as runs that ended there. */
typedef struct gathering {
    ll_run *rows; /* [n] */
    int64_t n, room;
} gathering;

static ll_status add_row(gathering *g, const ll_run *run, const ll_point *p, ll_error *err) {
    if (g->n == g->room) {
        const int64_t room = g->room ? 2 * g->room : 256;
        ll_run *bigger = realloc(g->rows, (size_t)room * sizeof *bigger);
        if (!bigger) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld points", (long long)room);
        g->rows = bigger;
        g->room = room;
    }
    g->rows[g->n++] = ll_run_at_point(run, p);
    return LL_OK;
}

static ll_status gather(gathering *g, ll_store *s, const ll_run *runs, int64_t n, ll_error *err) {
    for (int64_t i = 0; i < n; i++) {
        ll_point *points;
        int64_t n_points;
        LL_TRY(ll_store_list_points(s, runs[i].id, &points, &n_points, err));
        ll_status status = LL_OK;
        for (int64_t k = 0; k < n_points && status == LL_OK; k++)
            if (!isnan(points[k].loss)) status = add_row(g, &runs[i], &points[k], err);
        free(points);
        if (status != LL_OK) return status;
    }
    return LL_OK;
}

ll_status ll_runs_to_points(ll_store *s, const ll_run *runs, int64_t n, ll_run **out, int64_t *n_out,
                            ll_error *err) {
    gathering g = { 0 };
    const ll_status status = gather(&g, s, runs, n, err);
    if (status != LL_OK) free(g.rows);
    *out = status == LL_OK ? g.rows : NULL;
    *n_out = status == LL_OK ? g.n : 0;
    return status;
}
