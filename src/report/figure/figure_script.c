#include "report/figure/figure_script.h"

#include <math.h>
#include <string.h>

#include "report/figure/figure_pen.h"

#define FINEST 0.12 /* em, under two pixels: what of a line no eye tells apart */

/* One em is 15 px in SVG, twice that in PNG and 8 points in PDF. cairo takes a font's size for 4/3 of it. */
static void terminal(const ll_pen *p) {
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
static void axis_words(ll_pen *p, const ll_axis *a, double em, double x, double y, const char *rotate) {
    char text[LL_WRAPPED];
    ll_figure_axis_text(a, text);
    if (!*text) return;
    fprintf(p->out, "set label %d ", ++p->label);
    ll_pen_text(p->out, text, (int)(em / LL_EM_CHAR));
    fprintf(p->out, " at screen %.5f, screen %.5f center %s noenhanced\n", x, y, rotate);
}

/* What dark and light stand for; as before where nothing is shaded. */
static void shade_range(FILE *out, const ll_box *b) {
    if (b->shade.lo < b->shade.hi)
        fprintf(out, "set cbrange [%.10g:%.10g]\n%sset logscale cb\n", b->shade.lo, b->shade.hi,
                b->figure->shade.log ? "" : "un");
}

/* A bar above the plot, its words to the left of it. */
static void shade_axis(ll_pen *p, const ll_box *b) {
    const double width = b->right - b->left, em = 1 / p->l->height;
    char text[LL_WRAPPED];
    if (!ll_figure_has_shade_bar(b)) {
        fputs("unset colorbox\n", p->out);
        shade_range(p->out, b);
        return;
    }
    ll_figure_axis_text(&b->figure->shade, text);
    double words = ((double)ll_figure_characters(text) * LL_EM_CHAR + 0.8) / p->l->width;
    words = fmin(words, 0.6 * width);
    fprintf(p->out, "set colorbox horizontal user origin screen %.5f, screen %.5f size screen %.5f, screen %.5f\n",
            b->left + words, b->top + 1.75 * em, width - words, 0.65 * em);
    axis(p->out, "cb", &b->figure->shade, b->shade, (width - words) * p->l->width, false);
    fprintf(p->out, "set label %d ", ++p->label);
    ll_pen_text(p->out, text, 0);
    fprintf(p->out, " at screen %.5f, screen %.5f left noenhanced\n", b->left, b->top + 2.05 * em);
}

/* ---- series ---- */

static void data(const ll_layout *l, const ll_series *s, int panel, int64_t index, FILE *out) {
    const ll_figure *f = l->box[panel].figure;
    int64_t last = -1;
    fprintf(out, "$d%d_%lld << EOD\n", panel, (long long)index);
    for (int64_t j = 0; j < s->n; j++) {
        const ll_mark *m = &s->marks[j];
        bool bar = ll_figure_has_bar(f, m);
        if (!ll_figure_sees(f, m) || (s->kind == LL_SERIES_BAND && !bar)) {
            fputc('\n', out);
            continue;
        }
        if (s->kind == LL_SERIES_LINE && !ll_figure_keeps(l, &l->box[panel], s, j, last, FINEST)) continue;
        last = j;
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

static void plot(const ll_pen *p, const ll_figure *f, const ll_series *s, int panel, int64_t index) {
    char name[48], colour[64];
    const bool by_mark = s->kind == LL_SERIES_POINTS && ll_figure_shades(s);
    snprintf(name, sizeof name, "$d%d_%lld", panel, (long long)index);
    if (by_mark) snprintf(colour, sizeof colour, "palette");
    else ll_pen_colour(s, colour, sizeof colour);
    if (s->kind == LL_SERIES_POINTS) {
        if (any_bar(f, s))
            fprintf(p->out, "%s using 1:2:3:4%s with yerrorbars pt 0 lw 0.9 lc %s notitle, ", name,
                    by_mark ? ":5" : "", colour);
        fprintf(p->out, "%s using 1:2%s with points lw 1.2 pt %d ps %.3g lc %s", name, by_mark ? ":5" : "",
                ll_pen_markers[s->marker], ll_pen_point(p, s), colour);
    } else if (s->kind == LL_SERIES_BAND)
        fprintf(p->out, "%s using 1:3:4 with filledcurves fill transparent solid %.3g noborder lc %s", name,
                s->opacity > 0 ? s->opacity : 0.18, colour);
    else
        fprintf(p->out, "%s using 1:2 with %s lw %.3g dt %d lc %s", name,
                s->kind == LL_SERIES_STEP ? "steps" : "lines", 1.8 * ll_pen_scale(s), ll_pen_dashes[s->dash],
                colour);
    fputs(" notitle", p->out);
}

/* ---- the whole ---- */

static void panel(ll_pen *p, int k) {
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
    axis(p->out, "y", &f->y, b->y, height, isnan(b->y_words));
    if (right) axis(p->out, "y2", &f->right, y2, height, false);
    else fputs("unset y2tics\n", p->out);
    const double em_x = 1 / p->l->width, em_y = 1 / p->l->height, middle = (b->bottom + b->top) / 2;
    axis_words(p, &f->x, width, (b->left + b->right) / 2, b->bottom - (LL_EM_TICKS + 0.5) * em_y, "");
    if (!isnan(b->y_words)) axis_words(p, &f->y, height, b->y_words + 0.5 * em_x, middle, "rotate by 90");
    if (right) axis_words(p, &f->right, height, 1 - p->l->right_words * em_x, middle, "rotate by 90");
    shade_axis(p, b);
    ll_pen_notes(p, b);
    ll_pen_ends(p, b);
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
    ll_pen p = { .out = out, .l = l, .format = format };
    fputs("set encoding utf8\n", out);
    terminal(&p);
    fputs(
        "set tics scale 0.8,0.4\nset grid xtics ytics back lt 1 lw 0.7 lc rgb '#dddddd'\nset bars 0.5\nunset key\n"
        "set palette maxcolors 48 defined (0 '#440154', 0.33 '#3e4f8a', 0.66 '#1f8e8c', 1 '#56b455')\n",
        out);
    for (int k = 0; k < l->n; k++)
        for (int64_t i = 0; i < l->box[k].figure->n_series; i++) data(l, &l->box[k].figure->series[i], k, i, out);
    if (l->n > 1) fputs("set multiplot\n", out);
    ll_pen_title(&p, f);
    ll_pen_legend(&p);
    for (int k = l->n - 1; k >= 0; k--) shade_range(out, &l->box[k]); /* the legend is drawn with the first panel */
    for (int k = 0; k < l->n; k++) panel(&p, k);
    if (l->n > 1) fputs("unset multiplot\n", out);
}
