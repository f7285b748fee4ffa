/* The gain of a change against scale. */
#ifndef LL_REPORT_FIGURES_FIGURES_GAIN_H
#define LL_REPORT_FIGURES_FIGURES_GAIN_H

#include "decide/plan/gain.h"
#include "report/figure/figure.h"

/* What the baseline needs over what the other does, with its band: solid where the runs of both reach, dashed
 * beyond. name: of the baseline and of the other. along and unit name x, such as "C = 6ND" and "FLOPs". */
ll_status ll_figure_gain(ll_figure **out, const ll_gain *g, const char *const name[2], const char *along,
                         const char *unit, ll_error *err);

#endif
