/* What the parts of a figure's script share: where it is written and how things are named there. For
 * figure_script.c and figure_words.c alone. */
#ifndef LL_REPORT_FIGURE_FIGURE_PEN_H
#define LL_REPORT_FIGURE_FIGURE_PEN_H

#include <stdio.h>

#include "report/figure/figure_layout.h"

typedef struct ll_pen {
    FILE *out;
    const ll_layout *l;
    ll_figure_format format;
    int label, arrow, object; /* the last that was used */
} ll_pen;

extern const int ll_pen_dashes[LL_DASH_COUNT]; /* gnuplot's numbers */
extern const int ll_pen_markers[LL_MARKER_COUNT];

double ll_pen_font(const ll_pen *p);                            /* as the terminal counts it */
double ll_pen_scale(const ll_series *s);                        /* of markers and lines */
double ll_pen_point(const ll_pen *p, const ll_series *s);       /* gnuplot's ps */
void ll_pen_colour(const ll_series *s, char *buf, size_t size); /* of the whole series: palette or rgb */

/* Text as an expression: its lines, of at most room characters, each quoted; room 0: one line. */
void ll_pen_text(FILE *out, const char *text, int room);

/* The title and the notes under it; the notes on the axes and in the corner; the words at the ends of lines; the
 * legend. */
void ll_pen_title(ll_pen *p, const ll_figure *f);
void ll_pen_notes(ll_pen *p, const ll_box *b);
void ll_pen_ends(ll_pen *p, const ll_box *b);
void ll_pen_legend(ll_pen *p);

#endif
