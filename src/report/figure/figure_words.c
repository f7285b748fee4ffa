/* The words of a figure: title, notes, ends of lines and legend, and how series are named to gnuplot. */
#include "report/figure/figure_pen.h"

#include <math.h>
#include <string.h>

#include "report/escape.h"
#include "report/figure/figure_room.h"
#include "report/figure/figure_script.h"

static const char *const colours[LL_COLOUR_COUNT] = {
    [LL_BLACK] = "#000000", [LL_BLUE] = "#0072B2",   [LL_VERMILLION] = "#D55E00",
    [LL_GREEN] = "#009E73", [LL_PURPLE] = "#CC79A7", [LL_ORANGE] = "#E69F00",
    [LL_SKY] = "#56B4E9",   [LL_YELLOW] = "#F0E442", [LL_GREY] = "#A8AFB6",
};

/* gnuplot's numbers for them. */
const int ll_pen_dashes[LL_DASH_COUNT] = { [LL_SOLID] = 1, [LL_DASHED] = 2, [LL_DOTTED] = 3, [LL_DASH_DOT] = 4 };
const int ll_pen_markers[LL_MARKER_COUNT] = {
    [LL_CIRCLE] = 7, [LL_SQUARE] = 5, [LL_TRIANGLE] = 9, [LL_DIAMOND] = 13,
    [LL_WEDGE] = 11, [LL_RING] = 6,   [LL_FRAME] = 4,    [LL_STAR] = 3,
};

double ll_pen_font(const ll_pen *p) {
    return p->format == LL_FIGURE_PDF ? 6 : LL_FIGURE_EM_PX;
}

/* Text as an expression: its lines, each quoted. */
void ll_pen_text(FILE *out, const char *text, int room) {
    char wrapped[LL_WRAPPED];
    ll_figure_wrap(text, room, wrapped);
    for (char *line = wrapped, *end; line; line = end ? end + 1 : NULL) {
        end = strchr(line, '\n');
        if (end) *end = 0;
        ll_escape_gnuplot(out, line);
        if (end) fputs(".\"\\n\".", out);
    }
}

/* ---- series ---- */

void ll_pen_colour(const ll_series *s, char *buf, size_t size) {
    if (s->shade > 0) snprintf(buf, size, "palette cb %.10g", s->shade);
    else snprintf(buf, size, "rgb '%s'", colours[s->colour]);
}

double ll_pen_scale(const ll_series *s) {
    return s->size > 0 ? s->size : 1;
}

double ll_pen_point(const ll_pen *p, const ll_series *s) {
    return (p->format == LL_FIGURE_SVG ? 0.6 : 0.85) * ll_pen_scale(s);
}

/* ---- title and notes ---- */

void ll_pen_title(ll_pen *p, const ll_figure *f) {
    const ll_box *b = &p->l->box[0];
    const double em = 1 / p->l->height, left = b->left;
    const int room = (int)((1 - left) * p->l->width / LL_EM_CHAR);
    double y = 1 - 1.2 * em;
    fprintf(p->out, "set label %d ", ++p->label);
    ll_pen_text(p->out, f->title, room);
    fprintf(p->out, " at screen %.5f, screen %.5f left noenhanced font '%s,%.4g'\n", left, y,
            p->format == LL_FIGURE_SVG ? "" : "sans:Bold",
            ll_pen_font(p) * (p->format == LL_FIGURE_SVG ? 1.15 : 1));
    y -= 0.15 * em;
    for (int64_t i = 0; i < f->n_notes; i++) {
        const ll_note *n = &f->notes[i];
        char wrapped[LL_WRAPPED];
        if (!isnan(n->x) || n->corner) continue;
        fprintf(p->out, "set label %d ", ++p->label);
        ll_pen_text(p->out, n->text, room);
        fprintf(p->out, " at screen %.5f, screen %.5f left noenhanced textcolor rgb '#666666'\n", left,
                y - 1.25 * em);
        y -= 1.25 * em * ll_figure_wrap(n->text, room, wrapped);
    }
}

/* A line of a corner, of which `above` of `all` lines stand above it. */
static void corner_line(ll_pen *p, const ll_box *b, const ll_note *n, ll_corner c, int above, int all) {
    const double in = LL_EM_CORNER_EDGE / p->l->width;
    const double down = 1 + LL_EM_CORNER_LINE * (c.upper ? above : all - 1 - above);
    fprintf(p->out, " at screen %.5f, screen %.5f %s noenhanced front font ',%.4g' textcolor rgb '%s'\n",
            c.right ? b->right - in : b->left + in,
            c.upper ? b->top - down / p->l->height : b->bottom + down / p->l->height, c.right ? "right" : "left",
            LL_EM_SMALL * ll_pen_font(p), colours[n->colour]);
}

void ll_pen_notes(ll_pen *p, const ll_box *b) {
    const ll_corner corner = ll_figure_room(p->l, b);
    int all = 0, above = 0;
    for (int64_t i = 0; i < b->figure->n_notes; i++) all += b->figure->notes[i].corner;
    for (int64_t i = 0; i < b->figure->n_notes; i++) {
        const ll_note *n = &b->figure->notes[i];
        if (isnan(n->x) && !n->corner) continue;
        fprintf(p->out, "set label %d ", ++p->label);
        ll_escape_gnuplot(p->out, n->text);
        if (n->corner) corner_line(p, b, n, corner, above++, all);
        else
            fprintf(p->out, " at %.10g, %.10g left offset character 0.6, 0 noenhanced front font ',%.4g'\n", n->x,
                    n->y, LL_EM_SMALL * ll_pen_font(p));
    }
}

