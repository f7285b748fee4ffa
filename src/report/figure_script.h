/* The gnuplot script of a figure: everything that decides how figures look. */
#ifndef LL_REPORT_FIGURE_SCRIPT_H
#define LL_REPORT_FIGURE_SCRIPT_H

#include <stdio.h>

#include "report/figure.h"

/* LL_EINPUT when no mark can be shown or a range is empty. */
ll_status ll_figure_script(const ll_figure *f, ll_figure_format format, FILE *out, ll_error *err);

#endif
