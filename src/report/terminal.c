#define _POSIX_C_SOURCE 200809L
#include "report/terminal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/printed.h"
#include "report/ticks.h"

enum { LEFT = 8, BELOW = 3, ABOVE = 1, LABEL = 48 }; /* letters around the plot: y labels, x labels, title */

typedef struct range {
    double lo, hi;
} range;

/* dots of a cell are a bit each, as braille numbers them: the law's in law, the points' in runs */
typedef struct canvas {
    const ll_terminal_plot *p;
    int columns, rows;  /* cells */
    int dots_x, dots_y; /* of a cell */
    range x, y;
    unsigned char *law, *runs, *curves; /* [rows][columns] */
    unsigned char *hues;                /* of the curve that was drawn last through a cell */
    FILE *out;
    const char *now; /* the colour that is on */
} canvas;

/* ---- dots ---- */

static void dot(const canvas *c, unsigned char *cells, int64_t i, int64_t j) {
    static const unsigned char bit[4][2] = { { 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 } };
    if (i < 0 || j < 0 || i >= c->columns * c->dots_x || j >= c->rows * c->dots_y) return;
    cells[j / c->dots_y * c->columns + i / c->dots_x] |= bit[j % c->dots_y][i % c->dots_x];
}

static double share(range r, double v) {
    return log(v / r.lo) / log(r.hi / r.lo);
}

/* Dots from the upper left. */
static void place(const canvas *c, double x, double y, int64_t *i, int64_t *j) {
    *i = llround(share(c->x, x) * (c->columns * c->dots_x - 1));
    *j = llround((1 - share(c->y, y)) * (c->rows * c->dots_y - 1));
}

static bool usable(double x, double y) {
    return isfinite(x) && isfinite(y) && x > 0 && y > 0;
}

/* Dots along a line. A cell that they cross takes the hue, where hues are kept. */
static void draw_line(const canvas *c, unsigned char *cells, const double *x, const double *y, int64_t n, int hue) {
    for (int64_t k = 1; k < n; k++) {
        int64_t i0, j0, i1, j1;
        if (!usable(x[k - 1], y[k - 1]) || !usable(x[k], y[k])) continue;
        place(c, x[k - 1], y[k - 1], &i0, &j0);
        place(c, x[k], y[k], &i1, &j1);
        const int64_t wide = llabs(i1 - i0), high = llabs(j1 - j0), steps = wide > high ? wide : high;
        for (int64_t s = 0; s <= steps; s++) {
            const double t = steps ? (double)s / (double)steps : 0;
            const int64_t i = llround((double)i0 + t * (double)(i1 - i0)),
                          j = llround((double)j0 + t * (double)(j1 - j0));
            dot(c, cells, i, j);
            if (hue >= 0) c->hues[j / c->dots_y * c->columns + i / c->dots_x] = (unsigned char)hue;
        }
    }
}

static void draw_law(const canvas *c) {
    draw_line(c, c->law, c->p->at, c->p->law, c->p->n_line, -1);
}

enum { HUES = 8, BRIGHT = HUES };

static void draw_curves(const canvas *c) {
    for (int bright = 0; bright < 2; bright++)
        for (int k = 0; k < c->p->n_curves; k++) {
            const ll_terminal_curve *v = &c->p->curves[k];
            if (v->bright == (bright == 1))
                draw_line(c, c->curves, v->x, v->y, v->n, v->hue % HUES + (v->bright ? BRIGHT : 0));
        }
}

/* Where there are no dots, or no colour to tell the law's from the runs', a run is one letter. */
static bool bullets(const canvas *c) {
    return !c->p->unicode || !c->p->colour;
}

/* Else it is a block of two by two dots. */
static void draw_runs(const canvas *c) {
    for (int64_t k = 0; k < c->p->n; k++) {
        int64_t i, j;
        if (!usable(c->p->x[k], c->p->y[k])) continue;
        place(c, c->p->x[k], c->p->y[k], &i, &j);
        for (int more = 0; more < (bullets(c) ? 1 : 4); more++) dot(c, c->runs, i + (more & 1), j + (more >> 1));
    }
}

/* ---- letters ---- */

#define PLAIN "0"
#define RUNS "38;5;33"
#define LAW "38;5;208"
#define FRAME "2"

