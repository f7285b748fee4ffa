/* `fit --law tuned`: what runs lost by their learning rate and batch, and the law of what is left. */
#ifndef LL_CLI_LAW_FIT_TUNED_H
#define LL_CLI_LAW_FIT_TUNED_H

#include "cli/law/procedures.h"

int ll_fit_tuned(const ll_input *in, ll_manner manner, const char *path);

#endif
