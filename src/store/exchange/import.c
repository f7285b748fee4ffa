/* Tables to runs: which rows are one run, and what each run is told by its rows and by a table of sizes. */
#define _POSIX_C_SOURCE 200809L
#include "store/exchange/import.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loglog/units.h"
#include "store/run_table.h"

static long long line_of(const ll_importing *m, int64_t row) {
    return (long long)m->t->line[row];
}

/* ---- what a run is told ---- */

/* The last that is known in its rows; what changes along a curve is that of the row of its loss. */
static double from_rows(const ll_importing *m, int64_t k, ll_column c) {
    const double *num = m->t->num[c];
    double v = NAN;
    if (!num) return NAN;
    if (c == LL_COL_FLOPS || c == LL_COL_STEP || c == LL_COL_LOSS || c == LL_COL_LOSS_SE) return num[m->final];
    for (int64_t i = m->first[k]; i < m->first[k + 1]; i++) {
        const double here = num[m->rows[i]];
        if (!isnan(here)) v = c == LL_COL_LR ? fmax(v, here) : here; /* the rate of a run is its peak */
    }
    return v;
}

static double from_sizes(const ll_importing *m, int64_t k, ll_column c) {
    return m->sized ? ll_table_num(m->sizes, m->sized[k], c) : NAN;
}

static double number(const ll_importing *m, int64_t k, ll_column c) {
    const double v = from_rows(m, k, c);
    return isnan(v) && c != LL_COL_STEP ? from_sizes(m, k, c) : v;
}

static const char *text_of(const ll_table *t, ll_column c, int64_t row) {
    return t->text[c] && t->text[c][row] ? t->text[c][row] : "";
}

static const char *text(const ll_importing *m, int64_t k, ll_column c) {
    for (int64_t i = m->first[k]; i < m->first[k + 1]; i++)
        if (*text_of(m->t, c, m->rows[i])) return text_of(m->t, c, m->rows[i]);
    return m->sized ? text_of(m->sizes, c, m->sized[k]) : "";
}

/* A text goes in whole or not at all. */
static ll_status put(const ll_importing *m, const char *what, const char *value, char *out, size_t size,
                     ll_error *err) {
    if (strlen(value) >= size)
        return LL_FAIL(err, LL_EINPUT, "%s:%lld: the %s '%.40s...' has %zu bytes, expected at most %zu", m->source,
                       line_of(m, m->final), what, value, strlen(value), size - 1);
    strcpy(out, value);
    return LL_OK;
}

/* A count is a whole number, or absent. */
static ll_status put_count(const ll_importing *m, int64_t k, ll_column c, int64_t *out, ll_error *err) {
    const double v = number(m, k, c);
    *out = 0;
    if (isnan(v)) return LL_OK;
    if (v != floor(v) || fabs(v) > 9007199254740992.0)
        return LL_FAIL(err, LL_EINPUT, "%s:%lld: column '%s': %g, expected a whole number", m->source,
                       line_of(m, m->final), ll_column_name(c), v);
    *out = (int64_t)v;
    return LL_OK;
}

ll_status ll_import_nats(const ll_importing *m, int64_t row, double *v, ll_error *err) {
    const double given = *v;
    if (m->t->loss_unit == LL_LOSS_BITS_PER_TOKEN) *v *= LL_LN2;
    if (m->t->loss_unit == LL_LOSS_BITS_PER_BYTE) *v = ll_units_nats_per_token(*v, m->bytes);
    if (isnan(given) || !isnan(*v)) return LL_OK;
    return LL_FAIL(
        err, LL_EINPUT,
        "%s:%lld: column '%s' is in bits per byte: the store keeps nats per token and needs bytes_per_token",
        m->source, line_of(m, row), m->t->header[LL_COL_LOSS]);
}

static void put_params(const ll_table *t, double v, ll_run *r) {
    if (t->params_are == LL_PARAMS_NONEMBEDDING) r->params = v;
    else if (t->params_are == LL_PARAMS_TOTAL) r->params_total = isnan(v) ? r->params_total : v;
    else r->params_unstated = v;
}

