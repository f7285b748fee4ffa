/* A figure with no more marks than a picture can show apart: of a million points of a curve, or a million runs, gnuplot
 * would draw for minutes what nobody can see. */
#ifndef LL_REPORT_FIGURE_FIGURE_THIN_H
#define LL_REPORT_FIGURE_FIGURE_THIN_H

#include "report/figure/figure.h"

/* *out is f itself where it has few marks, else a copy that borrows its texts, for ll_figure_thin_free. Of a line each
 * column of the picture keeps its first, lowest, highest and last mark; of points one mark stays of those that lie on
 * one another, the last, which is on top. What is left out of points is said under the title. */
ll_status ll_figure_thin(const ll_figure *f, const ll_figure **out, ll_error *err);
void ll_figure_thin_free(const ll_figure *thin, const ll_figure *f);

#endif
