#include <string.h>

#include "law/laws.h"

const ll_law *const ll_laws[] = { &ll_law_chinchilla,
                                  &ll_law_chinchilla_tied,
                                  &ll_law_nest,
                                  &ll_law_kaplan_nd,
                                  &ll_law_kaplan_ns,
                                  &ll_law_gadre,
                                  &ll_law_data_constrained,
                                  &ll_law_farseer,
                                  &ll_law_rosenfeld,
                                  &ll_law_transfer,
                                  &ll_law_precision,
                                  &ll_law_vocabulary,
                                  &ll_law_vocabulary_unigram,
                                  &ll_law_clark,
                                  &ll_law_krajewski,
                                  &ll_law_abnar,
                                  &ll_law_power,
                                  &ll_law_power_floor,
                                  &ll_law_m3,
                                  &ll_law_m4,
                                  &ll_law_bnsl,
                                  &ll_law_bnsl2,
                                  &ll_law_bnsl3,
                                  &ll_law_gadre_error,
                                  &ll_law_sigmoid,
                                  &ll_law_sigmoid_log,
                                  &ll_law_loss_to_loss,
                                  &ll_law_coverage,
                                  &ll_law_rule,
                                  &ll_law_rule_nd,
                                  &ll_law_overoptimised_bon,
                                  &ll_law_overoptimised_rl,
                                  NULL };

const ll_law *ll_law_find(const char *name) {
    for (const ll_law *const *law = ll_laws; *law; law++)
        if (strcmp((*law)->name, name) == 0) return *law;
    return NULL;
}

static const char *const vars[LL_VAR_COUNT] = { "params", "tokens", "flops", "x", "unique_tokens", "steps" };

const char *ll_var_name(ll_var var) {
    return vars[var];
}

bool ll_var_named(const char *name, ll_var *out) {
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (strcmp(vars[v], name) == 0) return *out = (ll_var)v, true;
    return false;
}
