/* A small plot for a terminal: points and a line over one variable, or learning curves, both axes logarithmic.
 * Drawn in braille, which has eight dots to a letter, or in plain letters. */
#ifndef LL_REPORT_TERMINAL_H
#define LL_REPORT_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

#include "loglog/error.h"

typedef struct ll_terminal_curve {
    int64_t n;
    const double *x, *y; /* [n] above zero, by rising x */
    int hue;             /* which of the colours, any number */
    bool bright;         /* drawn last, over the others */
} ll_terminal_curve;

typedef struct ll_terminal_plot {
    const char *x_label, *y_label;
    bool x_counts;          /* x is marked 200M, not 2×10⁸ */
    int64_t n;              /* points */
    const double *x, *y;    /* [n] above zero */
    int64_t n_line;         /* of the line, by rising x */
    const double *at, *law; /* [n_line] above zero */
    int n_curves;
    const ll_terminal_curve *curves; /* NULL: a plot of points and a line */
    int width, height;               /* in letters: no line is longer; at least 32 by 8 */
    bool unicode, colour;            /* what the terminal shows; without unicode every byte is ASCII */
} ll_terminal_plot;

/* *out is zero-terminated, its lines end in '\n'; the caller's to free. LL_EINPUT: too small, or nothing to show.
 */
ll_status ll_terminal_draw(const ll_terminal_plot *p, char **out, ll_error *err);

/* The code of a curve's colour, for "\x1b[%sm". */
const char *ll_terminal_hue(int hue, bool bright);

#endif
