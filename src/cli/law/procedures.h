/* What `fit --law` knows that is no functional form: approach 1, the envelope, approach 2, isoFLOP, the critical batch,
 * laws of whole curves, and what is asked of an ability (cli/ability). */
#ifndef LL_CLI_LAW_PROCEDURES_H
#define LL_CLI_LAW_PROCEDURES_H

#include "cli/input.h"
#include "cli/show/show_table.h"

/* Fits the table at path, or with path NULL the store, and prints the answer; returns the exit code. */
typedef int (*ll_procedure_fit)(const ll_input *in, ll_manner manner, const char *path);

typedef struct ll_procedure {
    const char *name, *form, *source;
    ll_procedure_fit fit;
    const char *reads; /* columns; NULL: params, tokens, flops */
    bool has_table;    /* of parameters, as LaTeX and Markdown */
} ll_procedure;
extern const ll_procedure ll_procedures[]; /* ends with a NULL name */

const ll_procedure *ll_procedure_find(const char *name); /* NULL when there is none of that name */

#endif
