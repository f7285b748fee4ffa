/* What `fit --law multi_power|multi_power_n|annealing` does: a law of whole learning curves. */
#ifndef LL_CLI_LAW_FIT_CURVE_H
#define LL_CLI_LAW_FIT_CURVE_H

#include "cli/input.h"
#include "cli/show/show_table.h"

/* Fits the rows of --where of the table at path, judges it on those of --judge, prints; the exit code. path NULL: of the
 * store, where both name runs, and whose specs tell the rates. */
int ll_fit_curve(const ll_input *in, ll_manner manner, const char *path);

#endif
