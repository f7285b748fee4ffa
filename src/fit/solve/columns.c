#include "fit/solve/columns.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = { "params", "tokens", "flops" };

static ll_status copy(double **to, const double *from, int64_t n, ll_error *err) {
    if (!from) return LL_OK;
    *to = malloc((size_t)(n + 1) * sizeof **to);
    if (!*to) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)n);
    memcpy(*to, from, (size_t)n * sizeof **to);
    return LL_OK;
}

/* Fills v[want], in every row where it is missing, with numerator / denominators or their product. */
static ll_status derive(ll_columns *c, ll_var want, const char **from, const char *formula, ll_error *err) {
    const double *N = c->v[LL_VAR_N], *D = c->v[LL_VAR_D], *C = c->v[LL_VAR_C];
    if ((want != LL_VAR_N && !N) || (want != LL_VAR_D && !D) || (want != LL_VAR_C && !C)) return LL_OK;
    bool whole = !c->v[want];
    if (whole) {
        c->v[want] = malloc((size_t)(c->n + 1) * sizeof(double));
        if (!c->v[want]) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)c->n);
    }
    int64_t filled = 0;
    for (int64_t i = 0; i < c->n; i++) {
        if (!whole && !isnan(c->v[want][i])) continue;
        double v = want == LL_VAR_C ? 6 * N[i] * D[i] : C[i] / (6 * (want == LL_VAR_N ? D[i] : N[i]));
        c->v[want][i] = v;
        filled += !isnan(v);
    }
    if (filled) *from = formula;
    return LL_OK;
}

const double *ll_columns_told(const ll_table *t, ll_column c) {
    if (t->rows == 0) return t->num[c];
    for (int64_t i = 0; t->num[c] && i < t->rows; i++)
        if (!isnan(t->num[c][i])) return t->num[c];
    return NULL;
}

/* D = steps times tokens per step, where both are there. */
static ll_status tokens_of_steps(ll_columns *c, const ll_table *t, ll_error *err) {
    const double *step = ll_columns_told(t, LL_COL_STEP), *batch = ll_columns_told(t, LL_COL_BATCH_TOKENS);
    if (!step || !batch) return LL_OK;
    LL_TRY(copy(&c->v[LL_VAR_D], step, c->n, err));
    for (int64_t i = 0; i < c->n; i++) c->v[LL_VAR_D][i] *= batch[i];
    c->tokens_from = "step batch_tokens";
    return LL_OK;
}

/* S = D / B or B = D / S, where the table has one of them. */
static ll_status pace(ll_columns *c, ll_error *err) {
    const double *D = c->v[LL_VAR_D], *by = c->steps ? c->steps : c->batch;
    if (!D || !by || (c->steps && c->batch)) return LL_OK;
    LL_TRY(copy(&c->own, D, c->n, err));
    for (int64_t i = 0; i < c->n; i++) c->own[i] /= by[i];
    if (c->steps) c->batch = c->own;
    else c->steps = c->own;
    return LL_OK;
}

/* ": 'val_ce', 'x'", the headers that may be meant; nothing for a table that is no file's. */
static const char *offered(const ll_table *t, ll_column c, char buf[LL_HEADERS_TEXT + 2]) {
    char near[LL_HEADERS_TEXT];
    if (t->n_headers) snprintf(buf, LL_HEADERS_TEXT + 2, ": %s", ll_table_candidates(t, c, near));
    else *buf = 0;
    return buf;
}

static ll_status require(const ll_columns *c, const ll_table *t, const char *source, unsigned needed,
                         ll_error *err) {
    static const ll_column columns[] = { LL_COL_PARAMS, LL_COL_TOKENS, LL_COL_FLOPS };
    char has[LL_HEADERS_TEXT + 2];
    const bool asks_loss = !(needed & LL_COLUMNS_NO_LOSS);
    if (asks_loss && !c->loss)
        return LL_FAIL(err, LL_EINPUT, "%s: no column of losses; name it with --col loss=HEADER%s", source,
                       offered(t, LL_COL_LOSS, has));
    for (int v = LL_VAR_N; v <= LL_VAR_C; v++)
        if ((needed >> v & 1) && !c->v[v])
            return LL_FAIL(
                err, LL_EINPUT,
                "%s: no column of %s, nor the two it follows from; name it with --col %s=HEADER, or give it "
                "with --set%s",
                source, names[v], names[v], offered(t, columns[v], has));
    for (int64_t i = 0; i < c->n; i++) {
        long long line = t->line ? (long long)t->line[i] : (long long)i + 1;
        for (int v = LL_VAR_N; v <= LL_VAR_C; v++)
            if ((needed >> v & 1) && !(c->v[v][i] > 0 && isfinite(c->v[v][i])))
                return LL_FAIL(err, LL_EINPUT, "%s:%lld: %s is %g, expected a finite number above 0", source, line,
                               names[v], c->v[v][i]);
        if ((needed >> LL_VAR_X & 1) && !(c->x[i] > 0 && isfinite(c->x[i])))
            return LL_FAIL(err, LL_EINPUT, "%s:%lld: the column of --x is %g, expected a finite number above 0",
                           source, line, c->x[i]);
        const bool below = needed & LL_COLUMNS_BELOW_ZERO;
        if (asks_loss && !(isfinite(c->loss[i]) && (below || c->loss[i] > 0)))
            return LL_FAIL(err, LL_EINPUT, "%s:%lld: loss is %g, expected a finite number%s", source, line,
                           c->loss[i], below ? "" : " above 0");
    }
    return LL_OK;
}

