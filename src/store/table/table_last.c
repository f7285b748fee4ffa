/* Learning curves as tables: of each run the last checkpoint. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/table/table_fill.h"

typedef struct checkpoint {
    const char *run;
    double step;
    int64_t row;
} checkpoint;

static int by_run(const void *a, const void *b) {
    const checkpoint *p = a, *q = b;
    int order = strcmp(p->run, q->run);
    if (order) return order;
    if (p->step != q->step) return p->step < q->step ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

/* Those that have a loss and a step, in order of runs; returns how many. */
static int64_t gather(const ll_table *t, checkpoint *at) {
    int64_t n = 0;
    for (int64_t i = 0; i < t->rows; i++) {
        const char *run = t->text[LL_COL_RUN] && t->text[LL_COL_RUN][i] ? t->text[LL_COL_RUN][i] : "";
        if (!isnan(t->num[LL_COL_STEP][i]) && !isnan(ll_table_num(t, i, LL_COL_LOSS)))
            at[n++] = (checkpoint) { run, t->num[LL_COL_STEP][i], i };
    }
    qsort(at, (size_t)n, sizeof *at, by_run);
    return n;
}

ll_status ll_table_keep_last(ll_table *t, const char *path, ll_error *err) {
    if (!t->num[LL_COL_STEP])
        return LL_FAIL(err, LL_EINPUT, "%s: last: no column of steps; name it with --col step=HEADER", path);
    checkpoint *at = malloc(((size_t)t->rows + 1) * sizeof *at);
    bool *keep = calloc((size_t)t->rows + 1, sizeof *keep);
    if (at && keep) {
        int64_t n = gather(t, at);
        for (int64_t k = 0; k < n; k++) keep[at[k].row] = k + 1 == n || strcmp(at[k].run, at[k + 1].run) != 0;
        ll_table_keep_rows(t, keep);
    }
    ll_status s = at && keep ? LL_OK : LL_FAIL(err, LL_ENOMEM, "%s: out of memory", path);
    free(at);
    free(keep);
    return s;
}
