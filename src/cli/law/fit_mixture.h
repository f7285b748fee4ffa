/* `fit --law mixture`: losses on domains by the proportions that were trained on. */
#ifndef LL_CLI_LAW_FIT_MIXTURE_H
#define LL_CLI_LAW_FIT_MIXTURE_H

#include "cli/law/procedures.h"

int ll_fit_mixture(const ll_input *in, ll_manner manner, const char *path);

#endif