static ll_status fill(ll_columns *c, const ll_table *t, ll_error *err) {
    static const char *const are[] = { "unstated", "nonembedding", "total" };
    static const char *const units[] = { LL_NATS_PER_TOKEN, LL_BITS_PER_BYTE, "bits per token" };
    const bool total = !ll_columns_told(t, LL_COL_PARAMS) && ll_columns_told(t, LL_COL_PARAMS_TOTAL);
    *c = (ll_columns) { .n = t->rows,
                        .loss = t->num[LL_COL_LOSS],
                        .weight = t->num[LL_COL_WEIGHT],
                        .unique = t->num[LL_COL_UNIQUE_TOKENS],
                        .steps = ll_columns_told(t, LL_COL_STEP),
                        .batch = ll_columns_told(t, LL_COL_BATCH_TOKENS),
                        .x = t->x,
                        .cluster = t->cluster,
                        .run = (const char *const *)t->text[LL_COL_RUN],
                        .params_are = total ? "total" : are[t->params_are],
                        .params_from = "table",
                        .tokens_from = "table",
                        .flops_from = "table",
                        .loss_unit =
                            t->loss_unit == LL_LOSS_UNSTATED ? t->header[LL_COL_LOSS] : units[t->loss_unit] };
    LL_TRY(copy(&c->v[LL_VAR_N], ll_columns_told(t, total ? LL_COL_PARAMS_TOTAL : LL_COL_PARAMS), c->n, err));
    LL_TRY(copy(&c->v[LL_VAR_D], ll_columns_told(t, LL_COL_TOKENS), c->n, err));
    LL_TRY(copy(&c->v[LL_VAR_C], ll_columns_told(t, LL_COL_FLOPS), c->n, err));
    if (!c->v[LL_VAR_D]) LL_TRY(tokens_of_steps(c, t, err));
    LL_TRY(derive(c, LL_VAR_C, &c->flops_from, "6 params tokens", err));
    LL_TRY(derive(c, LL_VAR_D, &c->tokens_from, "flops / (6 params)", err));
    LL_TRY(derive(c, LL_VAR_N, &c->params_from, "flops / (6 tokens)", err));
    return pace(c, err);
}

ll_status ll_columns_new(ll_columns *c, const ll_table *t, const char *source, unsigned needed, ll_error *err) {
    ll_status s = fill(c, t, err);
    if (s == LL_OK) s = require(c, t, source, needed, err);
    if (s != LL_OK) ll_columns_free(c);
    return s;
}

void ll_columns_free(ll_columns *c) {
    for (int v = LL_VAR_N; v <= LL_VAR_C; v++) free(c->v[v]);
    free(c->own);
    *c = (ll_columns) { 0 };
}

ll_json *ll_columns_convention(const ll_columns *c, const ll_table *t, const char *source) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "params", c->params_are);
    if (c->v[LL_VAR_N]) ll_json_set_str(o, "params_from", c->params_from);
    if (c->v[LL_VAR_D]) ll_json_set_str(o, "tokens_from", c->tokens_from);
    if (c->v[LL_VAR_C]) ll_json_set_str(o, "flops_from", c->flops_from);
    ll_json_set_str(o, "loss_unit", c->loss_unit);
    ll_json_set_str(o, "loss_column", t->header[LL_COL_LOSS]);
    if (t->x) ll_json_set_str(o, "x_column", t->x_header);
    ll_json_set_str(o, "source", source);
    if (t->hash[0]) ll_json_set_str(o, "data_hash", t->hash);
    return o;
}
