/* Run tables as JSON lines, in two passes: first the names that occur anywhere, then the values. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/document/json.h"
#include "loglog/units.h"
#include "store/table/csv.h"
#include "store/table/table_fill.h"

enum { MAX_HEADERS = LL_CSV_MAX_CELLS };

typedef struct lines {
    const ll_table_source *in;
    const char *at;
    int64_t line;
    ll_json *names; /* header -> twice its number, and 1 where its first value is a text that is no number */
    char **headers;
    int64_t n;
    ll_cell *cells;
    char **made; /* [n] texts made for cells of this row: true, false, a nested value */
} lines;

/* The parser's own line is always 1; the file's takes its place. */
static ll_status parse_line(lines *l, const char *text, size_t n, ll_json **out, ll_error *err) {
    ll_error e = { 0 };
    ll_status s = ll_json_parse(text, n, "", out, &e);
    if (s != LL_OK)
        return LL_FAIL(err, s, "%s:%lld:%s", l->in->path, (long long)l->line,
                       strncmp(e.msg, ":1:", 3) == 0 ? e.msg + 3 : e.msg);
    return LL_OK;
}

/* The next line that is not blank, as an object that the caller frees; NULL at the end. */
static ll_status next_object(lines *l, ll_json **out, ll_error *err) {
    const char *end = l->in->text + l->in->size;
    *out = NULL;
    while (l->at < end) {
        const char *from = l->at, *stop = memchr(from, '\n', (size_t)(end - from));
        if (!stop) stop = end;
        l->at = stop < end ? stop + 1 : end;
        l->line++;
        while (from < stop && *from && strchr(" \t\r", *from)) from++;
        if (from == stop) continue;
        if (*from != '{')
            return LL_FAIL(err, LL_EFORMAT, "%s:%lld: expected an object, {...}", l->in->path, (long long)l->line);
        return parse_line(l, from, (size_t)(stop - from), out, err);
    }
    return LL_OK;
}

static bool is_words(const ll_json *value) {
    double v;
    const char *text = ll_json_as_str(value);
    return text && !ll_is_missing(text) && !ll_units_parse(text, &v);
}

static ll_status add_names(lines *l, const ll_json *object, ll_error *err) {
    const ll_json *value;
    if (!l->names && !(l->names = ll_json_object()))
        return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", l->in->path);
    for (const char *k = ll_json_next(object, NULL, &value); k; k = ll_json_next(object, k, &value)) {
        if (ll_json_get_int(l->names, k, -1) >= 0) continue;
        if (l->n == MAX_HEADERS)
            return LL_FAIL(err, LL_EINPUT, "%s:%lld: more than %d columns", l->in->path, (long long)l->line,
                           MAX_HEADERS);
        ll_json_set_int(l->names, k, 2 * l->n++ + is_words(value));
    }
    return LL_OK;
}

static void rewind_lines(lines *l) {
    l->at = l->in->text;
    l->line = 0;
    if (l->in->size >= 3 && memcmp(l->at, "\xef\xbb\xbf", 3) == 0) l->at += 3;
}

static ll_status collect_names(lines *l, ll_error *err) {
    ll_json *object;
    rewind_lines(l);
    for (;;) {
        LL_TRY(next_object(l, &object, err));
        if (!object) break;
        ll_status s = add_names(l, object, err);
        ll_json_free(object);
        LL_TRY(s);
    }
    if (l->n == 0) return LL_FAIL(err, LL_EFORMAT, "%s: empty, expected one JSON object a line", l->in->path);
    l->headers = calloc((size_t)l->n, sizeof *l->headers);
    l->cells = calloc((size_t)l->n, sizeof *l->cells);
    l->made = calloc((size_t)l->n, sizeof *l->made);
    if (!l->headers || !l->cells || !l->made) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", l->in->path);
    const ll_json *value;
    for (const char *k = ll_json_next(l->names, NULL, &value); k; k = ll_json_next(l->names, k, &value)) {
        const int64_t number = (int64_t)ll_json_as_num(value);
        l->headers[number / 2] = (char *)k; /* borrowed from names, never written to */
        l->cells[number / 2] = (ll_cell) { number % 2 ? "word" : NULL, NAN };
    }
    return LL_OK;
}

/* A text is borrowed from the object; null is missing; true, false and nested values become their JSON. */
static ll_cell cell_of(const ll_json *value, char **made) {
    ll_cell cell = { ll_json_as_str(value), ll_json_as_num(value) };
    if (cell.text || !isnan(cell.num)) return cell;
    *made = ll_json_text(value, false);
    if (*made && strcmp(*made, "null") != 0) cell.text = *made;
    return cell;
}

/* Cells are set and cleared again by the object's own keys: a file of many names has few in each line. */
static void clear_cells(lines *l, const ll_json *object) {
    const ll_json *value;
    for (const char *k = ll_json_next(object, NULL, &value); k; k = ll_json_next(object, k, &value)) {
        const int64_t i = ll_json_get_int(l->names, k, 0) / 2;
        l->cells[i] = (ll_cell) { NULL, NAN };
        free(l->made[i]);
        l->made[i] = NULL;
    }
}

static ll_status fill_row(lines *l, ll_fill *f, const ll_json *object, ll_error *err) {
    const ll_json *value;
    for (const char *k = ll_json_next(object, NULL, &value); k; k = ll_json_next(object, k, &value)) {
        const int64_t i = ll_json_get_int(l->names, k, 0) / 2;
        l->cells[i] = cell_of(value, &l->made[i]);
    }
    ll_status s = ll_fill_row(f, l->cells, l->line, err);
    clear_cells(l, object);
    return s;
}

static ll_status fill_rows(lines *l, ll_fill *f, ll_error *err) {
    ll_json *object;
    rewind_lines(l);
    for (int64_t i = 0; i < l->n; i++) l->cells[i] = (ll_cell) { NULL, NAN };
    for (;;) {
        LL_TRY(next_object(l, &object, err));
        if (!object) return ll_fill_finish(f, err);
        ll_status s = fill_row(l, f, object, err);
        ll_json_free(object);
        LL_TRY(s);
    }
}

ll_status ll_jsonl_read(const ll_table_source *in, ll_table *t, const ll_table_opts *opts, ll_error *err) {
    lines l = { .in = in };
    ll_fill f = { 0 };
    ll_status s = collect_names(&l, err);
    if (s == LL_OK) s = ll_fill_open(&f, t, in->path, l.headers, l.n, l.cells, in->lines, opts, err);
    if (s == LL_OK) s = fill_rows(&l, &f, err);
    ll_fill_close(&f);
    free(l.headers);
    free(l.cells);
    free(l.made);
    ll_json_free(l.names);
    return s;
}
