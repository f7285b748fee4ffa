/* 'plan --samples auto': size and samples for a budget and a number of questions. */
#ifndef LL_CLI_DECIDE_PLAN_SAMPLES_H
#define LL_CLI_DECIDE_PLAN_SAMPLES_H

#include <stdbool.h>

#include "cli/input.h"

/* Prints; the exit code. path: a table of 'probe samples --out'. */
int ll_plan_samples(const ll_input *in, const char *path, double flops, double questions, bool json);

#endif
