#include "sweep/command/shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "base/words/word.h"
#include "store/table/csv.h"

enum { MOST_BYTES = 1 << 20, MOST = 1 << 20, COLUMNS = 4 };

/* ---- the list ---- */

/* A whole number from 1, and *at moved behind it; 0: there is none. */
static int64_t read_count(const char **at) {
    int64_t v = 0;
    for (; **at >= '0' && **at <= '9' && v <= MOST; ++*at) v = 10 * v + (**at - '0');
    return v <= MOST ? v : 0;
}

static bool take(const char **at, char sign) {
    return **at == sign ? (++*at, true) : false;
}

static bool read_shape(const char *word, ll_listed_shape *s) {
    *s = (ll_listed_shape) { .layers = read_count(&word) };
    if (!take(&word, 'x')) return false;
    s->width = read_count(&word);
    if (!take(&word, '/')) return false;
    s->heads = read_count(&word);
    const bool has_ffw = take(&word, '+');
    if (has_ffw) s->ffw = read_count(&word);
    return !*word && s->layers && s->width && s->heads && (!has_ffw || s->ffw);
}

ll_status ll_shapes_read(const char *text, ll_listed_shape out[LL_SHAPES_MOST], int *n, ll_error *err) {
    char word[64];
    size_t length;
    *n = 0;
    for (const char *w; (w = ll_word_next(&text, ", ", &length));) {
        LL_TRY(ll_word_copy(word, sizeof word, w, length, "design.shapes", err));
        if (*n == LL_SHAPES_MOST)
            return LL_FAIL(err, LL_EINPUT, "design.shapes: more than %d shapes", LL_SHAPES_MOST);
        if (!read_shape(word, &out[(*n)++]))
            return LL_FAIL(
                err, LL_EINPUT,
                "design.shapes: '%s', expected LAYERSxWIDTH/HEADS such as 4x128/8, or 4x128/8+512 with a "
                "feed-forward width",
                word);
    }
    return LL_OK;
}

/* ---- the table ---- */

bool ll_shapes_is_file(const char *text) {
    const size_t n = strlen(text);
    return n > 4 && strcmp(text + n - 4, ".csv") == 0;
}

static const char *const names[COLUMNS] = { "layers", "width", "heads", "ffw" };

static ll_status find_columns(const ll_csv *c, int64_t at[COLUMNS], ll_error *err) {
    for (int k = 0; k < COLUMNS; k++) {
        at[k] = -1;
        for (int64_t i = 0; i < c->n; i++)
            if (strcmp(c->cell[i], names[k]) == 0) at[k] = i;
        if (at[k] < 0 && k < 3)
            return LL_FAIL(err, LL_EINPUT, "%s: no column '%s', expected layers, width, heads and maybe ffw",
                           c->path, names[k]);
    }
    return LL_OK;
}

/* A row as a word of the list, which is read as any other is. */
static ll_status add_row(const ll_csv *c, const int64_t at[COLUMNS], char list[LL_OPTION_TEXT], ll_error *err) {
    const char *cell[COLUMNS];
    char word[128];
    ll_listed_shape s;
    for (int k = 0; k < COLUMNS; k++) cell[k] = at[k] >= 0 && at[k] < c->n ? c->cell[at[k]] : "";
    snprintf(word, sizeof word, "%.20sx%.20s/%.20s%s%.20s", cell[0], cell[1], cell[2], *cell[3] ? "+" : "",
             cell[3]);
    if (!read_shape(word, &s))
        return LL_FAIL(err, LL_EINPUT,
                       "%s:%lld: layers '%.20s', width '%.20s', heads '%.20s', ffw '%.20s', expected "
                       "whole numbers from 1",
                       c->path, (long long)c->line, cell[0], cell[1], cell[2], cell[3]);
    const size_t used = strlen(list);
    if (used + strlen(word) + 2 > LL_OPTION_TEXT)
        return LL_FAIL(err, LL_EINPUT, "%s:%lld: more shapes than a spec has room for", c->path,
                       (long long)c->line);
    snprintf(list + used, LL_OPTION_TEXT - used, "%s%s", used ? "," : "", word);
    return LL_OK;
}

static ll_status read_rows(ll_csv *c, char list[LL_OPTION_TEXT], ll_error *err) {
    int64_t at[COLUMNS];
    LL_TRY(ll_csv_next(c, err));
    LL_TRY(find_columns(c, at, err));
    for (;;) {
        LL_TRY(ll_csv_next(c, err));
        if (c->n == 0) break;
        LL_TRY(add_row(c, at, list, err));
    }
    return *list ? LL_OK : LL_FAIL(err, LL_EINPUT, "%s: no shapes", c->path);
}

ll_status ll_shapes_load(char text[LL_OPTION_TEXT], ll_error *err) {
    char list[LL_OPTION_TEXT] = "", *block;
    size_t size;
    ll_csv c;
    LL_TRY(ll_file_read(text, MOST_BYTES, &block, &size, err));
    ll_status s = ll_csv_open(&c, block, size, text, err);
    if (s == LL_OK) {
        s = read_rows(&c, list, err);
        ll_csv_close(&c);
    }
    free(block);
    if (s == LL_OK) strcpy(text, list);
    return s;
}
