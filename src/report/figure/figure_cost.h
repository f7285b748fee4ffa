/* The figure of `cost`: what published models cost to train, by their day, and who could pay. */
#ifndef LL_REPORT_FIGURE_FIGURE_COST_H
#define LL_REPORT_FIGURE_FIGURE_COST_H

#include "decide/money/spending.h"
#include "report/figure/figure.h"

ll_status ll_figure_cost(ll_figure **out, const ll_spending *s, const double *budget, int64_t n_budgets,
                         ll_error *err);

#endif
