#include "report/figure_script.h"

#include <math.h>
#include <string.h>

#include "report/escape.h"
#include "report/ticks.h"

static const char *const colours[LL_COLOUR_COUNT] = {
    [LL_BLACK] = "#000000",  [LL_BLUE] = "#0072B2",   [LL_VERMILLION] = "#D55E00", [LL_GREEN] = "#009E73",
    [LL_PURPLE] = "#CC79A7", [LL_ORANGE] = "#E69F00", [LL_SKY] = "#56B4E9",        [LL_YELLOW] = "#F0E442",
};

/* gnuplot's numbers for them. */
static const int dashes[LL_DASH_COUNT] = { [LL_SOLID] = 1, [LL_DASHED] = 2, [LL_DOTTED] = 3, [LL_DASH_DOT] = 4 };
static const int markers[LL_MARKER_COUNT] = {
    [LL_CIRCLE] = 7, [LL_SQUARE] = 5, [LL_TRIANGLE] = 9, [LL_DIAMOND] = 13,
    [LL_WEDGE] = 11, [LL_RING] = 6,   [LL_FRAME] = 4,    [LL_STAR] = 3,
};

static const char *const terminals[] = {
    [LL_FIGURE_SVG] = "svg size 760,500 enhanced font 'sans,14' background '#ffffff' name 'figure'",
    [LL_FIGURE_PNG] = "pngcairo size 1520,1000 enhanced font 'sans,14' fontscale 1.5 linewidth 2 pointscale 2",
    [LL_FIGURE_PDF] = "pdfcairo size 16cm,10.5cm enhanced font 'sans,9' linewidth 1.3 pointscale 0.55",
};

typedef struct range {
    double lo, hi;
} range;

static bool shown(double v, bool log) {
    return isfinite(v) && (!log || v > 0);
}

static bool visible(const ll_figure *f, const ll_mark *m) {
    return shown(m->x, f->x.log) && shown(m->y, f->y.log);
}

static bool has_bar(const ll_figure *f, const ll_mark *m) {
    return shown(m->lo, f->y.log) && shown(m->hi, f->y.log);
}

static void widen(range *r, double v) {
    r->lo = fmin(r->lo, v);
    r->hi = fmax(r->hi, v);
}

static void with_margin(range *r, bool log) {
    double share = 0.04;
    if (log) {
        double by = r->hi > r->lo ? pow(r->hi / r->lo, share) : 1.3;
        *r = (range) { r->lo / by, r->hi * by };
    } else {
        double by = r->hi > r->lo ? share * (r->hi - r->lo) : fmax(1e-3, 0.1 * fabs(r->hi));
        *r = (range) { r->lo - by, r->hi + by };
    }
}

/* The ranges that are asked for, else those of the data with a margin. */
static ll_status ranges(const ll_figure *f, range *x, range *y, range *shade, ll_error *err) {
    *x = *y = *shade = (range) { INFINITY, -INFINITY };
    for (int64_t i = 0; i < f->n_series; i++) {
        const ll_series *s = &f->series[i];
        if (s->shade > 0) widen(shade, s->shade);
        for (int64_t j = 0; j < s->n; j++) {
            const ll_mark *m = &s->marks[j];
            if (!visible(f, m)) continue;
            widen(x, m->x);
            widen(y, m->y);
            if (!has_bar(f, m)) continue;
            widen(y, m->lo);
            widen(y, m->hi);
        }
    }
    if (x->lo > x->hi) return LL_FAIL(err, LL_EINPUT, "figure '%s': there is nothing to show", f->title);
    with_margin(x, f->x.log);
    with_margin(y, f->y.log);
    if (f->x.lo != 0 || f->x.hi != 0) *x = (range) { f->x.lo, f->x.hi };
    if (f->y.lo != 0 || f->y.hi != 0) *y = (range) { f->y.lo, f->y.hi };
    if (shade->lo == shade->hi) with_margin(shade, true);
    if (!(x->lo < x->hi && y->lo < y->hi) || !shown(x->lo, f->x.log) || !shown(y->lo, f->y.log) ||
        !isfinite(x->hi) || !isfinite(y->hi))
        return LL_FAIL(err, LL_EINPUT, "figure '%s': the range of an axis is empty", f->title);
    return LL_OK;
}

