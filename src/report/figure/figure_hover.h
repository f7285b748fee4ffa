/* What the named marks and lines of a figure say when they are pointed at: elements laid over gnuplot's SVG, which
 * loses its padding. */
#ifndef LL_REPORT_FIGURE_FIGURE_HOVER_H
#define LL_REPORT_FIGURE_FIGURE_HOVER_H

#include "report/figure/figure_layout.h"

/* Replaces *svg, of *size bytes, by one with them; freed and NULL when it fails. */
ll_status ll_figure_hover(const ll_figure *f, const ll_layout *l, char **svg, size_t *size, ll_error *err);

#endif
