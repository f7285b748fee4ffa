/* The decision: from these runs to the next one. Four parts, each a <section> inside the page's second. */
#ifndef LL_REPORT_PAGE_HTML_DECISION_H
#define LL_REPORT_PAGE_HTML_DECISION_H

#include <stdio.h>

#include "report/page/report.h"

/* All of it. missing as of ll_html_figure. */
ll_status ll_html_decision(FILE *out, const ll_evidence *e, const ll_report_gate *gate, char missing[LL_ERROR_MAX],
                           ll_error *err);

/* Says so and is true where the ledger cannot be believed: then it has nothing else to say. */
bool ll_html_broken(FILE *out, const ll_evidence *e);

/* Its parts, each with a first sentence that can be read alone. */
void ll_html_forecasts(FILE *out, const ll_evidence *e);
ll_status ll_html_scorecard(FILE *out, const ll_evidence *e, char missing[LL_ERROR_MAX], ll_error *err);
ll_status ll_html_plan(FILE *out, const ll_evidence *e, char missing[LL_ERROR_MAX], ll_error *err);
void ll_html_gate(FILE *out, const ll_evidence *e, const ll_report_gate *gate);

/* A plan's answer in one sentence, and as a paragraph with its doubts. */
void ll_html_plan_words(FILE *out, const ll_plan *p, const ll_question *q);
void ll_html_plan_sentence(FILE *out, const ll_plan *p, const ll_question *q);

/* Which of two losses to believe, where the forecast leaves the law's interval; else nothing. */
void ll_html_plan_departure(FILE *out, const ll_plan *p);

#endif
