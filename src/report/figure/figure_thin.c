#include "report/figure/figure_thin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/figure/figure_layout.h"

enum {
    MOST = 6000,        /* marks of a figure that are drawn as they are */
    COLUMNS_MOST = 800, /* of a picture, at which a line is looked at */
    COLUMNS_LEAST = 8,
    LINES_MOST = 1000,
    CELLS_MOST = 512, /* of the grid on which points lie on one another, along a side */
    POINTS_MOST = 3000,
    LINES_TAKE = 24000 /* marks of all lines together */
};

typedef struct thinning {
    const ll_figure *f;
    ll_range x, y;            /* of what is seen */
    int64_t columns, every;   /* of a line; one line in so many is drawn */
    int64_t left_out, points; /* of the points */
} thinning;

static int64_t count_marks(const ll_figure *f) {
    int64_t n = 0;
    for (; f; f = f->beside)
        for (int64_t i = 0; i < f->n_series; i++) n += f->series[i].n;
    return n;
}

static bool is_line(const ll_series *s) {
    return s->kind == LL_SERIES_LINE || s->kind == LL_SERIES_STEP;
}

static void widen(ll_range *r, double v) {
    r->lo = fmin(r->lo, v);
    r->hi = fmax(r->hi, v);
}

static thinning look(const ll_figure *f) {
    thinning t = { .f = f, .x = { INFINITY, -INFINITY }, .y = { INFINITY, -INFINITY } };
    int64_t lines = 0;
    for (int64_t i = 0; i < f->n_series; i++) {
        lines += is_line(&f->series[i]);
        for (int64_t j = 0; j < f->series[i].n; j++) {
            const ll_mark *m = &f->series[i].marks[j];
            if (!ll_figure_sees(f, m)) continue;
            widen(&t.x, m->x);
            widen(&t.y, m->y);
        }
    }
    t.every = (lines + LINES_MOST - 1) / LINES_MOST;
    const int64_t drawn = t.every ? lines / t.every : 1, each = LINES_TAKE / 4 / (drawn ? drawn : 1);
    t.columns = each > COLUMNS_MOST ? COLUMNS_MOST : each < COLUMNS_LEAST ? COLUMNS_LEAST : each;
    return t;
}

static int64_t cell(ll_range r, bool log, double v, int64_t cells) {
    const double at = r.hi > r.lo ? ll_range_at(r, log, v) : 0;
    return (int64_t)fmin((double)(cells - 1), at * (double)cells);
}

/* ---- lines ---- */

/* Marks [from, to) of one column, in their order. */
static void keep_column(ll_series *out, const ll_series *s, int64_t from, int64_t to) {
    int64_t kept[4] = { from, from, from, to - 1 };
    for (int64_t j = from; j < to; j++) {
        if (s->marks[j].y < s->marks[kept[1]].y) kept[1] = j;
        if (s->marks[j].y > s->marks[kept[2]].y) kept[2] = j;
    }
    if (kept[1] > kept[2]) {
        const int64_t later = kept[1];
        kept[1] = kept[2];
        kept[2] = later;
    }
    for (int k = 0; k < 4; k++)
        if (k == 0 || kept[k] != kept[k - 1]) out->marks[out->n++] = s->marks[kept[k]];
}

/* -1: not seen, which breaks the line. */
static int64_t column_of(const thinning *t, const ll_mark *m) {
    return ll_figure_sees(t->f, m) ? cell(t->x, t->f->x.log, m->x, t->columns) : -1;
}

static void thin_line(const thinning *t, ll_series *out, const ll_series *s) {
    for (int64_t from = 0, to; from < s->n; from = to) {
        const int64_t column = column_of(t, &s->marks[from]);
        for (to = from + 1; to < s->n && column_of(t, &s->marks[to]) == column;) to++;
        keep_column(out, s, from, to);
    }
}

/* ---- points ---- */

/* The last mark of each cell: at[cell] is its index and one more, or 0. */
static int64_t fill_cells(const thinning *t, const ll_series *s, int64_t side, int64_t *at) {
    int64_t n = 0;
    memset(at, 0, (size_t)(side * side) * sizeof *at);
    for (int64_t j = 0; j < s->n; j++) {
        const ll_mark *m = &s->marks[j];
        if (!ll_figure_sees(t->f, m)) continue;
        int64_t *here = &at[cell(t->y, t->f->y.log, m->y, side) * side + cell(t->x, t->f->x.log, m->x, side)];
        n += *here == 0;
        *here = j + 1;
    }
    return n;
}

