/* What `fit --law multi_power|annealing` does: a law of whole learning curves of one model. */
#ifndef LL_CLI_LAW_FIT_CURVE_H
#define LL_CLI_LAW_FIT_CURVE_H

#include "cli/input.h"
#include "cli/show/show_table.h"

/* Fits the rows of --where of the table at path, judges it on those of --judge, prints; the exit code. */
int ll_fit_curve(const ll_input *in, ll_manner manner, const char *path);

#endif
