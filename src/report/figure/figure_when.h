/* The figure of `forecast when`: the probability that the compute is there, year by year. */
#ifndef LL_REPORT_FIGURE_FIGURE_WHEN_H
#define LL_REPORT_FIGURE_FIGURE_WHEN_H

#include "decide/when/timeline.h"
#include "report/figure/figure.h"

/* One line for each of the n answers, in the order of their labels. LL_ESTATE when none has a date to come. */
ll_status ll_figure_when(ll_figure **out, const ll_when *const *when, const char *const *labels, int n,
                         ll_error *err);

#endif
