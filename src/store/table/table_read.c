#include <stdlib.h>
#include <string.h>

#include "base/document/hash.h"
#include "base/words/stream.h"
#include "store/table/csv.h"
#include "store/table/table_fill.h"
#include "store/table/table_wide.h"

static const size_t max_bytes = (size_t)4 << 30;

bool ll_table_is_jsonl(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot && (strcmp(dot, ".jsonl") == 0 || strcmp(dot, ".ndjson") == 0);
}

static int64_t count_lines(const char *text, size_t size) {
    int64_t n = 1;
    const char *end = text + size;
    for (const char *p = text; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++) n++;
    return n;
}

/* ---- CSV ---- */

static char *trimmed(char *text) {
    text += strspn(text, " \t");
    for (size_t n = strlen(text); n && strchr(" \t", text[n - 1]); n--) text[n - 1] = 0;
    return text;
}

static ll_status take_row(ll_fill *f, ll_wide *w, const ll_cell *cells, int64_t line, ll_error *err) {
    if (!w->n_runs) return ll_fill_row(f, cells, line, err);
    for (int64_t r = 0; r < w->n_runs; r++)
        if (ll_wide_row(w, r, cells)) LL_TRY(ll_fill_row(f, w->cells, line, err));
    return LL_OK;
}

/* The next record as cells; *more is false at the end of the file. */
static ll_status next_record(ll_csv *c, ll_cell *cells, int64_t n_cells, bool *more, ll_error *err) {
    LL_TRY(ll_csv_next(c, err));
    *more = c->n > 0;
    if (*more && c->n != n_cells)
        return LL_FAIL(err, LL_EFORMAT, "%s:%lld: %lld cells, expected %lld as in the header", c->path,
                       (long long)c->line, (long long)c->n, (long long)n_cells);
    for (int64_t i = 0; i < c->n; i++) cells[i].text = c->cell[i];
    return LL_OK;
}

static ll_status csv_rows(ll_csv *c, ll_fill *f, ll_wide *w, ll_cell *cells, int64_t n_cells, bool more,
                          ll_error *err) {
    while (more) {
        LL_TRY(take_row(f, w, cells, c->line, err));
        LL_TRY(next_record(c, cells, n_cells, &more, err));
    }
    return ll_fill_finish(f, err);
}

static ll_status open_fill(ll_fill *f, const ll_wide *w, const ll_table_source *in, char **headers, int64_t n,
                           const ll_cell *first, ll_table *t, const ll_table_opts *opts, ll_error *err) {
    if (!w->n_runs) return ll_fill_open(f, t, in->path, headers, n, first, in->lines, opts, err);
    return ll_fill_open(f, t, in->path, w->headers, w->n_headers, NULL, in->lines * w->n_runs, opts, err);
}

static ll_status csv_with(ll_csv *c, const ll_table_source *in, char **headers, ll_cell *cells, ll_table *t,
                          const ll_table_opts *opts, ll_error *err) {
    ll_fill f = { 0 };
    ll_wide w;
    bool more = false;
    const int64_t n = c->n;
    for (int64_t i = 0; i < n; i++) headers[i] = trimmed(c->cell[i]);
    LL_TRY(ll_wide_open(&w, headers, n, in->path, err));
    ll_status s = next_record(c, cells, n, &more, err);
    if (s == LL_OK) s = open_fill(&f, &w, in, headers, n, more ? cells : NULL, t, opts, err);
    if (s == LL_OK) s = csv_rows(c, &f, &w, cells, n, more, err);
    ll_fill_close(&f);
    ll_wide_close(&w);
    return s;
}

/* Columns that something else parts come as one. */
static ll_status header(ll_csv *c, const ll_table_source *in, ll_error *err) {
    LL_TRY(ll_csv_next(c, err));
    if (c->n == 0) return LL_FAIL(err, LL_EFORMAT, "%s: empty, expected a line of headers", in->path);
    if (c->n == 1 && strpbrk(c->cell[0], ";\t"))
        return LL_FAIL(err, LL_EFORMAT, "%s:1: the header is the one cell '%.40s', expected commas between columns",
                       in->path, c->cell[0]);
    return LL_OK;
}

static ll_status read_csv(const ll_table_source *in, ll_table *t, const ll_table_opts *opts, ll_error *err) {
    ll_csv c;
    LL_TRY(ll_csv_open(&c, in->text, in->size, in->path, err));
    ll_status s = header(&c, in, err);
    size_t n = (size_t)(c.n > 0 ? c.n : 1);
    char **headers = s == LL_OK ? malloc(n * sizeof *headers) : NULL;
    ll_cell *cells = s == LL_OK ? calloc(n, sizeof *cells) : NULL;
    if (headers && cells) s = csv_with(&c, in, headers, cells, t, opts, err);
    else if (s == LL_OK) s = LL_FAIL(err, LL_ENOMEM, "%s: out of memory", in->path);
    free(headers);
    free(cells);
    ll_csv_close(&c);
    return s;
}

/* ---- both ---- */

/* A table's header may be quoted, but does not begin so. */
static bool is_document(const char *text, size_t size) {
    size_t at = 0;
    while (at < size && strchr(" \t\r\n", text[at]) && text[at]) at++;
    return at < size && text[at] == '{';
}

ll_status ll_table_read(ll_table *t, const char *path, const ll_table_opts *opts, ll_error *err) {
    const char *name = opts && opts->name && *opts->name ? opts->name : path;
    ll_table_source in = { .path = name };
    *t = (ll_table) { 0 };
    LL_TRY(ll_stream_read(path, max_bytes, &in.text, &in.size, err));
    ll_hash_of(in.text, in.size, t->hash);
    in.lines = count_lines(in.text, in.size);
    if (!ll_table_is_jsonl(path) && is_document(in.text, in.size)) {
        free(in.text);
        return LL_FAIL(err, LL_EFORMAT, "%s: is a JSON document and no table; a saved fit is given by --fit %s",
                       path, path);
    }
    ll_status s = ll_table_is_jsonl(path) ? ll_jsonl_read(&in, t, opts, err) : read_csv(&in, t, opts, err);
    free(in.text);
    if (s == LL_OK && opts && opts->last) s = ll_table_keep_last(t, name, err);
    if (s != LL_OK) ll_table_clear(t);
    return s;
}