static void colour(canvas *c, const char *code) {
    if (c->p->colour && strcmp(c->now, code) != 0) fprintf(c->out, "\x1b[%sm", code);
    c->now = code;
}

static void braille(FILE *out, unsigned char dots) {
    fprintf(out, "\xe2%c%c", 0xa0 | dots >> 6, 0x80 | (dots & 0x3f));
}

/* Told apart also by who cannot tell red from green. */
static const char *const hues[2 * HUES] = {
    "38;5;32",   "38;5;172",   "38;5;36",   "38;5;139",   "38;5;179",   "38;5;74",    "38;5;130",   "38;5;102",
    "1;38;5;39", "1;38;5;214", "1;38;5;43", "1;38;5;219", "1;38;5;227", "1;38;5;123", "1;38;5;209", "1;38;5;255",
};

const char *ll_terminal_hue(int hue, bool bright) {
    return hues[hue % HUES + (bright ? BRIGHT : 0)];
}

static void curve_cell(canvas *c, unsigned char dots, unsigned char hue) {
    if (dots) colour(c, hues[hue]);
    if (!dots) fputc(' ', c->out);
    else if (!c->p->unicode) fputc(hue >= BRIGHT ? '#' : '.', c->out);
    else braille(c->out, dots);
}

/* A run covers the law. */
static void cell(canvas *c, unsigned char runs, unsigned char law) {
    if (runs || law) colour(c, runs ? RUNS : LAW);
    if (!runs && !law) fputc(' ', c->out);
    else if (!c->p->unicode) fputc(runs ? 'o' : '.', c->out);
    else if (runs && bullets(c)) fputs("•", c->out);
    else braille(c->out, runs ? runs : law);
}

/* 10^{12} as 10¹² or 1e12, 2×10^{12} as 2×10¹² or 2e12. */
static const char *plain(const char *label, bool unicode, char buf[LABEL]) {
    static const char *const raised[] = { "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹" };
    const char *power = strstr(label, "10^{"), *times = strstr(label, "×");
    snprintf(buf, LABEL, "%s", label);
    if (!power) return buf;
    if (!unicode) {
        snprintf(buf, LABEL, "%.*se%d", times ? (int)(times - label) : 1, times ? label : "1", atoi(power + 4));
        return buf;
    }
    size_t n = (size_t)snprintf(buf, LABEL, "%.*s10", (int)(power - label), label);
    for (const char *p = power + 4; *p && *p != '}' && n + 4 < LABEL; p++)
        n += (size_t)snprintf(buf + n, LABEL - n, "%s", *p == '-' ? "⁻" : raised[*p - '0']);
    return buf;
}

static int letters(const char *utf8) {
    int n = 0;
    for (; *utf8; utf8++) n += (*utf8 & 0xc0) != 0x80;
    return n;
}

static void spaces(FILE *out, int n) {
    for (; n > 0; n--) fputc(' ', out);
}

/* The label of the tick that falls on a cell, NULL: none does. */
static const char *tick_at(const ll_ticks *t, range r, int at, int cells) {
    for (int k = 0; k < t->n; k++)
        if (*t->at[k].label && lround(share(r, t->at[k].v) * (cells - 1)) == at) return t->at[k].label;
    return NULL;
}

static void row(canvas *c, const ll_ticks *t, int j) {
    char buf[LABEL] = "";
    const char *label = tick_at(t, c->y, c->rows - 1 - j, c->rows);
    if (label) plain(label, c->p->unicode, buf);
    spaces(c->out, LEFT - 1 - letters(buf));
    fputs(buf, c->out);
    colour(c, FRAME);
    fputs(!c->p->unicode ? (label ? "+" : "|") : label ? "┤" : "│", c->out);
    colour(c, PLAIN);
    const unsigned char *runs = c->runs + j * c->columns, *law = c->law + j * c->columns;
    const unsigned char *curves = c->curves + j * c->columns, *hue = c->hues + j * c->columns;
    int last = c->columns;
    while (last > 0 && !runs[last - 1] && !law[last - 1] && !curves[last - 1]) last--;
    for (int i = 0; i < last; i++) {
        if (runs[i] || law[i]) cell(c, runs[i], law[i]);
        else curve_cell(c, curves[i], hue[i]);
    }
    colour(c, PLAIN);
    fputc('\n', c->out);
}

