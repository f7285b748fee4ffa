/* What should worry the reader of a fit, as text, the most worrying first. */
#ifndef LL_CLI_SHOW_SHOW_DIAGNOSIS_H
#define LL_CLI_SHOW_SHOW_DIAGNOSIS_H

#include "cli/show/show_fit.h"

void ll_show_diagnosis(const ll_fit_told *told);

#endif
