/* An ability's metrics on one figure: each as a share of its own rise, so that the sharp and the smooth stand side by
 * side. */
#ifndef LL_REPORT_FIGURES_FIGURES_ABILITY_H
#define LL_REPORT_FIGURES_FIGURES_ABILITY_H

#include "fit/ability/ability.h"
#include "forecast/study/score_study.h"
#include "report/figure/figure.h"

ll_status ll_figure_ability(ll_figure **out, const ll_score_study *s, const ll_ability *a, ll_error *err);

#endif
