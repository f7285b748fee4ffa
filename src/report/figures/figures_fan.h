/* The forecast in a figure of the loss against compute. */
#ifndef LL_REPORT_FIGURES_FIGURES_FAN_H
#define LL_REPORT_FIGURES_FIGURES_FAN_H

#include "report/figures/figures.h"

/* Beyond the largest run that is fitted: the median and its 50, 90 and 99 % intervals, one in the other. */
void ll_figure_add_fan(ll_figure *f, const ll_evidence *e);

/* What is planned and what was sealed, each with its 90 % interval, and what came. */
void ll_figure_add_outlooks(ll_figure *f, const ll_evidence *e);

/* What a figure calls a sealed forecast: its run, and where the store does not hold that, its id without the ladder. */
const char *ll_figure_seal_name(const ll_evidence *e, const ll_sealed *s);

/* Widens an axis of losses to all of them. */
void ll_figure_see_fan(ll_axis *y, const ll_evidence *e);

#endif
