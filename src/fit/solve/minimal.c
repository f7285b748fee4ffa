#include "fit/solve/minimal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double ll_bcrit_at(const ll_bcrit *b, double loss) {
    return b->B_star * pow(loss, -1 / b->alpha_B);
}

/* The column, made where there is none. */
static ll_status column(ll_table *t, ll_column c, double **out, ll_error *err) {
    if (!t->num[c]) {
        t->num[c] = malloc(((size_t)t->rows + 1) * sizeof *t->num[c]);
        strcpy(t->header[c], ll_column_name(c));
    }
    *out = t->num[c];
    return *out ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)t->rows);
}

/* What follows of the two that are replaced, such as D = S B, stays what it was. */
static ll_status keep(ll_table *t, const ll_columns *c, ll_error *err) {
    const bool counted = t->num[LL_COL_PARAMS] || t->num[LL_COL_PARAMS_TOTAL];
    double *to;
    if (c->v[LL_VAR_D]) {
        LL_TRY(column(t, LL_COL_TOKENS, &to, err));
        memcpy(to, c->v[LL_VAR_D], (size_t)t->rows * sizeof *to);
    }
    if (!c->v[LL_VAR_N] || counted) return LL_OK;
    LL_TRY(column(t, LL_COL_PARAMS, &to, err));
    memcpy(to, c->v[LL_VAR_N], (size_t)t->rows * sizeof *to);
    return LL_OK;
}

ll_status ll_minimal_put(ll_table *t, const ll_columns *c, const ll_bcrit *b, const char *source, ll_error *err) {
    double *to;
    if (!c->batch)
        return LL_FAIL(
            err, LL_EINPUT,
            "%s: no column of batches, which --bcrit needs: name it with --col batch_tokens=HEADER, or give "
            "it with --set",
            source);
    if (strcmp(c->loss_unit, LL_NATS_PER_TOKEN) != 0)
        return LL_FAIL(err, LL_EINPUT, "%s: --bcrit is of losses in nats per token, and these are in %s", source,
                       c->loss_unit);
    LL_TRY(keep(t, c, err));
    if (c->v[LL_VAR_C]) {
        LL_TRY(column(t, LL_COL_FLOPS, &to, err));
        for (int64_t i = 0; i < c->n; i++)
            to[i] = c->v[LL_VAR_C][i] / (1 + c->batch[i] / ll_bcrit_at(b, c->loss[i]));
    }
    if (c->steps) {
        LL_TRY(column(t, LL_COL_STEP, &to, err));
        for (int64_t i = 0; i < c->n; i++) to[i] = c->steps[i] / (1 + ll_bcrit_at(b, c->loss[i]) / c->batch[i]);
    }
    return LL_OK;
}
