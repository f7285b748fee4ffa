/* A figure, drawn into the page. */
#ifndef LL_REPORT_PAGE_HTML_FIGURE_H
#define LL_REPORT_PAGE_HTML_FIGURE_H

#include <stdio.h>

#include "report/figures/figures.h"

/* Of a ladder. What cannot be drawn is said in words. Without gnuplot missing holds ll_gnuplot_absent, and
 * later figures are not tried; a figure that fails is added to it by name. */
ll_status ll_html_figure(FILE *out, const ll_ladder_figure *k, const ll_evidence *e, char missing[LL_ERROR_MAX],
                         ll_error *err);

/* Any, under a name that is its id, of so many bytes at most. kind and caption as of ll_html_svg, missing as above. */
ll_status ll_html_drawing(FILE *out, const ll_figure *f, const char *name, const char *kind, const char *caption,
                          size_t room, char missing[LL_ERROR_MAX], ll_error *err);

/* The kind of a figure by its panels: "one", "two" or "three". */
const char *ll_html_panels(const ll_figure *f);

#endif
