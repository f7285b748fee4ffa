#include "report/figure_script.h"

#include <math.h>
#include <string.h>

#include "report/escape.h"

/* Text of a figure is of one size, but for what is written into the plot. */
#define SMALL 0.86

static const char *const colours[LL_COLOUR_COUNT] = {
    [LL_BLACK] = "#000000", [LL_BLUE] = "#0072B2",   [LL_VERMILLION] = "#D55E00",
    [LL_GREEN] = "#009E73", [LL_PURPLE] = "#CC79A7", [LL_ORANGE] = "#E69F00",
    [LL_SKY] = "#56B4E9",   [LL_YELLOW] = "#F0E442", [LL_GREY] = "#A8AFB6",
};

/* gnuplot's numbers for them. */
static const int dashes[LL_DASH_COUNT] = { [LL_SOLID] = 1, [LL_DASHED] = 2, [LL_DOTTED] = 3, [LL_DASH_DOT] = 4 };
static const int markers[LL_MARKER_COUNT] = {
    [LL_CIRCLE] = 7, [LL_SQUARE] = 5, [LL_TRIANGLE] = 9, [LL_DIAMOND] = 13,
    [LL_WEDGE] = 11, [LL_RING] = 6,   [LL_FRAME] = 4,    [LL_STAR] = 3,
};

typedef struct pen {
    FILE *out;
    const ll_layout *l;
    ll_figure_format format;
    int label, arrow, object; /* the last that was used */
} pen;

/* One em is 15 px in SVG, twice that in PNG and 8 points in PDF. cairo takes a font's size for 4/3 of it. */
static void terminal(const pen *p) {
    const double w = p->l->width, h = p->l->height;
    if (p->format == LL_FIGURE_SVG)
        fprintf(p->out,
                "set terminal svg size %.0f,%.0f enhanced font 'sans,%d' background '#ffffff' name 'figure'\n",
                w * LL_FIGURE_EM_PX, h * LL_FIGURE_EM_PX, LL_FIGURE_EM_PX);
    else if (p->format == LL_FIGURE_PNG)
        fprintf(p->out,
                "set terminal pngcairo size %.0f,%.0f enhanced font 'sans,15' fontscale 1.5 linewidth 2 "
                "pointscale 2\n",
                w * 2 * LL_FIGURE_EM_PX, h * 2 * LL_FIGURE_EM_PX);
    else
        fprintf(p->out,
                "set terminal pdfcairo size %.4gcm,%.4gcm enhanced font 'sans,6' fontscale 1 linewidth 0.9 "
                "pointscale 0.55\n",
                w * 8 * 2.54 / 72, h * 8 * 2.54 / 72);
}

static double font(const pen *p) {
    return p->format == LL_FIGURE_PDF ? 6 : LL_FIGURE_EM_PX;
}

/* Text as an expression: its lines, each quoted. */
static void quoted(FILE *out, const char *text, int room) {
    char wrapped[LL_WRAPPED];
    ll_figure_wrap(text, room, wrapped);
    for (char *line = wrapped, *end; line; line = end ? end + 1 : NULL) {
        end = strchr(line, '\n');
        if (end) *end = 0;
        ll_escape_gnuplot(out, line);
        if (end) fputs(".\"\\n\".", out);
    }
}

/* ---- axes ---- */

/* name: x, y, y2 or cb. em: its length. bare: no words. */
static void axis(FILE *out, const char *name, const ll_axis *a, ll_range r, double em, bool bare) {
    ll_ticks t;
    const bool upright = *name == 'y';
    fprintf(out, "set %srange [%.10g:%.10g]\n%sset logscale %s\n", name, r.lo, r.hi, a->log ? "" : "un", name);
    if (a->hidden) {
        fprintf(out, "unset %stics\n", name);
    } else {
        ll_ticks_make(&t, r.lo, r.hi,
                      &(ll_tick_style) { a->log, a->counts, upright, em / (upright ? 1.25 : LL_EM_CHAR) });
        fprintf(out, "set %stics nomirror out (", name);
        for (int i = 0; i < t.n; i++)
            fprintf(out, "%s'%s' %.10g %d", i ? "," : "", bare ? "" : t.at[i].label, t.at[i].v,
                    *t.at[i].label ? 0 : 1);
        fprintf(out, ")%s\n", upright ? "" : " offset character 0, 0.45");
    }
}

/* The words of an axis, centred at a place of the screen. */
static void axis_words(pen *p, const ll_axis *a, double em, double x, double y, const char *rotate) {
    char text[LL_WRAPPED];
    ll_figure_axis_text(a, text);
    if (!*text) return;
    fprintf(p->out, "set label %d ", ++p->label);
    quoted(p->out, text, (int)(em / LL_EM_CHAR));
    fprintf(p->out, " at screen %.5f, screen %.5f center %s noenhanced\n", x, y, rotate);
}