/* The table's own count goes before that of the sizes. */
static void put_size(const ll_importing *m, int64_t k, ll_run *r) {
    const double own = from_rows(m, k, LL_COL_PARAMS);
    if (!isnan(own)) put_params(m->t, own, r);
    else if (m->sized) put_params(m->sizes, from_sizes(m, k, LL_COL_PARAMS), r);
}

/* ---- the run ---- */

/* Of a row that shares its line with others, as those of a chart with a column a run, the name says which it is. */
static bool shares_line(const ll_importing *m, int64_t row) {
    const int64_t *line = m->t->line;
    return (row > 0 && line[row - 1] == line[row]) || (row + 1 < m->t->rows && line[row + 1] == line[row]);
}

/* Of each of a million rows: printf would take longer than all else of an id. */
static void put_line(char *to, long long line) {
    char digits[20];
    int n = 0;
    for (; line || !n; line /= 10) digits[n++] = (char)('0' + line % 10);
    while (n) *to++ = digits[--n];
    *to = 0;
}

static void put_id(const ll_importing *m, ll_run *r) {
    if (m->curves) snprintf(r->id, sizeof r->id, "%s%s", m->prefix, r->name);
    else if (shares_line(m, m->final))
        snprintf(r->id, sizeof r->id, "%s%lld/%s", m->prefix, line_of(m, m->final), r->name);
    else put_line(stpcpy(r->id, m->prefix), line_of(m, m->final));
}

static ll_status put_names(const ll_importing *m, int64_t k, ll_run *r, ll_error *err) {
    const char *name = text(m, k, LL_COL_RUN);
    if (!*name && m->curves) name = m->stem;
    if (*name) LL_TRY(put(m, "name of the run", name, r->name, sizeof r->name, err));
    else snprintf(r->name, sizeof r->name, "line %lld", line_of(m, m->final));
    put_id(m, r);
    LL_TRY(put(m, "family", text(m, k, LL_COL_FAMILY), r->family, sizeof r->family, err));
    LL_TRY(put(m, "role", text(m, k, LL_COL_ROLE), r->role, sizeof r->role, err));
    return put(m, "path", m->source, r->source, sizeof r->source, err);
}

/* The row whose loss is the run's: the last that has one, else the last. */
static int64_t final_row(const ll_importing *m, int64_t k) {
    for (int64_t i = m->first[k + 1] - 1; i >= m->first[k]; i--)
        if (!isnan(ll_table_num(m->t, m->rows[i], LL_COL_LOSS))) return m->rows[i];
    return m->rows[m->first[k + 1] - 1];
}

static double batch_of(const ll_importing *m, int64_t k) {
    const double batch = number(m, k, LL_COL_BATCH_TOKENS);
    return isnan(batch) ? from_sizes(m, k, LL_COL_TOKENS) / from_sizes(m, k, LL_COL_STEP) : batch;
}

/* Of a curve at its last loss; a total of the sizes speaks of a run that is not followed. */
static double tokens_of(const ll_importing *m, int64_t k, const ll_run *r) {
    double v = ll_table_num(m->t, m->final, LL_COL_TOKENS);
    if (isnan(v)) v = r->steps * r->batch_tokens;
    return isnan(v) ? from_sizes(m, k, LL_COL_TOKENS) : v;
}

