/* Peak learning rate and batch by a published rule. */
#ifndef LL_DECIDE_PLAN_RECIPE_H
#define LL_DECIDE_PLAN_RECIPE_H

#include "loglog/error.h"

#define LL_RECIPES "deepseek2024 steplaw2025 porian2024_hparams" /* ids of law/paper.h that give both */

typedef struct ll_recipe {
    double lr, batch_tokens, steps; /* steps = D / batch_tokens */
} ll_recipe;

/* For N parameters on D tokens with C training FLOPs, each as the rule's paper counts it. Another id: LL_EINPUT. */
ll_status ll_recipe_of(const char *id, double N, double D, double C, ll_recipe *out, ll_error *err);

#endif