/* name: x, y, y2 or cb. */
static void axis(FILE *out, const char *name, const ll_axis *a, range r) {
    ll_ticks t;
    fprintf(out, "set %srange [%.10g:%.10g]\n%sset logscale %s\n", name, r.lo, r.hi, a->log ? "" : "un", name);
    if (a->hidden) {
        fprintf(out, "unset %stics\n", name);
    } else {
        ll_ticks_make(&t, r.lo, r.hi, a->log);
        fprintf(out, "set %stics nomirror out (", name);
        for (int i = 0; i < t.n; i++)
            fprintf(out, "%s'%s' %.10g %d", i ? "," : "", t.at[i].label, t.at[i].v, *t.at[i].label ? 0 : 1);
        fputs(")\n", out);
    }
    char text[sizeof a->label + sizeof a->unit + 4];
    snprintf(text, sizeof text, *a->unit && *a->label ? "%s (%s)" : "%s%s", a->label, a->unit);
    fprintf(out, "set %slabel ", name);
    ll_escape_gnuplot(out, text);
    fprintf(out, " noenhanced%s\n", strcmp(name, "cb") == 0 ? " offset 0, 0.5" : "");
}

/* Title and the lines under it stand above the plot, flush with its left edge. */
static void texts(const ll_figure *f, ll_figure_format format, bool shaded, FILE *out) {
    int above = 0, label = 1;
    for (int64_t i = f->n_notes - 1; i >= 0; i--) {
        const ll_note *n = &f->notes[i];
        fprintf(out, "set label %d ", ++label);
        ll_escape_gnuplot(out, n->text);
        if (isnan(n->x))
            fprintf(out, " at graph 0, graph 1 offset character 0, %.4g left noenhanced textcolor rgb '#666666'\n",
                    0.8 + 1.15 * above++);
        else fprintf(out, " at %.10g, %.10g left offset character 0.6, 0 noenhanced front\n", n->x, n->y);
    }
    fputs("set label 1 ", out);
    ll_escape_gnuplot(out, f->title);
    fprintf(out, " at graph 0, graph 1 offset character 0, %.4g left noenhanced font '%s'\n", 1.05 + 1.15 * above,
            format == LL_FIGURE_SVG ? ",16" : "sans:Bold");
    fprintf(out, "set tmargin %.4g\n", 2.4 + 1.15 * above + (shaded ? 2.4 : 0));
}

static void data(const ll_figure *f, const ll_series *s, int64_t index, FILE *out) {
    fprintf(out, "$d%lld << EOD\n", (long long)index);
    for (int64_t j = 0; j < s->n; j++) {
        const ll_mark *m = &s->marks[j];
        bool bar = has_bar(f, m);
        if (!visible(f, m) || (s->kind == LL_SERIES_BAND && !bar)) fputc('\n', out);
        else fprintf(out, "%.10g %.10g %.10g %.10g\n", m->x, m->y, bar ? m->lo : m->y, bar ? m->hi : m->y);
    }
    fputs("EOD\n", out);
}

static bool any_visible(const ll_figure *f, const ll_series *s) {
    for (int64_t j = 0; j < s->n; j++)
        if (visible(f, &s->marks[j]) && (s->kind != LL_SERIES_BAND || has_bar(f, &s->marks[j]))) return true;
    return false;
}

static bool any_bar(const ll_figure *f, const ll_series *s) {
    for (int64_t j = 0; j < s->n; j++)
        if (visible(f, &s->marks[j]) && has_bar(f, &s->marks[j])) return true;
    return false;
}

/* Error bars are drawn apart from their marks, so that the legend shows the mark alone. */
static void points(const ll_figure *f, const ll_series *s, int64_t index, double size, const char *colour,
                   FILE *out) {
    if (any_bar(f, s))
        fprintf(out, "$d%lld using 1:2:3:4 with yerrorbars pt 0 lw 0.9 lc %s notitle, ", (long long)index, colour);
    fprintf(out, "$d%lld using 1:2 with points lw 1.2 pt %d ps %.3g lc %s", (long long)index, markers[s->marker],
            size, colour);
}

