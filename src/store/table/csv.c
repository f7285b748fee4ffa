#include "store/table/csv.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/number.h"
#include "loglog/units.h"

static int64_t lines_before(const char *from, const char *to) {
    int64_t n = 1;
    while (from < to && (from = memchr(from, '\n', (size_t)(to - from)))) from++, n++;
    return n;
}

ll_status ll_csv_open(ll_csv *c, char *text, size_t size, const char *path, ll_error *err) {
    *c = (ll_csv) { .at = text, .end = text + size, .next_line = 1, .path = path, .separator = ',' };
    const char *zero = memchr(text, 0, size);
    if (zero)
        return LL_FAIL(err, LL_EFORMAT, "%s:%lld: a zero byte, expected text", path,
                       (long long)lines_before(text, zero));
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) c->at += 3;
    return LL_OK;
}

void ll_csv_close(ll_csv *c) {
    free(c->cell);
    *c = (ll_csv) { 0 };
}

static ll_status push(ll_csv *c, char *cell, ll_error *err) {
    if (c->n == LL_CSV_MAX_CELLS)
        return LL_FAIL(err, LL_EINPUT, "%s:%lld: more than %d columns", c->path, (long long)c->line,
                       LL_CSV_MAX_CELLS);
    if (c->n == c->room) {
        int64_t room = c->room ? 2 * c->room : 32;
        char **bigger = realloc(c->cell, (size_t)room * sizeof *bigger);
        if (!bigger) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", c->path);
        c->cell = bigger;
        c->room = room;
    }
    c->cell[c->n++] = cell;
    return LL_OK;
}

/* Steps over the separator or line break at p; true when the record ends there. */
static bool step_over(ll_csv *c, char *p) {
    bool goes_on = p < c->end && *p == c->separator;
    c->next_line += p < c->end && *p == '\n';
    c->at = p < c->end ? p + 1 : c->end;
    return !goes_on;
}

static char *plain_cell(ll_csv *c, bool *last) {
    char *cell = c->at, *p = cell;
    while (p < c->end && *p != c->separator && *p != '\n') p++;
    *last = step_over(c, p);
    if (*last && p > cell && p[-1] == '\r') p--;
    *p = 0;
    return cell;
}

/* Doubled quotes shrink to one, so the text moves to the left within its own place. */
static ll_status quoted_cell(ll_csv *c, char **cell, bool *last, ll_error *err) {
    char *from = c->at + 1, *to = from;
    int64_t opened = c->next_line;
    *cell = from;
    for (;; from++) {
        if (from == c->end)
            return LL_FAIL(err, LL_EFORMAT, "%s:%lld: column %lld: the quote that opens here is never closed",
                           c->path, (long long)opened, (long long)c->n + 1);
        if (*from == '"' && *++from != '"') break;
        c->next_line += *from == '\n';
        *to++ = *from;
    }
    if (*from == '\r' && from + 1 < c->end && from[1] == '\n') from++;
    if (from < c->end && *from != c->separator && *from != '\n')
        return LL_FAIL(err, LL_EFORMAT, "%s:%lld: column %lld: expected a %s after the closing quote", c->path,
                       (long long)c->next_line, (long long)c->n + 1, c->separator == ',' ? "comma" : "tab");
    *last = step_over(c, from);
    *to = 0;
    return LL_OK;
}

/* Whether a spreadsheet would take the text for a formula: =, @, a tab or line break in front, or a sign before
 * what is no number (OWASP, CSV injection). */
static bool is_formula(const char *text) {
    double v;
    if (*text == '+' || *text == '-') return text[1] && !ll_units_parse(text, &v);
    return *text && strchr("=@\t\r\n", *text);
}

/* An apostrophe in front of one, as spreadsheets have it themselves, says that it is text; one of the text's own is
 * doubled, so that reading takes away what writing put there. */
static bool is_guarded(const char *text) {
    return is_formula(text + strspn(text, "'"));
}

ll_status ll_csv_next(ll_csv *c, ll_error *err) {
    while (c->at < c->end && (*c->at == '\n' || (*c->at == '\r' && c->at[1] == '\n'))) {
        c->next_line += *c->at == '\n';
        c->at++;
    }
    c->n = 0;
    c->line = c->next_line;
    for (bool last = c->at == c->end; !last;) {
        char *cell;
        if (*c->at == '"') LL_TRY(quoted_cell(c, &cell, &last, err));
        else cell = plain_cell(c, &last);
        if (*cell == '\'' && is_guarded(cell)) cell++;
        LL_TRY(push(c, cell, err));
    }
    return LL_OK;
}

void ll_csv_print(FILE *out, const char *text) {
    size_t n = strlen(text);
    bool bare = !n || (!strpbrk(text, ",;\t\"\r\n") && text[0] != ' ' && text[n - 1] != ' ');
    const char *guard = is_guarded(text) ? "'" : "";
    if (bare) {
        fprintf(out, "%s%s", guard, text);
        return;
    }
    fprintf(out, "\"%s", guard);
    for (; *text; text++) {
        if (*text == '"') fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void ll_csv_next_number(FILE *out, double v) {
    char buf[LL_NUMBER_TEXT];
    fprintf(out, ",%s", isnan(v) ? "" : ll_number_show(v, buf));
}
