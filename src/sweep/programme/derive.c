#include "sweep/programme/derive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A column over its largest value in the same arm, or over its least. */
static ll_status add_ratio(ll_frame *f, const char *of, const char *name, bool least, ll_error *err) {
    const int64_t column = ll_frame_column(f, of), arm = ll_frame_column(f, "arm");
    for (int64_t i = 0; column >= 0 && i < f->rows; i++) {
        double end = NAN;
        for (int64_t k = 0; k < f->rows; k++) {
            const double v = ll_frame_num(f, k, column);
            if (strcmp(ll_frame_text(f, k, arm), ll_frame_text(f, i, arm)) == 0)
                end = least ? fmin(end, v) : fmax(end, v);
        }
        LL_TRY(ll_frame_set(f, i, name, ll_frame_num(f, i, column) / end, err));
    }
    return LL_OK;
}

typedef struct reached {
    double flops, loss;
    int64_t row;
} reached;

static int by_flops(const void *a, const void *b) {
    const reached *p = a, *q = b;
    if (p->flops != q->flops) return p->flops < q->flops ? -1 : 1;
    return (p->loss > q->loss) - (p->loss < q->loss);
}

static ll_status add_frontier(ll_frame *f, ll_error *err) {
    const int64_t flops = ll_frame_column(f, "flops"), loss = ll_frame_column(f, "loss");
    double best = INFINITY;
    if (flops < 0 || loss < 0) return LL_OK;
    reached *at = malloc(((size_t)f->rows + 1) * sizeof *at);
    if (!at) return LL_FAIL(err, LL_ENOMEM, "out of memory for a table");
    for (int64_t i = 0; i < f->rows; i++)
        at[i] = (reached) { ll_frame_num(f, i, flops), ll_frame_num(f, i, loss), i };
    if (f->rows) qsort(at, (size_t)f->rows, sizeof *at, by_flops);
    ll_status s = LL_OK;
    for (int64_t i = 0; i < f->rows && s == LL_OK; i++) {
        s = ll_frame_set(f, at[i].row, "frontier", at[i].loss < best, err);
        if (at[i].loss < best) best = at[i].loss;
    }
    free(at);
    return s;
}

ll_status ll_frame_derive(ll_frame *f, ll_error *err) {
    LL_TRY(add_ratio(f, "params", "params_share", false, err));
    LL_TRY(add_ratio(f, "tokens", "tokens_share", false, err));
    LL_TRY(add_ratio(f, "unique_tokens", "unique_share", false, err));
    LL_TRY(add_ratio(f, "loss", "loss_ratio", true, err));
    return add_frontier(f, err);
}