static void bottom(canvas *c, const ll_ticks *t) {
    spaces(c->out, LEFT - 1);
    colour(c, FRAME);
    fputs(c->p->unicode ? "└" : "+", c->out);
    for (int i = 0; i < c->columns; i++) {
        const bool tick = tick_at(t, c->x, i, c->columns);
        fputs(!c->p->unicode ? (tick ? "+" : "-") : tick ? "┬" : "─", c->out);
    }
    colour(c, PLAIN);
    fputc('\n', c->out);
    int used = 0;
    for (int i = 0; i < c->columns; i++) {
        char buf[LABEL];
        const char *label = tick_at(t, c->x, i, c->columns);
        if (!label) continue;
        plain(label, c->p->unicode, buf);
        const int from = LEFT + i - letters(buf) / 2;
        if (from < used || from + letters(buf) > LEFT + c->columns) continue;
        spaces(c->out, from - used);
        fputs(buf, c->out);
        used = from + letters(buf);
    }
    fputc('\n', c->out);
}

/* What is shown, at the left; what the marks are, after it. */
static void words(canvas *c) {
    const int room = c->p->width - LEFT, words = letters(c->p->x_label);
    spaces(c->out, LEFT);
    if (words + 18 > room || c->p->n_curves) {
        fprintf(c->out, "%.*s\n", room, c->p->x_label);
        return;
    }
    fprintf(c->out, "%s   ", c->p->x_label);
    cell(c, 0x1b, 0);
    colour(c, PLAIN);
    fputs(" runs  ", c->out);
    cell(c, 0, 0x12);
    cell(c, 0, 0x12);
    colour(c, PLAIN);
    fputs(" law\n", c->out);
}

/* ---- the whole ---- */

static void widen(range *r, const double *v, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        if (isfinite(v[i]) && v[i] > 0) r->lo = fmin(r->lo, v[i]), r->hi = fmax(r->hi, v[i]);
}

static range range_of(const ll_terminal_plot *p, bool of_y) {
    range r = { INFINITY, -INFINITY };
    widen(&r, of_y ? p->y : p->x, p->n);
    widen(&r, of_y ? p->law : p->at, p->n_line);
    for (int k = 0; k < p->n_curves; k++) widen(&r, of_y ? p->curves[k].y : p->curves[k].x, p->curves[k].n);
    if (r.lo == r.hi) r.lo /= 1.1, r.hi *= 1.1;
    return r;
}

static void compose(canvas *c) {
    ll_ticks x, y;
    ll_ticks_make(&x, c->x.lo, c->x.hi, &(ll_tick_style) { true, c->p->x_counts, false, c->columns });
    ll_ticks_make(&y, c->y.lo, c->y.hi, &(ll_tick_style) { true, false, true, c->rows });
    fprintf(c->out, "%.*s\n", c->p->width, c->p->y_label);
    for (int j = 0; j < c->rows; j++) row(c, &y, j);
    bottom(c, &x);
    words(c);
}

ll_status ll_terminal_draw(const ll_terminal_plot *p, char **out, ll_error *err) {
    ll_printed printed;
    canvas c = { .p = p,
                 .columns = p->width - LEFT,
                 .rows = p->height - BELOW - ABOVE,
                 .now = PLAIN,
                 .dots_x = p->unicode ? 2 : 1,
                 .dots_y = p->unicode ? 4 : 1,
                 .x = range_of(p, false),
                 .y = range_of(p, true) };
    *out = NULL;
    if (p->width < 32 || p->height < 8)
        return LL_FAIL(err, LL_EINPUT, "a plot of %d by %d is too small", p->width, p->height);
    if (!(c.x.lo < c.x.hi) || !(c.y.lo < c.y.hi)) return LL_FAIL(err, LL_EINPUT, "there is nothing to plot");
    const size_t cells = (size_t)c.columns * (size_t)c.rows;
    c.law = calloc(4, cells);
    c.runs = c.law + cells;
    c.curves = c.runs + cells;
    c.hues = c.curves + cells;
    c.out = c.law ? ll_printed_open(&printed) : NULL;
    if (c.out) {
        draw_curves(&c);
        draw_law(&c);
        draw_runs(&c);
        compose(&c);
    }
    if (c.law) *out = ll_printed_close(&printed);
    free(c.law);
    if (*out) return LL_OK;
    return LL_FAIL(err, LL_ENOMEM, "out of memory for a plot");
}
