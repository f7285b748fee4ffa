/* A small plot for a terminal, of letters, drawn by gnuplot: points and a line over one variable, both axes
 * logarithmic. */
#ifndef LL_REPORT_TERMINAL_H
#define LL_REPORT_TERMINAL_H

#include <stdint.h>

#include "loglog/error.h"

typedef struct ll_terminal_plot {
    const char *x_label, *y_label;
    int64_t n;              /* points */
    const double *x, *y;    /* [n] above zero */
    int64_t n_line;         /* of the line, by rising x */
    const double *at, *law; /* [n_line] above zero */
    int width, height;      /* in letters */
} ll_terminal_plot;

/* *out is zero-terminated, its lines end in '\n'; the caller's to free. LL_EIO without gnuplot. */
ll_status ll_terminal_draw(const ll_terminal_plot *p, char **out, ll_error *err);

#endif
