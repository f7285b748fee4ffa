/* The quantities of a programme's result: all of them in one table, and those of one experiment in words. */
#ifndef LL_REPORT_PROGRAMME_PROGRAMME_TABLE_H
#define LL_REPORT_PROGRAMME_PROGRAMME_TABLE_H

#include <stdio.h>

#include "base/document/json.h"

/* A whole section, "quantities". */
void ll_programme_table(FILE *out, const ll_json *doc);

/* What each is, where the paper has it, and what is to be said of it. Nothing where there is none. */
void ll_programme_quantities(FILE *out, const ll_json *experiment);

#endif