ll_status ll_import_run(ll_importing *m, int64_t k, ll_run *r, ll_error *err) {
    ll_run_init(r);
    r->state = LL_RUN_DONE;
    m->final = final_row(m, k);
    LL_TRY(put_names(m, k, r, err));
#define PUT(column, field) r->field = number(m, k, LL_COL_##column);
    LL_RUN_TABLE_REALS(PUT)
#undef PUT
    m->bytes = r->bytes_per_token;
    m->batch = r->batch_tokens = batch_of(m, k);
    r->tokens = tokens_of(m, k, r);
    LL_TRY(put_count(m, k, LL_COL_SEED, &r->seed, err));
    LL_TRY(put_count(m, k, LL_COL_CONTEXT, &r->context, err));
    LL_TRY(put_count(m, k, LL_COL_VOCAB, &r->vocab, err));
    put_size(m, k, r);
    r->loss = from_rows(m, k, LL_COL_LOSS);
    r->loss_se = from_rows(m, k, LL_COL_LOSS_SE);
    LL_TRY(ll_import_nats(m, m->final, &r->loss, err));
    return ll_import_nats(m, m->final, &r->loss_se, err);
}

ll_status ll_import_check(const ll_importing *m, const ll_run *r, ll_error *err) {
    const struct {
        const char *what;
        double v;
    } said[] = { { "params", ll_run_count(r) }, { "tokens", r->tokens }, { "loss", r->loss } };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (said[i].v <= 0)
            return LL_FAIL(err, LL_EINPUT, "%s:%lld: run %s: %s is %.6g, expected a number above 0, or none",
                           m->source, line_of(m, m->final), r->name, said[i].what, said[i].v);
    return LL_OK;
}

static ll_status make(void *ctx, int64_t k, ll_run *r, const ll_point **points, int64_t *n, ll_error *err) {
    ll_importing *m = ctx;
    LL_TRY(ll_import_run(m, k, r, err));
    LL_TRY(ll_import_check(m, r, err));
    *points = m->points;
    *n = 0;
    return m->curves ? ll_import_points(m, k, n, err) : LL_OK;
}

/* ---- all of them ---- */

ll_status ll_table_to_runs(const ll_table *t, const char *source, ll_run **out, ll_error *err) {
    ll_importing m;
    *out = malloc((size_t)(t->rows + 1) * sizeof **out);
    ll_status status =
        *out ? ll_importing_open(&m, t, &(ll_import_opts) { .source = source, .rows_are_runs = true }, err)
             : LL_FAIL(err, LL_ENOMEM, "%s: out of memory", source);
    for (int64_t k = 0; status == LL_OK && k < t->rows; k++) status = ll_import_run(&m, k, &(*out)[k], err);
    if (*out) ll_importing_close(&m);
    if (status == LL_OK) return LL_OK;
    free(*out);
    *out = NULL;
    return status;
}

static ll_status check_all(ll_importing *m, ll_imported *out, ll_error *err) {
    ll_run r;
    const ll_point *points;
    int64_t n;
    *out = (ll_imported) { .curves = m->curves, .runs = m->n };
    for (int64_t k = 0; k < m->n; k++) {
        LL_TRY(make(m, k, &r, &points, &n, err));
        out->points += n;
    }
    if (m->curves) out->merged = m->t->rows - out->points;
    return LL_OK;
}

/* What comes in; rows that are a run each are looked at when they do. */
static ll_status count_all(ll_importing *m, ll_imported *out, ll_error *err) {
    if (m->curves) return check_all(m, out, err);
    *out = (ll_imported) { .runs = m->n };
    return LL_OK;
}

ll_status ll_store_import_check(const ll_table *t, const ll_import_opts *opts, ll_imported *out, ll_error *err) {
    ll_importing m;
    ll_status status = ll_importing_open(&m, t, opts, err);
    if (status == LL_OK) status = check_all(&m, out, err);
    ll_importing_close(&m);
    return status;
}

ll_status ll_store_import(ll_store *s, const ll_table *t, const ll_import_opts *opts, ll_imported *out,
                          ll_error *err) {
    ll_importing m;
    ll_status status = ll_importing_open(&m, t, opts, err);
    if (status == LL_OK) status = count_all(&m, out, err);
    if (status == LL_OK) status = ll_rows_replace(s, m.prefix, &(ll_rows_source) { make, &m, m.n }, out, err);
    ll_importing_close(&m);
    return status;
}
