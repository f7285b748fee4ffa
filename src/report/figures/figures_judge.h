/* How often what a judge says comes true: a reliability diagram. */
#ifndef LL_REPORT_FIGURES_FIGURES_JUDGE_H
#define LL_REPORT_FIGURES_FIGURES_JUDGE_H

#include "probe/judge/classifier.h"
#include "report/figure/figure.h"

/* The share of held-out texts that bear the label against the mean probability that the judge gave them, a mark for
 * each bin with Wilson's interval at 90 %, beside the line of a judge that is right about itself. */
ll_status ll_figure_judge(ll_figure **out, const ll_classifier_report *r, ll_error *err);

#endif
