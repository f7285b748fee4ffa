/* Rules for rate, batch and size on the frontier. */
#include <math.h>
#include <stddef.h>

#include "law/paper.h"

static double of_params(const double *c, const double *x) {
    return c[0] * pow(x[LL_IN_PARAMS], c[1]);
}
static double second_of_params(const double *c, const double *x) {
    return c[2] * pow(x[LL_IN_PARAMS], c[3]);
}
static double of_flops(const double *c, const double *x) {
    return c[0] * pow(x[LL_IN_FLOPS], c[1]);
}
static double second_of_flops(const double *c, const double *x) {
    return c[2] * pow(x[LL_IN_FLOPS], c[3]);
}
static double third_of_flops(const double *c, const double *x) {
    return c[4] * pow(x[LL_IN_FLOPS], c[5]);
}
static double fourth_of_flops(const double *c, const double *x) {
    return c[6] * pow(x[LL_IN_FLOPS], c[7]);
}
static double of_both(const double *c, const double *x) {
    return c[0] * pow(x[LL_IN_PARAMS], c[1]) * pow(x[LL_IN_TOKENS], c[2]);
}
static double of_billions(const double *c, const double *x) {
    return c[0] * pow(x[LL_IN_PARAMS] / 1e9, c[1]) * pow(x[LL_IN_TOKENS] / 1e9, c[2]);
}
static double steplaw_batch(const double *c, const double *x) {
    return c[3] * pow(x[LL_IN_TOKENS], c[4]);
}

/* N + omega N^(1/3) of non-embedding parameters N */
static double total_params(const double *c, const double *x) {
    return x[LL_IN_PARAMS] + c[0] * cbrt(x[LL_IN_PARAMS]);
}
/* d ln N / d ln C in non-embedding counts, of the surface with exponents c[1], c[2] */
static double local_exponent(const double *c, const double *x) {
    double w = c[0], alpha = c[1], beta = c[2], t = cbrt(x[LL_IN_PARAMS] * x[LL_IN_PARAMS]);
    return 1 / (1 - (t + w / 9) / (t + w / 3) / beta + (1 + alpha) / beta * (t + w / 3) / (t + w));
}

const ll_paper ll_papers_recipe[] = {
    { "deepseek2024",
      "lr = k_l C^p_l, B = k_B C^p_B, M = k_M C^p_M, D = k_D C^p_D; C = M D, M FLOPs per token",
      "Bi et al. 2024, arXiv:2401.02954, eqs. 1 and 4",
      "checked",
      "k_l p_l k_B p_B k_M p_M k_D p_D",
      { 0.3118, -0.1250, 0.2920, 0.3271, 0.1715, 0.5243, 5.8316, 0.4757 },
      { { "lr", "", of_flops },
        { "B", "tokens", second_of_flops },
        { "M", "FLOP/token", third_of_flops },
        { "D", "tokens", fourth_of_flops } },
      NULL },
    { "steplaw2025",
      "lr = k N^p D^q, B = k_B D^p_B",
      "Li et al. 2025, arXiv:2503.04715",
      "partly checked",
      "k p q k_B p_B",
      { 1.79, -0.713, 0.307, 0.58, 0.571 },
      { { "lr", "", of_both }, { "B", "tokens", steplaw_batch } },
      "the sign of D's exponent disagrees with Bjorck et al. 2024" },
    { "bjorck2024",
      "lr = k N^p D^q; N, D in billions",
      "Bjorck et al. 2024, arXiv:2409.19913",
      "second-hand",
      "k p q",
      { 1.55e-3, -0.23, -0.32 },
      { { "lr", "", of_billions } },
      "N of 760M and more; that they are billions follows from the size of the rates" },
    { "porian2024_hparams",
      "lr = k_l N^p_l, B = k_B N^p_B sequences of 2048 tokens",
      "Porian et al. 2024, arXiv:2406.19146, Fig. 3",
      "checked",
      "k_l p_l k_B p_B",
      { 3.7, -0.36, 0.00037, 0.703 },
      { { "lr", "", of_params }, { "B", "sequences of 2048", second_of_params } },
      "the batch counts sequences, not tokens" },
    { "llama3_tokens",
      "D = A C^alpha",
      "Llama team 2024, arXiv:2407.21783, 3.2.1",
      "checked",
      "A alpha",
      { 0.29, 0.53 },
      { { "D", "tokens", of_flops } },
      "the paper writes N*, but these are tokens; the figure's label says .299 and .537" },
    { "pearce2024",
      "N_total = N + omega N^(1/3); local exponent of N along the frontier of Hoffmann's surface",
      "Pearce and Song 2024, arXiv:2406.12907",
      "checked",
      "omega alpha beta",
      { 47491, 0.33917084, 0.2849083 },
      { { "N_total", "parameters", total_params }, { "dlnN/dlnC", "", local_exponent } },
      "N counts no embeddings" },
    { .id = NULL },
};