/* ---- ends of lines ---- */

typedef struct place {
    double x, y, width; /* em */
} place;

static double x_of(const ll_pen *p, const ll_box *b, const ll_mark *m) {
    return ll_range_at(b->x, b->figure->x.log, m->x) * (b->right - b->left) * p->l->width;
}

static double y_of(const ll_pen *p, const ll_box *b, const ll_mark *m) {
    return ll_range_at(b->y, b->figure->y.log, m->y) * (b->top - b->bottom) * p->l->height;
}

/* Whether a mark of any series lies where the words would. */
static bool hides(const ll_pen *p, const ll_box *b, place a) {
    for (int64_t i = 0; i < b->figure->n_series; i++)
        for (int64_t j = 0; j < b->figure->series[i].n; j++) {
            const ll_mark *m = &b->figure->series[i].marks[j];
            const double x = x_of(p, b, m);
            if (x > a.x && x < a.x + a.width && fabs(y_of(p, b, m) - a.y) < 0.6) return true;
        }
    return false;
}

static bool collides(const place *taken, int n, place a) {
    for (int i = 0; i < n; i++)
        if (fabs(taken[i].y - a.y) < 1.05 && a.x < taken[i].x + taken[i].width && taken[i].x < a.x + a.width)
            return true;
    return false;
}

/* What stands at the ends of lines, the later ones first; what would hide another is left out. */
void ll_pen_ends(ll_pen *p, const ll_box *b) {
    enum { MOST = 64 };
    place taken[MOST];
    const double height = (b->top - b->bottom) * p->l->height;
    int n = 0;
    char colour[64];
    for (int64_t i = b->figure->n_series - 1; i >= 0 && n < MOST; i--) {
        const ll_series *s = &b->figure->series[i];
        if (!*s->end || s->n == 0 || !ll_figure_sees(b->figure, &s->marks[s->n - 1])) continue;
        const ll_mark *last = &s->marks[s->n - 1];
        place at = { x_of(p, b, last) + 0.4, y_of(p, b, last), 0 };
        at.width = LL_EM_CHAR * LL_EM_SMALL * (double)ll_figure_characters(s->end) + 0.4;
        if (at.y < 0 || at.y > height || collides(taken, n, at) || hides(p, b, at)) continue;
        taken[n++] = at;
        ll_pen_colour(s, colour, sizeof colour);
        fprintf(p->out, "set label %d ", ++p->label);
        ll_escape_gnuplot(p->out, s->end);
        fprintf(p->out, " at screen %.5f, screen %.5f left noenhanced front font ',%.4g' textcolor %s\n",
                b->left + at.x / p->l->width, b->bottom + at.y / p->l->height, LL_EM_SMALL * ll_pen_font(p),
                colour);
    }
}

/* ---- legend ---- */

/* A point at (x, y), a line or a block around it, as the series is drawn; one of many shades in grey. Widths of lines
 * differ by a trifle: gnuplot's SVG takes the dashes of the line before for one of the same colour and width. */
static void sample(ll_pen *p, const ll_series *s, double x, double y) {
    const double w = 1 / p->l->width, h = 1 / p->l->height;
    char colour[64] = "rgb '#5b6570'";
    if (s->shade > 0 || !ll_figure_shades(s)) ll_pen_colour(s, colour, sizeof colour);
    if (s->kind == LL_SERIES_POINTS)
        fprintf(p->out, "set label %d '' at screen %.5f, screen %.5f point pt %d ps %.3g lw 1.2 lc %s\n",
                ++p->label, x * w, y * h, ll_pen_markers[s->marker], ll_pen_point(p, s), colour);
    else if (s->kind == LL_SERIES_BAND)
        fprintf(p->out,
                "set object %d rectangle from screen %.5f, screen %.5f to screen %.5f, screen %.5f fillstyle "
                "transparent solid %.3g noborder fillcolor %s\n",
                ++p->object, (x - 1) * w, (y - 0.35) * h, (x + 1) * w, (y + 0.35) * h,
                s->opacity > 0 ? s->opacity : 0.18, colour);
    else {
        const double lw = 1.8 * ll_pen_scale(s) + 0.004 * ++p->arrow;
        fprintf(
            p->out,
            "set arrow %d from screen %.5f, screen %.5f to screen %.5f, screen %.5f nohead lw %.4g dt %d lc %s\n",
            p->arrow, (x - 1) * w, y * h, (x + 1) * w, y * h, lw, ll_pen_dashes[s->dash], colour);
    }
}

void ll_pen_legend(ll_pen *p) {
    for (int i = 0; i < p->l->n_entries; i++) {
        const ll_legend_entry *e = &p->l->entry[i];
        sample(p, e->series, e->x, e->y);
        fprintf(p->out, "set label %d ", ++p->label);
        ll_pen_text(p->out, e->series->label, p->l->legend_room);
        fprintf(p->out, " at screen %.5f, screen %.5f left noenhanced\n", (e->x + 1.5) / p->l->width,
                e->y / p->l->height);
    }
}
