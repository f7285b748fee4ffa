/* Kaplan et al. 2020, arXiv:2001.08361, beside its laws of the loss; GPT-3 and Henighan's language rows. */
#include <math.h>

#include "law/paper.h"
#include "loglog/units.h"

#define KAPLAN "Kaplan et al. 2020, arXiv:2001.08361, "

static double pf_days(const double *x) {
    return x[LL_IN_FLOPS] / LL_PF_DAY;
}

/* B* / L^(1/alpha_B) */
static double b_crit(const double *c, const double *x) {
    return c[0] * pow(x[LL_IN_LOSS], -1 / c[1]);
}

static double s_min(const double *c, const double *x) {
    return x[LL_IN_STEPS] / (1 + b_crit(c, x) / x[LL_IN_BATCH]);
}

static double c_min(const double *c, const double *x) {
    return x[LL_IN_FLOPS] / (1 + x[LL_IN_BATCH] / b_crit(c, x));
}

static double learning_rate(const double *c, const double *x) {
    return c[0] - c[1] * log(x[LL_IN_PARAMS]);
}

static double tokens_needed(const double *c, const double *x) {
    return c[0] * pow(x[LL_IN_PARAMS], c[1]);
}

/* Table 6: pairs of a factor and a power of PF-days. */
static double frontier_n(const double *c, const double *x) {
    return c[0] * pow(pf_days(x), c[1]);
}
static double frontier_b(const double *c, const double *x) {
    return c[2] * pow(pf_days(x), c[3]);
}
static double frontier_s(const double *c, const double *x) {
    return c[4] * pow(pf_days(x), c[5]);
}
static double frontier_d(const double *c, const double *x) {
    return c[6] * pow(pf_days(x), c[7]);
}

/* App. B from L(N, S): constants alpha_N, alpha_S, alpha_B, N_c, S_c, B*. */
enum { AN, AS, AB, NC, SC, BSTAR };

static double alpha_c(const double *c) {
    return 1 / (1 / c[AS] + 1 / c[AB] + 1 / c[AN]);
}

static double c_c(const double *c) {
    return 6 * c[NC] * c[BSTAR] * c[SC] * pow(1 + c[AN] / c[AS], 1 / c[AS] + 1 / c[AN]) *
           pow(c[AS] / c[AN], 1 / c[AS]);
}

static double analytic_n(const double *c, const double *x) {
    return c[NC] * pow(x[LL_IN_FLOPS] / c_c(c), alpha_c(c) / c[AN]) * pow(1 + c[AN] / c[AS], 1 / c[AN]);
}

static double analytic_s(const double *c, const double *x) {
    return c_c(c) / (6 * c[NC] * c[BSTAR]) * pow(1 + c[AN] / c[AS], -1 / c[AN]) *
           pow(x[LL_IN_FLOPS] / c_c(c), alpha_c(c) / c[AS]);
}

static double analytic_l(const double *c, const double *x) {
    return pow(c_c(c) / x[LL_IN_FLOPS], alpha_c(c));
}

static double analytic_exponent(const double *c, const double *x) {
    (void)x;
    return alpha_c(c);
}

/* C(N) / C(N_eff) at equal loss, eq. B.16 */
static double excess(const double *c, const double *x) {
    double r = x[LL_IN_RATIO];
    return r * pow(1 + c[1] / c[0] * (1 - pow(r, -c[0])), -1 / c[1]);
}

static double of_compute(const double *c, const double *x) {
    return c[0] * pow(pf_days(x), c[1]);
}

const ll_paper ll_papers_kaplan[] = {
    { "kaplan2020_bcrit",
      "B* / L^(1/alpha_B); S_min = S/(1 + B_crit/B); C_min = C/(1 + B/B_crit)",
      KAPLAN "eqs. 5.3 to 5.5, Table 5",
      "checked",
      "B* alpha_B",
      { 2.1e8, 0.21 },
      { { "B_crit", "tokens", b_crit }, { "S_min", "steps", s_min }, { "C_min", "FLOP", c_min } },
      "the text prints B* = 2e8" },
    { "kaplan2020_lr",
      "a - b ln N",
      KAPLAN "eq. D.1",
      "checked",
      "a b",
      { 0.003239, 0.0001395 },
      { { "lr", "", learning_rate } },
      "reaches zero at 1.21e10 parameters: fails above 1e10" },
    { "kaplan2020_overfit",
      "D >= k N^p",
      KAPLAN "eq. 4.4",
      "checked",
      "k p",
      { 5e3, 0.74 },
      { { "D", "tokens", tokens_needed } },
      NULL },
    { "kaplan2020_frontier",
      "N = N_e C^p_N, B = B_e C^p_B, S = S_e C^p_S, D = D_e C^p_D; C in PF-days",
      KAPLAN "Table 6",
      "checked",
      "N_e p_N B_e p_B S_e p_S D_e p_D",
      { 1.3e9, 0.73, 2.0e6, 0.24, 5.4e3, 0.03, 2e10, 0.27 },
      { { "N", "parameters", frontier_n },
        { "B", "tokens", frontier_b },
        { "S", "steps", frontier_s },
        { "D", "tokens", frontier_d } },
      "eq. 6.7 prints D = 4e10 C^0.26" },
    { "kaplan2020_frontier_fixed",
      "N = N_e C^p; C in PF-days, at a batch of 2^19 tokens",
      KAPLAN "Fig. 14",
      "checked",
      "N_e p",
      { 1.6e9, 0.88 },
      { { "N", "parameters", of_compute } },
      NULL },
    { "kaplan2020_frontier_analytic",
      "from L(N,S): alpha_C = 1/(1/alpha_S + 1/alpha_B + 1/alpha_N)",
      KAPLAN "App. B, Table 3",
      "checked",
      "alpha_N alpha_S alpha_B N_c S_c B*",
      { 0.077, 0.76, 0.21, 6.5e13, 2.1e3, 2.1e8 },
      { { "N", "parameters", analytic_n },
        { "S", "steps", analytic_s },
        { "L", "nats/token", analytic_l },
        { "alpha_C", "", analytic_exponent } },
      "the paper quotes .052 in App. B and .054 in 6.2" },
    { "kaplan2020_suboptimal",
      "r (1 + (alpha_S/alpha_N)(1 - r^-alpha_N))^(-1/alpha_S), r = N/N_eff",
      KAPLAN "eq. B.16",
      "checked",
      "alpha_N alpha_S",
      { 0.077, 0.76 },
      { { "C/C_eff", "", excess } },
      NULL },
    { "gpt3_loss",
      "k C^p; C in PF-days",
      "Brown et al. 2020, arXiv:2005.14165, Fig. 3.1",
      "checked",
      "k p",
      { 2.57, -0.048 },
      { { "L", "nats/token", of_compute } },
      "1.73 at 3640 PF-days is nats per token, not bits per character" },
    { .id = NULL },
};
