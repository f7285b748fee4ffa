/* Runs to tables and back. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "loglog/units.h"
#include "store/sqlite.h"

/* Numbers that stand in both under one meaning; N and the loss need a conversion and are not here. */
#define REALS(X)                        \
    X(PARAMS_TOTAL, params_total)       \
    X(TOKENS, tokens)                   \
    X(FLOPS, flops)                     \
    X(UNIQUE_TOKENS, unique_tokens)     \
    X(STEP, steps)                      \
    X(BATCH_TOKENS, batch_tokens)       \
    X(LR, lr)                           \
    X(BYTES_PER_TOKEN, bytes_per_token) \
    X(WEIGHT, weight)

/* ---- export ---- */

static ll_status convention(const ll_run *runs, int64_t n, ll_params_are *out, ll_error *err) {
    int64_t unstated = 0, stated = 0;
    for (int64_t i = 0; i < n; i++) {
        unstated += !isnan(runs[i].params_unstated);
        stated += !isnan(runs[i].params) || !isnan(runs[i].params_total);
    }
    *out = unstated ? LL_PARAMS_UNSTATED : LL_PARAMS_NONEMBEDDING;
    if (!unstated || !stated) return LL_OK;
    return LL_FAIL(
        err, LL_EINPUT,
        "%lld runs do not say what their N counts, %lld do; export them apart: --where 'params_unstated > 0'",
        (long long)unstated, (long long)stated);
}

static ll_status put_text(char **at, const char *text, ll_error *err) {
    if (!*text || (*at = strdup(text))) return LL_OK;
    return LL_FAIL(err, LL_ENOMEM, "out of memory");
}

static ll_status export_row(ll_table *t, int64_t i, const ll_run *r, ll_error *err) {
    LL_TRY(put_text(&t->text[LL_COL_RUN][i], r->name, err));
    LL_TRY(put_text(&t->text[LL_COL_FAMILY][i], r->family, err));
    LL_TRY(put_text(&t->text[LL_COL_ROLE][i], r->role, err));
#define GET(column, field) t->num[LL_COL_##column][i] = r->field;
    REALS(GET)
#undef GET
    if (r->context) t->num[LL_COL_CONTEXT][i] = (double)r->context;
    if (r->vocab) t->num[LL_COL_VOCAB][i] = (double)r->vocab;
    t->num[LL_COL_SEED][i] = (double)r->seed;
    t->num[LL_COL_PARAMS][i] = t->params_are == LL_PARAMS_UNSTATED ? r->params_unstated : r->params;
    t->num[LL_COL_LOSS][i] = r->loss;
    t->num[LL_COL_LOSS_SE][i] = r->loss_se;
    return LL_OK;
}

/* A seed of 0 may be one or none, and runs without a role are to be fitted: a column of either says nothing. */
static bool is_blank(const ll_table *t, int c) {
    for (int64_t i = 0; i < t->rows; i++) {
        if (t->text[c] && t->text[c][i] && (c != LL_COL_ROLE || strcmp(t->text[c][i], "fit") != 0)) return false;
        if (t->num[c] && !isnan(t->num[c][i]) && (c != LL_COL_SEED || t->num[c][i] != 0)) return false;
    }
    return true;
}

/* Columns of which nothing is known go; the four that a fit asks for stay. */
static void drop_blank(ll_table *t) {
    for (int c = 0; c < LL_COL_COUNT; c++) {
        bool core = c == LL_COL_PARAMS || c == LL_COL_TOKENS || c == LL_COL_FLOPS || c == LL_COL_LOSS;
        if (core || !is_blank(t, c)) continue;
        free(t->num[c]);
        for (int64_t i = 0; t->text[c] && i < t->rows; i++) free(t->text[c][i]);
        free(t->text[c]);
        t->num[c] = NULL;
        t->text[c] = NULL;
        t->header[c][0] = 0;
    }
}

ll_status ll_store_export(ll_store *s, const char *ladder, const char *where, ll_table *out, ll_error *err) {
    ll_run *runs;
    int64_t n;
    ll_params_are are;
    *out = (ll_table) { 0 };
    LL_TRY(ll_store_list_runs(s, ladder, LL_RUN_DONE, where, &runs, &n, err));
    ll_status status = convention(runs, n, &are, err);
    if (status == LL_OK) status = ll_table_new(out, n, err);
    if (status == LL_OK) out->params_are = are;
    for (int64_t i = 0; i < n && status == LL_OK; i++) status = export_row(out, i, &runs[i], err);
    free(runs);
    if (status == LL_OK) drop_blank(out);
    else ll_table_clear(out);
    return status;
}

