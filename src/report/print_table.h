/* The table of a fit's parameters as a paper prints it, in LaTeX or Markdown.
 *
 *     ll_print_table t = { .form = "E + A/N^alpha", .level = 0.9 };
 *     ll_print_row_add(&t, "alpha", &fit.params[3], false);
 *     ll_print_fact(&t, "%lld runs", n);
 *     ll_print_latex(&t, out);
 *
 * Digits are those that the interval earns (report/show.h). Facts are texts of any origin and are escaped.
 */
#ifndef LL_REPORT_PRINT_TABLE_H
#define LL_REPORT_PRINT_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "loglog/fit.h"

enum { LL_PRINT_ROWS = LL_LAW_MAX_PARAMS + 3, LL_PRINT_FACTS = 8, LL_PRINT_FACT = 1536 };

typedef struct ll_print_row {
    const char *name; /* as laws write them */
    ll_estimate e;
    bool held; /* not fitted */
} ll_print_row;

typedef struct ll_print_table {
    const char *form; /* of L, where it is no equation itself */
    double level;
    int n_rows, n_facts;
    ll_print_row row[LL_PRINT_ROWS];
    char fact[LL_PRINT_FACTS][LL_PRINT_FACT];
} ll_print_table;

void ll_print_row_add(ll_print_table *t, const char *name, const ll_estimate *e, bool held);
void ll_print_fact(ll_print_table *t, const char *fmt, ...) LL_PRINTF(2, 3);

void ll_print_latex(const ll_print_table *t, FILE *out);    /* a table environment; of amsmath: \text */
void ll_print_markdown(const ll_print_table *t, FILE *out); /* with mathematics between dollars */

#endif
