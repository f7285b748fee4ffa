#define _POSIX_C_SOURCE 200809L
#include "store/sql/sql.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- notices ---- */

static void (*listener)(const char *line);

void ll_store_on_notice(void (*say)(const char *line)) {
    listener = say;
}

void ll_sql_notice(const char *line) {
    if (listener) listener(line);
}

/* ---- statements ---- */

ll_status ll_sql_transact(ll_store *s, ll_sql_mode mode, ll_sql_body *body, void *ctx, ll_error *err) {
    if (mode != LL_SQL_READ && !s->writable) return LL_FAIL(err, LL_ESTATE, "%s: opened for reading", s->path);
    return s->engine->transact(s, mode, body, ctx, err);
}

ll_status ll_sql_hold(ll_store *s, const char *name, ll_error *err) {
    return s->engine->hold ? s->engine->hold(s, name, err) : LL_OK;
}

ll_status ll_sql_prepare(ll_store *s, ll_sql_statement **out, const char *sql, ll_error *err) {
    *out = NULL;
    return s->engine->prepare(s, out, sql, err);
}

void ll_sql_finish(ll_sql_statement *stmt) {
    if (stmt) stmt->engine->finish(stmt);
}

ll_status ll_sql_step(ll_store *s, ll_sql_statement *stmt, bool *row, ll_error *err) {
    *row = false;
    return s->engine->step(s, stmt, row, err);
}

ll_status ll_sql_run(ll_store *s, ll_sql_statement *stmt, int64_t *changed, ll_error *err) {
    bool row;
    if (!changed && s->engine->put) return s->engine->put(s, stmt, err);
    const ll_status status = ll_sql_step(s, stmt, &row, err);
    if (changed) *changed = status == LL_OK ? s->engine->changed(s) : 0;
    stmt->engine->reset(stmt);
    return status;
}

/* ---- values ---- */

void ll_sql_bind_text(ll_sql_statement *stmt, int i, const char *text) {
    if (!text) text = "";
    stmt->engine->bind(stmt, i, &(ll_sql_value) { LL_SQL_TEXT, .text = text, .bytes = strlen(text) });
}

void ll_sql_bind_real(ll_sql_statement *stmt, int i, double v) {
    stmt->engine->bind(stmt, i, &(ll_sql_value) { isnan(v) ? LL_SQL_NULL : LL_SQL_REAL, .real = v });
}

void ll_sql_bind_int(ll_sql_statement *stmt, int i, int64_t v) {
    stmt->engine->bind(stmt, i, &(ll_sql_value) { LL_SQL_INT, .whole = v });
}

double ll_sql_as_real(const ll_sql_value *v) {
    return v->kind == LL_SQL_REAL ? v->real : v->kind == LL_SQL_INT ? (double)v->whole : NAN;
}

int64_t ll_sql_as_int(const ll_sql_value *v) {
    return v->kind == LL_SQL_INT ? v->whole : 0;
}

void ll_sql_as_text(const ll_sql_value *v, char *out, size_t size) {
    const size_t n = v->bytes < size ? v->bytes : size - 1;
    if (n) memcpy(out, v->text, n);
    out[n] = 0;
}

double ll_sql_real(ll_sql_statement *stmt, int i) {
    const ll_sql_value v = stmt->engine->value(stmt, i);
    return ll_sql_as_real(&v);
}

int64_t ll_sql_int(ll_sql_statement *stmt, int i) {
    const ll_sql_value v = stmt->engine->value(stmt, i);
    return ll_sql_as_int(&v);
}

void ll_sql_text(ll_sql_statement *stmt, int i, char *out, size_t size) {
    const ll_sql_value v = stmt->engine->value(stmt, i);
    ll_sql_as_text(&v, out, size);
}

char *ll_sql_dup(ll_sql_statement *stmt, int i) {
    const ll_sql_value v = stmt->engine->value(stmt, i);
    return strndup(v.text ? v.text : "", v.bytes);
}

bool ll_sql_is_text(ll_sql_statement *stmt, int i, const char *text) {
    const ll_sql_value v = stmt->engine->value(stmt, i);
    return v.bytes == strlen(text) && (v.bytes == 0 || memcmp(v.text, text, v.bytes) == 0);
}

void *ll_sql_grow(void *block, int64_t n, size_t size) {
    if (n & (n - 1)) return block; /* room grows at the powers of two */
    return realloc(block, (size_t)(n ? 2 * n : 1) * size);
}
