/* A figure of the ladder, drawn into the page. */
#ifndef LL_REPORT_PAGE_HTML_FIGURE_H
#define LL_REPORT_PAGE_HTML_FIGURE_H

#include <stdio.h>

#include "report/figures/figures.h"

/* The class of a figure of so many panels: "one", "two", "three". */
const char *ll_html_panels(const ll_figure *f);

/* What cannot be drawn is said in words. When gnuplot fails, missing holds its line, and later figures are not
 * tried. */
ll_status ll_html_figure(FILE *out, const ll_ladder_figure *k, const ll_evidence *e, char missing[LL_ERROR_MAX],
                         ll_error *err);

#endif