static bool thin_points(thinning *t, ll_series *out, const ll_series *s) {
    int64_t *at = malloc((size_t)CELLS_MOST * CELLS_MOST * sizeof *at), side = CELLS_MOST;
    if (!at) return false;
    while (fill_cells(t, s, side, at) > POINTS_MOST) side /= 2;
    for (int64_t j = 0; j < s->n; j++) { /* in their order: what lies on what is as it was */
        const ll_mark *m = &s->marks[j];
        if (ll_figure_sees(t->f, m) &&
            at[cell(t->y, t->f->y.log, m->y, side) * side + cell(t->x, t->f->x.log, m->x, side)] == j + 1)
            out->marks[out->n++] = *m;
    }
    free(at);
    t->points += s->n;
    t->left_out += s->n - out->n;
    return true;
}

/* ---- the figure ---- */

static bool thin_series(thinning *t, ll_series *out, const ll_series *s, bool leave_out) {
    *out = *s;
    out->n = 0;
    out->marks = malloc((size_t)(s->n + 1) * sizeof *out->marks);
    if (!out->marks) return false;
    if (leave_out) return true;
    if (is_line(s) && s->n > 4 * t->columns) return thin_line(t, out, s), true;
    if (s->kind == LL_SERIES_POINTS && s->n > POINTS_MOST) return thin_points(t, out, s);
    if (s->n) memcpy(out->marks, s->marks, (size_t)s->n * sizeof *s->marks);
    out->n = s->n;
    return true;
}

static void free_thin(ll_figure *f) {
    if (!f) return;
    free_thin(f->beside);
    for (int64_t i = 0; i < f->n_series; i++) free(f->series[i].marks);
    free(f->series);
    free(f->notes);
    free(f);
}

static bool copy_notes(ll_figure *to, const ll_figure *f) {
    to->notes = malloc((size_t)(f->n_notes + 1) * sizeof *to->notes);
    if (to->notes && f->n_notes) memcpy(to->notes, f->notes, (size_t)f->n_notes * sizeof *f->notes);
    return to->notes != NULL;
}

static bool thin_panel(ll_figure **out, const ll_figure *f) {
    thinning t = look(f);
    char note[LL_FIGURE_TEXT];
    ll_figure *to = *out = malloc(sizeof *to);
    if (!to) return false;
    *to = *f;
    to->beside = NULL;
    to->n_series = 0;
    to->series = malloc((size_t)(f->n_series + 1) * sizeof *to->series);
    bool ok = copy_notes(to, f) && to->series;
    for (int64_t i = 0, line = 0; i < f->n_series && ok; i++) {
        const bool leave_out = is_line(&f->series[i]) && line++ % t.every;
        ok = thin_series(&t, &to->series[to->n_series++], &f->series[i], leave_out);
    }
    if (t.left_out) {
        snprintf(note, sizeof note, "%lld of %lld marks, those that do not hide one another",
                 (long long)(t.points - t.left_out), (long long)t.points);
        ll_figure_note(to, NAN, NAN, note);
    } else if (t.every > 1) {
        snprintf(note, sizeof note, "one line in %lld is drawn", (long long)t.every);
        ll_figure_note(to, NAN, NAN, note);
    }
    return ok && (!f->beside || thin_panel(&to->beside, f->beside));
}

ll_status ll_figure_thin(const ll_figure *f, const ll_figure **out, ll_error *err) {
    ll_figure *thin = NULL;
    *out = f;
    if (count_marks(f) <= MOST) return LL_OK;
    if (thin_panel(&thin, f)) return *out = thin, LL_OK;
    free_thin(thin);
    return LL_FAIL(err, LL_ENOMEM, "figure '%s': out of memory", f->title);
}

void ll_figure_thin_free(const ll_figure *thin, const ll_figure *f) {
    if (thin != f) free_thin((ll_figure *)(uintptr_t)thin);
}