static void plot(const ll_figure *f, const ll_series *s, int64_t index, ll_figure_format format, FILE *out) {
    double size = s->size > 0 ? s->size : 1;
    char colour[64];
    if (s->shade > 0) snprintf(colour, sizeof colour, "palette cb %.10g", s->shade);
    else snprintf(colour, sizeof colour, "rgb '%s'", colours[s->colour]);
    if (s->kind == LL_SERIES_POINTS)
        points(f, s, index, (format == LL_FIGURE_SVG ? 0.6 : 0.85) * size, colour, out);
    else if (s->kind == LL_SERIES_BAND)
        fprintf(out, "$d%lld using 1:3:4 with filledcurves fill transparent solid %.3g noborder lc %s",
                (long long)index, s->opacity > 0 ? s->opacity : 0.18, colour);
    else
        fprintf(out, "$d%lld using 1:2 with %s lw %.3g dt %d lc %s", (long long)index,
                s->kind == LL_SERIES_STEP ? "steps" : "lines", 1.8 * size, dashes[s->dash], colour);
    fputs(" title ", out);
    ll_escape_gnuplot(out, s->label); /* an empty title is no entry */
    fputs(" noenhanced", out);
}

static int64_t characters(const char *utf8) {
    int64_t n = 0;
    for (; *utf8; utf8++) n += (*utf8 & 0xc0) != 0x80;
    return n;
}

/* Below the plot, where it hides nothing; as many columns as the longest entry leaves room for. */
static void legend(const ll_figure *f, FILE *out) {
    int64_t entries = 0, longest = 0;
    for (int64_t i = 0; i < f->n_series; i++) {
        if (!*f->series[i].label || !any_visible(f, &f->series[i])) continue;
        int64_t n = characters(f->series[i].label);
        longest = n > longest ? n : longest;
        entries++;
    }
    if (entries == 0) {
        fputs("unset key\n", out);
        return;
    }
    int64_t columns = longest < 20 ? 3 : longest < 32 ? 2 : 1, rows = (entries + columns - 1) / columns;
    fprintf(out, "set key below Left reverse maxrows %lld samplen 2.5 spacing 1.15\nset bmargin %.4g\n",
            (long long)rows, 4.2 + 1.3 * (double)rows);
}

ll_status ll_figure_script(const ll_figure *f, ll_figure_format format, FILE *out, ll_error *err) {
    range x, y, shade;
    LL_TRY(ranges(f, &x, &y, &shade, err));
    bool right = f->right_scale > 0, shaded = shade.lo < shade.hi;
    fprintf(out,
            "set encoding utf8\nset terminal %s\nset border %d lw 0.8\nset tics scale 0.8,0.4\n"
            "set grid xtics ytics back lt 1 lw 0.7 lc rgb '#dddddd'\nset bars 0.5\n"
            "set palette defined (0 '#440154',1 '#414487',2 '#2a788e',3 '#22a884',4 '#7ad151')\n",
            terminals[format], right ? 11 : 3);
    axis(out, "x", &f->x, x);
    axis(out, "y", &f->y, y);
    if (right) axis(out, "y2", &f->right, (range) { y.lo * f->right_scale, y.hi * f->right_scale });
    if (shaded) {
        fputs("set colorbox horizontal user origin graph 0.5, screen 0.95 size graph 0.5, screen 0.02\n", out);
        axis(out, "cb", &f->shade, shade);
    }
    texts(f, format, shaded, out);
    for (int64_t i = 0; i < f->n_series; i++) data(f, &f->series[i], i, out);
    legend(f, out);
    const char *before = "plot ";
    for (int64_t i = 0; i < f->n_series; i++) {
        if (!any_visible(f, &f->series[i])) continue;
        fputs(before, out);
        plot(f, &f->series[i], i, format, out);
        before = ",\\\n     ";
    }
    fputs("\n", out);
    return LL_OK;
}
