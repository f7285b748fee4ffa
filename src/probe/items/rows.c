#include "probe/items/rows.h"

#include <stdlib.h>
#include <string.h>

#include "data/corpus.h"
#include "data/jsonl.h"
#include "data/names.h"
#include "store/table/csv.h"

enum { FILE_MOST = 1 << 30 };

static const struct {
    const char *end;
    char separator; /* 0: lines of JSON */
} kinds[] = { { ".jsonl", 0 }, { ".ndjson", 0 }, { ".csv", ',' }, { ".tsv", '\t' } };

ll_status ll_row_wrong(const ll_row *row, ll_status status, ll_error *err) {
    ll_error_prefix(err, "%.600s:%lld", row->file, (long long)row->line);
    return status;
}

/* ---- lines of JSON ---- */

static ll_status read_lines(const char *name, const char *text, size_t size, ll_row_sink *sink, void *ctx,
                            ll_error *err) {
    ll_row row = { .file = name };
    for (const char *at = text, *end = text + size, *stop; at < end; at = stop + 1) {
        stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        LL_TRY(ll_jsonl_line(at, (size_t)(stop - at), name, ++row.line, &row.record, err));
        if (!row.record) continue;
        const ll_status status = sink(ctx, &row, err);
        ll_json_free(row.record);
        LL_TRY(status);
    }
    return LL_OK;
}

/* ---- tables ---- */

static ll_status fill(ll_row *row, const ll_json *names, const ll_csv *c, ll_error *err) {
    if (c->n != (int64_t)ll_json_size(names))
        return LL_ROW_WRONG(row, err, "%lld cells, expected %zu", (long long)c->n, ll_json_size(names));
    for (int64_t i = 0; i < c->n; i++) {
        const char *name = ll_json_as_str(ll_json_at(names, (size_t)i));
        if (!name) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", row->file);
        ll_json_set_str(row->record, name, c->cell[i]);
        const char *held = ll_json_get_str(row->record, name);
        if (held && strcmp(held, c->cell[i]) != 0)
            return LL_ROW_WRONG(row, err, "column '%.60s': expected UTF-8", name);
    }
    return LL_OK;
}

static ll_status read_cells(ll_csv *c, ll_json *names, ll_row_sink *sink, void *ctx, ll_error *err) {
    LL_TRY(ll_csv_next(c, err));
    for (int64_t i = 0; i < c->n; i++) ll_json_push(names, ll_json_str(c->cell[i]));
    for (;;) {
        LL_TRY(ll_csv_next(c, err));
        if (c->n == 0) return LL_OK;
        ll_row row = { .record = ll_json_object(), .file = c->path, .line = c->line };
        ll_status status = fill(&row, names, c, err);
        if (status == LL_OK) status = sink(ctx, &row, err);
        ll_json_free(row.record);
        LL_TRY(status);
    }
}

static ll_status read_table(const char *name, const char *text, size_t size, char separator, ll_row_sink *sink,
                            void *ctx, ll_error *err) {
    ll_csv c = { 0 };
    ll_json *names = ll_json_array();
    char *copy = malloc(size + 1); /* cells end inside it */
    ll_status status = names && copy ? LL_OK : LL_FAIL(err, LL_ENOMEM, "%s: out of memory", name);
    if (status == LL_OK) {
        memcpy(copy, text, size);
        copy[size] = 0;
        status = ll_csv_open(&c, copy, size, name, err);
        c.separator = separator;
    }
    if (status == LL_OK) status = read_cells(&c, names, sink, ctx, err);
    ll_csv_close(&c);
    ll_json_free(names);
    free(copy);
    return status;
}

/* ---- files ---- */

/* The rows of a file, if its name has one of the ends above; else *known is false. */
static ll_status parse(const char *name, const char *text, size_t size, ll_row_sink *sink, void *ctx, bool *known,
                       ll_error *err) {
    size_t k = 0;
    while (k < sizeof kinds / sizeof *kinds && !ll_name_ends(name, kinds[k].end)) k++;
    *known = k < sizeof kinds / sizeof *kinds;
    if (!*known) return LL_OK;
    if (!kinds[k].separator) return read_lines(name, text, size, sink, ctx, err);
    return read_table(name, text, size, kinds[k].separator, sink, ctx, err);
}

typedef struct files {
    ll_row_sink *sink;
    void *ctx;
    int64_t n; /* that were read */
} files;

static ll_status read_file(void *ctx, const char *name, const uint8_t *bytes, size_t size, ll_error *err) {
    files *f = ctx;
    bool known;
    if (size == FILE_MOST) return LL_FAIL(err, LL_EINPUT, "%s: expected less than %d bytes", name, FILE_MOST);
    LL_TRY(parse(name, (const char *)bytes, size, f->sink, f->ctx, &known, err));
    f->n += known;
    return LL_OK;
}

ll_status ll_rows_read(const char *path, ll_row_sink *sink, void *ctx, ll_error *err) {
    const ll_corpus_opts opts = { .path = path, .whole = true, .max_document = FILE_MOST };
    ll_corpus_stats stats;
    files f = { sink, ctx, 0 };
    LL_TRY(ll_corpus_read(&opts, read_file, &f, &stats, err));
    if (stats.unread) return LL_FAIL(err, LL_EIO, "cannot read %s", stats.first_unread);
    if (f.n == 0)
        return LL_FAIL(err, LL_EINPUT, "%s: expected a file in .jsonl, .ndjson, .csv or .tsv, or a folder of them",
                       path);
    return LL_OK;
}
