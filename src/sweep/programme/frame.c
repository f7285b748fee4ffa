#define _POSIX_C_SOURCE 200809L
#include "sweep/programme/frame.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "base/words/number.h"
#include "loglog/units.h"
#include "store/table/csv.h"
#include "store/table/where.h"

static ll_status no_memory(ll_error *err) {
    return LL_FAIL(err, LL_ENOMEM, "out of memory for a table");
}

int64_t ll_frame_column(const ll_frame *f, const char *name) {
    for (int64_t c = 0; c < f->n_columns; c++)
        if (strcmp(f->column[c], name) == 0) return c;
    return -1;
}

/* The place of a column, made where it is new. */
static ll_status place(ll_frame *f, const char *name, int64_t *out, ll_error *err) {
    *out = ll_frame_column(f, name);
    if (*out >= 0) return LL_OK;
    char **bigger = realloc(f->column, (size_t)(f->n_columns + 1) * sizeof *bigger);
    if (!bigger) return no_memory(err);
    f->column = bigger;
    if (!(bigger[f->n_columns] = strdup(name))) return no_memory(err);
    *out = f->n_columns++;
    return LL_OK;
}

static ll_status new_row(ll_frame *f, ll_frame_row **out, ll_error *err) {
    if (f->rows == f->room) {
        const int64_t room = f->room ? 2 * f->room : 64;
        ll_frame_row *bigger = realloc(f->row, (size_t)room * sizeof *bigger);
        if (!bigger) return no_memory(err);
        f->row = bigger;
        f->room = room;
    }
    *out = &f->row[f->rows];
    **out = (ll_frame_row) { calloc((size_t)f->n_columns, sizeof(char *)), f->n_columns };
    if (!(*out)->cell) return no_memory(err);
    f->rows++;
    return LL_OK;
}

static ll_status put(ll_frame_row *row, int64_t column, const char *text, ll_error *err) {
    if (!*text || (row->cell[column] = strdup(text))) return LL_OK;
    return no_memory(err);
}

/* at [n]: where the columns of the CSV stand, then the arm's. */
static ll_status add_rows(ll_frame *f, ll_csv *c, const int64_t *at, int64_t n, const char *arm, ll_error *err) {
    for (;;) {
        ll_frame_row *row = NULL;
        LL_TRY(ll_csv_next(c, err));
        if (c->n == 0) return LL_OK;
        LL_TRY(new_row(f, &row, err));
        for (int64_t k = 0; k < n && k < c->n; k++) LL_TRY(put(row, at[k], c->cell[k], err));
        LL_TRY(put(row, at[n], arm, err));
    }
}

static ll_status add_csv(ll_frame *f, ll_csv *c, const char *arm, ll_error *err) {
    LL_TRY(ll_csv_next(c, err));
    const int64_t n = c->n;
    int64_t *at = malloc((size_t)(n + 1) * sizeof *at);
    if (!at) return no_memory(err);
    ll_status s = LL_OK;
    for (int64_t k = 0; k < n && s == LL_OK; k++) s = place(f, c->cell[k], &at[k], err);
    if (s == LL_OK) s = place(f, "arm", &at[n], err);
    if (s == LL_OK) s = add_rows(f, c, at, n, arm, err);
    free(at);
    return s;
}

ll_status ll_frame_add(ll_frame *f, char *text, size_t size, const char *arm, ll_error *err) {
    ll_csv c;
    LL_TRY(ll_csv_open(&c, text, size, arm, err));
    const ll_status s = add_csv(f, &c, arm, err);
    ll_csv_close(&c);
    return s;
}

const char *ll_frame_text(const ll_frame *f, int64_t row, int64_t column) {
    const ll_frame_row *r = &f->row[row];
    return column >= 0 && column < r->n && r->cell[column] ? r->cell[column] : "";
}

double ll_frame_num(const ll_frame *f, int64_t row, int64_t column) {
    double v;
    return ll_units_parse(ll_frame_text(f, row, column), &v) ? v : NAN;
}

ll_status ll_frame_set(ll_frame *f, int64_t row, const char *column, double v, ll_error *err) {
    char buf[LL_NUMBER_TEXT];
    ll_frame_row *r = &f->row[row];
    int64_t at;
    LL_TRY(place(f, column, &at, err));
    if (at >= r->n) {
        char **bigger = realloc(r->cell, (size_t)f->n_columns * sizeof *bigger);
        if (!bigger) return no_memory(err);
        r->cell = bigger;
        for (; r->n < f->n_columns; r->n++) bigger[r->n] = NULL;
    }
    free(r->cell[at]);
    r->cell[at] = NULL;
    return isnan(v) ? LL_OK : put(r, at, ll_number_show(v, buf), err);
}

ll_status ll_frame_write(const ll_frame *f, const char *path, ll_error *err) {
    ll_file out;
    LL_TRY(ll_file_create(&out, path, err));
    for (int64_t i = -1; i < f->rows; i++)
        for (int64_t c = 0; c < f->n_columns; c++) {
            ll_csv_print(out.out, i < 0 ? f->column[c] : ll_frame_text(f, i, c));
            fputc(c + 1 < f->n_columns ? ',' : '\n', out.out);
        }
    return ll_file_commit(&out, err);
}

ll_status ll_frame_where(const ll_frame *f, const char *where, bool *keep, ll_error *err) {
    ll_where w;
    LL_TRY(ll_where_parse(&w, where, err));
    for (int64_t i = 0; i < f->rows; i++) keep[i] = true;
    for (int k = 0; k < w.n; k++) {
        const int64_t column = ll_frame_column(f, w.term[k].name);
        if (column < 0)
            return LL_FAIL(err, LL_EINPUT, "where '%.80s': the table has no column '%.40s'", where, w.term[k].name);
        for (int64_t i = 0; i < f->rows; i++)
            keep[i] = keep[i] && ll_where_holds(&w.term[k], ll_frame_text(f, i, column), NAN);
    }
    return LL_OK;
}

void ll_frame_clear(ll_frame *f) {
    for (int64_t i = 0; i < f->rows; i++) {
        for (int64_t c = 0; c < f->row[i].n; c++) free(f->row[i].cell[c]);
        free(f->row[i].cell);
    }
    for (int64_t c = 0; c < f->n_columns; c++) free(f->column[c]);
    free(f->row);
    free(f->column);
    *f = (ll_frame) { 0 };
}