/* A bar above the plot, its words to the left of it. */
static void shade_axis(pen *p, const ll_box *b) {
    const double width = b->right - b->left, em = 1 / p->l->height;
    char text[LL_WRAPPED];
    if (!(b->shade.lo < b->shade.hi)) {
        fputs("unset colorbox\n", p->out);
        return;
    }
    ll_figure_axis_text(&b->figure->shade, text);
    double words = ((double)ll_figure_characters(text) * LL_EM_CHAR + 0.8) / p->l->width;
    words = fmin(words, 0.6 * width);
    fprintf(p->out, "set colorbox horizontal user origin screen %.5f, screen %.5f size screen %.5f, screen %.5f\n",
            b->left + words, b->top + 1.75 * em, width - words, 0.65 * em);
    axis(p->out, "cb", &b->figure->shade, b->shade, (width - words) * p->l->width, false);
    fprintf(p->out, "set label %d ", ++p->label);
    quoted(p->out, text, 0);
    fprintf(p->out, " at screen %.5f, screen %.5f left noenhanced\n", b->left, b->top + 2.05 * em);
}

/* ---- words ---- */

static void title_and_lines(pen *p, const ll_figure *f) {
    const ll_box *b = &p->l->box[0];
    const double em = 1 / p->l->height, left = b->left;
    const int room = (int)((1 - left) * p->l->width / LL_EM_CHAR);
    double y = 1 - 1.2 * em;
    fprintf(p->out, "set label %d ", ++p->label);
    quoted(p->out, f->title, room);
    fprintf(p->out, " at screen %.5f, screen %.5f left noenhanced font '%s,%.4g'\n", left, y,
            p->format == LL_FIGURE_SVG ? "" : "sans:Bold", font(p) * (p->format == LL_FIGURE_SVG ? 1.15 : 1));
    y -= 0.15 * em;
    for (int64_t i = 0; i < f->n_notes; i++) {
        const ll_note *n = &f->notes[i];
        char wrapped[LL_WRAPPED];
        if (!isnan(n->x) || n->corner) continue;
        fprintf(p->out, "set label %d ", ++p->label);
        quoted(p->out, n->text, room);
        fprintf(p->out, " at screen %.5f, screen %.5f left noenhanced textcolor rgb '#666666'\n", left,
                y - 1.25 * em);
        y -= 1.25 * em * ll_figure_wrap(n->text, room, wrapped);
    }
}

static void notes(pen *p, const ll_box *b) {
    int stacked = 0;
    for (int64_t i = b->figure->n_notes - 1; i >= 0; i--) {
        const ll_note *n = &b->figure->notes[i];
        if (isnan(n->x) && !n->corner) continue;
        fprintf(p->out, "set label %d ", ++p->label);
        ll_escape_gnuplot(p->out, n->text);
        if (n->corner)
            fprintf(p->out, " at screen %.5f, screen %.5f left noenhanced front font ',%.4g'\n",
                    b->left + 0.7 / p->l->width, b->bottom + (1 + 1.2 * stacked++) / p->l->height, SMALL * font(p));
        else
            fprintf(p->out, " at %.10g, %.10g left offset character 0.6, 0 noenhanced front font ',%.4g'\n", n->x,
                    n->y, SMALL * font(p));
    }
}

typedef struct place {
    double x, y, width; /* em */
} place;

static place place_of(const pen *p, const ll_box *b, const ll_mark *m) {
    const double x = ll_range_at(b->x, b->figure->x.log, m->x), y = ll_range_at(b->y, b->figure->y.log, m->y);
    return (place) { x * (b->right - b->left) * p->l->width, y * (b->top - b->bottom) * p->l->height, 0 };
}

/* Whether a mark of any series lies where the words would. */
static bool hides(const pen *p, const ll_box *b, place a) {
    for (int64_t i = 0; i < b->figure->n_series; i++)
        for (int64_t j = 0; j < b->figure->series[i].n; j++) {
            const place m = place_of(p, b, &b->figure->series[i].marks[j]);
            if (fabs(m.y - a.y) < 0.6 && m.x > a.x && m.x < a.x + a.width) return true;
        }
    return false;
}

static bool collides(const place *taken, int n, place a) {
    for (int i = 0; i < n; i++)
        if (fabs(taken[i].y - a.y) < 1.05 && a.x < taken[i].x + taken[i].width && taken[i].x < a.x + a.width)
            return true;
    return false;
}

