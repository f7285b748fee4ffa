#define _POSIX_C_SOURCE 200809L
#include "report/figure/figure_hover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/printed.h"
#include "report/escape.h"
#include "report/figure/figure_script.h"

typedef struct spot {
    double x, y; /* px from the upper left */
    bool inside;
} spot;

static spot spot_of(const ll_layout *l, const ll_box *b, const ll_mark *m) {
    const double x = ll_range_at(b->x, b->figure->x.log, m->x), y = ll_range_at(b->y, b->figure->y.log, m->y);
    const double width = l->width * LL_FIGURE_EM_PX, height = l->height * LL_FIGURE_EM_PX;
    return (spot) { width * (b->left + x * (b->right - b->left)),
                    height * (1 - b->bottom - y * (b->top - b->bottom)), x >= 0 && x <= 1 && y >= 0 && y <= 1 };
}

/* Most marks of a series that say what they are, evenly many of them: a target is as large in the file as a row. */
enum { TARGETS = 1000 };

static void points(FILE *out, const ll_layout *l, const ll_box *b, const ll_series *s) {
    const int64_t every = (s->n + TARGETS - 1) / TARGETS;
    for (int64_t j = 0; j < s->n; j += every) {
        const ll_mark *m = &s->marks[j];
        if (!m->name || !ll_figure_sees(b->figure, m)) continue;
        const spot at = spot_of(l, b, m);
        if (!at.inside) continue;
        fprintf(out, "<circle class=\"hover\" cx=\"%.1f\" cy=\"%.1f\" r=\"7\" fill=\"transparent\"", at.x, at.y);
        if (m->run) {
            fputs(" data-run=\"", out);
            ll_escape_html(out, m->run);
            fputc('"', out);
        }
        fputs("><title>", out);
        ll_escape_html(out, m->name);
        fputs("</title></circle>\n", out);
    }
}

static void line(FILE *out, const ll_layout *l, const ll_box *b, const ll_series *s) {
    int64_t last = -1;
    if (!*s->name || s->n < 2) return;
    fputs("<polyline class=\"hover\" fill=\"none\" stroke=\"transparent\" stroke-width=\"7\" points=\"", out);
    for (int64_t j = 0; j < s->n; j++) {
        const ll_mark *m = &s->marks[j];
        if (!ll_figure_sees(b->figure, m) || !ll_figure_keeps(l, b, s, j, last, 0.5)) continue;
        const spot at = spot_of(l, b, m);
        last = j;
        if (at.inside) fprintf(out, "%.0f,%.0f ", at.x, at.y);
    }
    fputs("\"><title>", out);
    ll_escape_html(out, s->name);
    fputs("</title></polyline>\n", out);
}

static void overlay(FILE *out, const ll_layout *l) {
    for (int k = 0; k < l->n; k++)
        for (int points_too = 0; points_too < 2; points_too++) /* a point lies above any line */
            for (int64_t i = 0; i < l->box[k].figure->n_series; i++) {
                const ll_series *s = &l->box[k].figure->series[i];
                if (points_too && s->kind == LL_SERIES_POINTS) points(out, l, &l->box[k], s);
                if (!points_too && s->kind == LL_SERIES_LINE) line(out, l, &l->box[k], s);
            }
}

/* A line without the attributes that say what holds anyway. */
static void put_line(FILE *out, const char *line, const char *end) {
    static const char said[] = " stroke-linecap=\"butt\" stroke-linejoin=\"miter\"";
    const char *at = strncmp(line, "<g ", 3) == 0 ? strstr(line, said) : NULL;
    if (at && at < end) {
        fwrite(line, 1, (size_t)(at - line), out);
        line = at + strlen(said);
    }
    fwrite(line, 1, (size_t)(end - line), out);
}

/* gnuplot opens a group for each change of its pen, and draws nothing in most: a line "<g ...>" and a line "</g>".
 */
static void put_without_padding(FILE *out, const char *from, const char *end) {
    static const char close[] = "</g>\n";
    while (from < end) {
        const char *line = memchr(from, '\n', (size_t)(end - from)), *next = line ? line + 1 : end;
        const bool empty = strncmp(from, "<g ", 3) == 0 && next > from + 1 && next[-2] == '>' &&
                           strncmp(next, close, strlen(close)) == 0;
        if (empty) next += strlen(close);
        else put_line(out, from, next);
        from = next;
    }
}

ll_status ll_figure_hover(const ll_figure *f, const ll_layout *l, char **svg, size_t *size, ll_error *err) {
    char *end = NULL;
    for (char *p = strstr(*svg, "</svg>"); p; p = strstr(p + 1, "</svg>")) end = p;
    if (!end) return LL_OK;
    ll_printed with;
    FILE *out = ll_printed_open(&with);
    if (out) {
        put_without_padding(out, *svg, end);
        overlay(out, l);
        fputs(end, out);
    }
    free(*svg);
    *svg = ll_printed_close(&with);
    *size = with.size;
    if (*svg) return LL_OK;
    return LL_FAIL(err, LL_ENOMEM, "figure '%s': out of memory", f->title);
}
