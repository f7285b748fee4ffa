/* The gnuplot script of a figure: everything that decides how figures look, but for where things stand. */
#ifndef LL_REPORT_FIGURE_FIGURE_SCRIPT_H
#define LL_REPORT_FIGURE_FIGURE_SCRIPT_H

#include <stdio.h>

#include "report/figure/figure_layout.h"

enum { LL_FIGURE_EM_PX = 15 }; /* of an SVG */

void ll_figure_script(const ll_figure *f, const ll_layout *l, ll_figure_format format, FILE *out);

#endif