static void colour_of(const ll_series *s, char *buf, size_t size) {
    if (s->shade > 0) snprintf(buf, size, "palette cb %.10g", s->shade);
    else snprintf(buf, size, "rgb '%s'", colours[s->colour]);
}

/* What stands at the ends of lines, the later ones first; what would hide another is left out. */
static void ends(pen *p, const ll_box *b) {
    enum { MOST = 64 };
    place taken[MOST];
    const double height = (b->top - b->bottom) * p->l->height;
    int n = 0;
    char colour[64];
    for (int64_t i = b->figure->n_series - 1; i >= 0 && n < MOST; i--) {
        const ll_series *s = &b->figure->series[i];
        if (!*s->end || s->n == 0 || !ll_figure_sees(b->figure, &s->marks[s->n - 1])) continue;
        place at = place_of(p, b, &s->marks[s->n - 1]);
        at.x += 0.4;
        at.width = LL_EM_CHAR * SMALL * (double)ll_figure_characters(s->end) + 0.4;
        if (at.y < 0 || at.y > height || collides(taken, n, at) || hides(p, b, at)) continue;
        taken[n++] = at;
        colour_of(s, colour, sizeof colour);
        fprintf(p->out, "set label %d ", ++p->label);
        ll_escape_gnuplot(p->out, s->end);
        fprintf(p->out, " at screen %.5f, screen %.5f left noenhanced front font ',%.4g' textcolor %s\n",
                b->left + at.x / p->l->width, b->bottom + at.y / p->l->height, SMALL * font(p), colour);
    }
}

/* ---- series ---- */

static void data(const ll_figure *f, const ll_series *s, int panel, int64_t index, FILE *out) {
    fprintf(out, "$d%d_%lld << EOD\n", panel, (long long)index);
    for (int64_t j = 0; j < s->n; j++) {
        const ll_mark *m = &s->marks[j];
        bool bar = ll_figure_has_bar(f, m);
        if (!ll_figure_sees(f, m) || (s->kind == LL_SERIES_BAND && !bar)) fputc('\n', out);
        else
            fprintf(out, "%.10g %.10g %.10g %.10g %.10g\n", m->x, m->y, bar ? m->lo : m->y, bar ? m->hi : m->y,
                    m->shade > 0 ? m->shade : s->shade);
    }
    fputs("EOD\n", out);
}

static bool any_bar(const ll_figure *f, const ll_series *s) {
    for (int64_t j = 0; j < s->n; j++)
        if (ll_figure_has_bar(f, &s->marks[j])) return true;
    return false;
}

static double scale_of(const ll_series *s) {
    return s->size > 0 ? s->size : 1;
}

static double point_size(const pen *p, const ll_series *s) {
    return (p->format == LL_FIGURE_SVG ? 0.6 : 0.85) * scale_of(s);
}

static void plot(const pen *p, const ll_figure *f, const ll_series *s, int panel, int64_t index) {
    char name[48], colour[64];
    const bool by_mark = s->kind == LL_SERIES_POINTS && ll_figure_shades(s);
    snprintf(name, sizeof name, "$d%d_%lld", panel, (long long)index);
    if (by_mark) snprintf(colour, sizeof colour, "palette");
    else colour_of(s, colour, sizeof colour);
    if (s->kind == LL_SERIES_POINTS) {
        if (any_bar(f, s))
            fprintf(p->out, "%s using 1:2:3:4%s with yerrorbars pt 0 lw 0.9 lc %s notitle, ", name,
                    by_mark ? ":5" : "", colour);
        fprintf(p->out, "%s using 1:2%s with points lw 1.2 pt %d ps %.3g lc %s", name, by_mark ? ":5" : "",
                markers[s->marker], point_size(p, s), colour);
    } else if (s->kind == LL_SERIES_BAND)
        fprintf(p->out, "%s using 1:3:4 with filledcurves fill transparent solid %.3g noborder lc %s", name,
                s->opacity > 0 ? s->opacity : 0.18, colour);
    else
        fprintf(p->out, "%s using 1:2 with %s lw %.3g dt %d lc %s", name,
                s->kind == LL_SERIES_STEP ? "steps" : "lines", 1.8 * scale_of(s), dashes[s->dash], colour);
    fputs(" notitle", p->out);
}

/* ---- legend ---- */

/* A point at (x, y), a line or a block around it, as the series is drawn; shaded ones in grey. Widths of lines
 * differ by a trifle: gnuplot's SVG takes the dashes of the line before for one of the same colour and width. */
