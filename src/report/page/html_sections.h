/* The sections of the report, in its order. Each writes a whole <section>, or says in words what is missing. */
#ifndef LL_REPORT_PAGE_HTML_SECTIONS_H
#define LL_REPORT_PAGE_HTML_SECTIONS_H

#include <stdio.h>

#include "report/evidence/evidence.h"

void ll_html_headline(FILE *out, const ll_evidence *e);
void ll_html_answer(FILE *out, const ll_evidence *e);
void ll_html_laws(FILE *out, const ll_evidence *e);
void ll_html_optimum(FILE *out, const ll_evidence *e);
void ll_html_diagnostics(FILE *out, const ll_evidence *e);
void ll_html_runs(FILE *out, const ll_evidence *e);
void ll_html_provenance(FILE *out, const ll_evidence *e, const char *when); /* when: UTC of this report */

#endif
