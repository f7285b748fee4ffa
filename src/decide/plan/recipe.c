#include "decide/plan/recipe.h"

#include <string.h>

#include "law/paper.h"

enum { PORIAN_SEQUENCE = 2048 };

static const ll_paper_output *output(const ll_paper *p, const char *name) {
    for (int k = 0; p && k < LL_PAPER_OUTPUTS && p->out[k].name; k++)
        if (strcmp(p->out[k].name, name) == 0) return &p->out[k];
    return NULL;
}

ll_status ll_recipe_of(const char *id, double N, double D, double C, ll_recipe *out, ll_error *err) {
    const ll_paper *p = ll_paper_find(id);
    const ll_paper_output *lr = output(p, "lr"), *batch = output(p, "B");
    if (!lr || !batch)
        return LL_FAIL(err, LL_EINPUT, "no rule '%.40s' for rate and batch, expected one of: %s", id, LL_RECIPES);
    double x[LL_IN_COUNT];
    ll_paper_blank(x);
    x[LL_IN_PARAMS] = N;
    x[LL_IN_TOKENS] = D;
    x[LL_IN_FLOPS] = C;
    out->lr = lr->value(p->constant, x);
    out->batch_tokens = batch->value(p->constant, x) * (strcmp(batch->unit, "tokens") ? PORIAN_SEQUENCE : 1);
    out->steps = D / out->batch_tokens;
    return LL_OK;
}