static void sample(pen *p, const ll_series *s, double x, double y) {
    const double w = 1 / p->l->width, h = 1 / p->l->height;
    const char *colour = ll_figure_shades(s) ? "#5b6570" : colours[s->colour];
    if (s->kind == LL_SERIES_POINTS)
        fprintf(p->out, "set label %d '' at screen %.5f, screen %.5f point pt %d ps %.3g lw 1.2 lc rgb '%s'\n",
                ++p->label, x * w, y * h, markers[s->marker], point_size(p, s), colour);
    else if (s->kind == LL_SERIES_BAND)
        fprintf(p->out,
                "set object %d rectangle from screen %.5f, screen %.5f to screen %.5f, screen %.5f fillstyle "
                "transparent solid %.3g noborder fillcolor rgb '%s'\n",
                ++p->object, (x - 1) * w, (y - 0.35) * h, (x + 1) * w, (y + 0.35) * h,
                s->opacity > 0 ? s->opacity : 0.18, colour);
    else {
        const double lw = 1.8 * scale_of(s) + 0.004 * ++p->arrow;
        fprintf(
            p->out,
            "set arrow %d from screen %.5f, screen %.5f to screen %.5f, screen %.5f nohead lw %.4g dt %d lc rgb "
            "'%s'\n",
            p->arrow, (x - 1) * w, y * h, (x + 1) * w, y * h, lw, dashes[s->dash], colour);
    }
}

static void legend(pen *p) {
    for (int i = 0; i < p->l->n_entries; i++) {
        const ll_legend_entry *e = &p->l->entry[i];
        sample(p, e->series, e->x, e->y);
        fprintf(p->out, "set label %d ", ++p->label);
        quoted(p->out, e->series->label, p->l->legend_room);
        fprintf(p->out, " at screen %.5f, screen %.5f left noenhanced\n", (e->x + 1.5) / p->l->width,
                e->y / p->l->height);
    }
}

/* ---- the whole ---- */

static void panel(pen *p, int k) {
    const ll_box *b = &p->l->box[k];
    const ll_figure *f = b->figure;
    const double width = (b->right - b->left) * p->l->width, height = (b->top - b->bottom) * p->l->height;
    const bool right = f->right_scale > 0;
    const ll_range y2 = { b->y.lo * f->right_scale, b->y.hi * f->right_scale };
    fprintf(p->out,
            "set lmargin at screen %.5f\nset rmargin at screen %.5f\nset bmargin at screen %.5f\nset tmargin at "
            "screen %.5f\nset border %d lw 0.8\n",
            b->left, b->right, b->bottom, b->top, right ? 11 : 3);
    axis(p->out, "x", &f->x, b->x, width, false);
    axis(p->out, "y", &p->l->box[0].figure->y, b->y, height, k > 0);
    if (right) axis(p->out, "y2", &f->right, y2, height, false);
    else fputs("unset y2tics\n", p->out);
    const double em_x = 1 / p->l->width, em_y = 1 / p->l->height, middle = (b->bottom + b->top) / 2;
    axis_words(p, &f->x, width, (b->left + b->right) / 2, b->bottom - (LL_EM_TICKS + 0.5) * em_y, "");
    if (k == 0) axis_words(p, &f->y, height, LL_EM_EDGE * em_x + 0.5 * em_x, middle, "rotate by 90");
    if (right) axis_words(p, &f->right, height, 1 - p->l->right_words * em_x, middle, "rotate by 90");
    shade_axis(p, b);
    notes(p, b);
    ends(p, b);
    const char *before = "plot ";
    for (int64_t i = 0; i < f->n_series; i++) {
        if (!ll_figure_sees_any(f, &f->series[i])) continue;
        fputs(before, p->out);
        plot(p, f, &f->series[i], k, i);
        before = ",\\\n     ";
    }
    fputs("\nunset label\nunset arrow\nunset object\n", p->out);
}

void ll_figure_script(const ll_figure *f, const ll_layout *l, ll_figure_format format, FILE *out) {
    pen p = { .out = out, .l = l, .format = format };
    fputs("set encoding utf8\n", out);
    terminal(&p);
    fputs(
        "set tics scale 0.8,0.4\nset grid xtics ytics back lt 1 lw 0.7 lc rgb '#dddddd'\nset bars 0.5\nunset key\n"
        "set palette maxcolors 48 defined (0 '#440154', 0.33 '#3e4f8a', 0.66 '#1f8e8c', 1 '#56b455')\n",
        out);
    for (int k = 0; k < l->n; k++)
        for (int64_t i = 0; i < l->box[k].figure->n_series; i++)
            data(l->box[k].figure, &l->box[k].figure->series[i], k, i, out);
    if (l->n > 1) fputs("set multiplot\n", out);
    title_and_lines(&p, f);
    legend(&p);
    for (int k = 0; k < l->n; k++) panel(&p, k);
    if (l->n > 1) fputs("unset multiplot\n", out);
}