/* ---- import ---- */

typedef struct import {
    const ll_table *t;
    const char *source;
} import;

/* A count is a whole number, or absent. */
static ll_status to_count(const import *in, int64_t i, ll_column c, int64_t *out, ll_error *err) {
    double v = ll_table_num(in->t, i, c);
    *out = 0;
    if (isnan(v)) return LL_OK;
    if (v != floor(v) || fabs(v) > 9007199254740992.0)
        return LL_FAIL(err, LL_EINPUT, "%s:%lld: column '%s': %g, expected a whole number", in->source,
                       (long long)in->t->line[i], in->t->header[c], v);
    *out = (int64_t)v;
    return LL_OK;
}

static ll_status to_nats(const import *in, int64_t i, double *v, ll_error *err) {
    double bytes = ll_table_num(in->t, i, LL_COL_BYTES_PER_TOKEN), given = *v;
    if (in->t->loss_unit == LL_LOSS_BITS_PER_TOKEN) *v *= LL_LN2;
    if (in->t->loss_unit == LL_LOSS_BITS_PER_BYTE) *v = ll_units_nats_per_token(*v, bytes);
    if (isnan(given) || !isnan(*v)) return LL_OK;
    return LL_FAIL(
        err, LL_EINPUT,
        "%s:%lld: column '%s' is in bits per byte: the store keeps nats per token and needs bytes_per_token",
        in->source, (long long)in->t->line[i], in->t->header[LL_COL_LOSS]);
}

static void to_params(const ll_table *t, int64_t i, ll_run *r) {
    double v = ll_table_num(t, i, LL_COL_PARAMS);
    if (isnan(v)) return;
    if (t->params_are == LL_PARAMS_NONEMBEDDING) r->params = v;
    else if (t->params_are == LL_PARAMS_TOTAL) r->params_total = v;
    else r->params_unstated = v;
}

static const char *text_of(const ll_table *t, ll_column c, int64_t i) {
    return t->text[c] && t->text[c][i] ? t->text[c][i] : "";
}

static void put_name(const import *in, int64_t i, ll_run *r) {
    const ll_table *t = in->t;
    const char *name = text_of(t, LL_COL_RUN, i);
    long long line = (long long)t->line[i];
    snprintf(r->id, sizeof r->id, "import/%.8s/%lld", t->hash, line);
    if (*name) snprintf(r->name, sizeof r->name, "%s", name);
    else snprintf(r->name, sizeof r->name, "line %lld", line);
    snprintf(r->family, sizeof r->family, "%s", text_of(t, LL_COL_FAMILY, i));
    snprintf(r->role, sizeof r->role, "%s", text_of(t, LL_COL_ROLE, i));
    snprintf(r->source, sizeof r->source, "%s", in->source);
}

static ll_status import_row(void *ctx, int64_t i, ll_run *r, ll_error *err) {
    const import *in = ctx;
    const ll_table *t = in->t;
    ll_run_init(r);
    r->state = LL_RUN_DONE;
    put_name(in, i, r);
#define PUT(column, field) r->field = ll_table_num(t, i, LL_COL_##column);
    REALS(PUT)
#undef PUT
    if (isnan(r->tokens)) r->tokens = r->steps * r->batch_tokens;
    LL_TRY(to_count(in, i, LL_COL_SEED, &r->seed, err));
    LL_TRY(to_count(in, i, LL_COL_CONTEXT, &r->context, err));
    LL_TRY(to_count(in, i, LL_COL_VOCAB, &r->vocab, err));
    to_params(t, i, r);
    r->loss = ll_table_num(t, i, LL_COL_LOSS);
    r->loss_se = ll_table_num(t, i, LL_COL_LOSS_SE);
    LL_TRY(to_nats(in, i, &r->loss, err));
    return to_nats(in, i, &r->loss_se, err);
}

ll_status ll_store_import(ll_store *s, const ll_table *t, const char *source, int64_t *added, ll_error *err) {
import in = { t, source };
    return ll_sql_add_runs(s, import_row, &in, t->rows, added, err);
}
