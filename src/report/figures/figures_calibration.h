/* How often forecasts held: a picture of many scores. */
#ifndef LL_REPORT_FIGURES_FIGURES_CALIBRATION_H
#define LL_REPORT_FIGURES_FIGURES_CALIBRATION_H

#include "forecast/belief/score.h"
#include "report/figure/figure.h"

/* The share of outcomes inside the central interval of each level, against that level, with the band in which 90 %
 * of such shares fall when the forecasts are honest. n 0: LL_ESTATE. */
ll_status ll_figure_calibration(ll_figure **out, const ll_score *scores, int64_t n, ll_error *err);

#endif
