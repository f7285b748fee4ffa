/* Every law, one file each. */
#ifndef LL_LAW_LAWS_H
#define LL_LAW_LAWS_H

#include <math.h>

#include "loglog/law.h"

extern const ll_law ll_law_chinchilla, ll_law_kaplan_nd, ll_law_power, ll_law_power_floor, ll_law_kaplan_ns,
    ll_law_chinchilla_tied, ll_law_nest, ll_law_bnsl, ll_law_m3, ll_law_m4, ll_law_data_constrained, ll_law_gadre,
    ll_law_gadre_error, ll_law_farseer, ll_law_bnsl2, ll_law_bnsl3, ll_law_sigmoid, ll_law_sigmoid_log,
    ll_law_loss_to_loss, ll_law_coverage, ll_law_rule, ll_law_rule_nd, ll_law_precision, ll_law_vocabulary,
    ll_law_clark, ll_law_krajewski, ll_law_abnar, ll_law_transfer, ll_law_rosenfeld, ll_law_overoptimised_bon,
    ll_law_overoptimised_rl, ll_law_vocabulary_unigram;

/* u in (0, 1) to lo ... hi in equal ratios. */
static inline double ll_law_between(double lo, double hi, double u) {
    return lo * pow(hi / lo, u);
}

#endif
