/* Laws of the loss with more inputs than size, tokens and compute, and what comes after the loss. */
#include <math.h>
#include <stddef.h>

#include "law/laws.h"
#include "law/paper.h"

/* ---- repeated data, precision, vocabulary ---- */

static double effective_tokens(const double *c, const double *x) {
    double U = x[LL_IN_UNIQUE], R = fmax(x[LL_IN_TOKENS] / U - 1, 0);
    return U + U * c[0] * -expm1(-R / c[0]);
}
static double pass_value(const double *c, const double *x) {
    return exp(-(x[LL_IN_TOKENS] / x[LL_IN_UNIQUE] - 1) / c[0]);
}

static double weight_factor(const double *c, const double *x) {
    return -expm1(-x[LL_IN_BITS] / c[0]);
}
/* Where C = (6/16) N D P is spent best: 3 u exp(-u) = 1 - exp(-u), P = u gamma. */
static double best_bits(const double *c, const double *x) {
    double u = 2;
    (void)x;
    for (int i = 0; i < 50; i++) {
        double e = exp(-u);
        u -= (3 * u * e - 1 + e) / (2 * e - 3 * u * e);
    }
    return u * c[0];
}

/* N and N_v in millions, H in billions: the constants are of these. */
static double vocab_loss(const double *c, const double *x) {
    return -c[0] + c[1] * pow(x[LL_IN_PARAMS] / 1e6, -c[4]) + c[2] * pow(x[LL_IN_VOCAB] / 1e6, -c[5]) +
           c[3] * pow(x[LL_IN_TOKENS] / 1e9, -c[4]);
}

/* ---- mixtures of experts ---- */

/* Of a law of src/law whose parameters are the constants. */
static double law_at(const ll_law *law, const double *c, const double *x, double X) {
    const double at[LL_VAR_COUNT] = { [LL_VAR_N] = x[LL_IN_PARAMS], [LL_VAR_D] = x[LL_IN_TOKENS], [LL_VAR_X] = X };
    return law->eval(c, at);
}
static double clark(const double *c, const double *x) {
    return law_at(&ll_law_clark, c, x, x[LL_IN_EXPERTS]);
}
static double krajewski(const double *c, const double *x) {
    return law_at(&ll_law_krajewski, c, x, x[LL_IN_GRANULARITY]);
}
static double abnar(const double *c, const double *x) {
    return law_at(&ll_law_abnar, c, x, 1 - x[LL_IN_SPARSITY]);
}

/* ---- transfer, downstream, inference ---- */

static double transferred(const double *c, const double *x) {
    return c[0] * pow(x[LL_IN_FINETUNE], c[1]) * pow(x[LL_IN_PARAMS], c[2]);
}
static double multiplier(const double *c, const double *x) {
    return 1 + transferred(c, x) / x[LL_IN_FINETUNE];
}

static double exact_match(const double *c, const double *x) {
    (void)c;
    return exp(-x[LL_IN_LOSS] * x[LL_IN_K]);
}
static double edit_distance(const double *c, const double *x) {
    (void)c;
    return x[LL_IN_K] * -expm1(-x[LL_IN_LOSS]);
}

static double pass_at_k(const double *c, const double *x) {
    double n = x[LL_IN_SAMPLES], correct = x[LL_IN_CORRECT], k = x[LL_IN_K], miss = 1;
    (void)c;
    if (!(n >= 1 && n <= 1e7 && correct >= 0 && correct <= n && k >= 1 && k <= n)) return NAN;
    if (n - correct < k) return 1;
    for (double i = n - correct + 1; i <= n; i++) miss *= 1 - k / i;
    return 1 - miss;
}

const ll_paper ll_papers_later[] = {
    { "muennighoff2023_repeats",
      "D' = U + U R* (1 - exp(-(D/U - 1)/R*))",
      "Muennighoff et al. 2023, arXiv:2305.16264, eqs. 5 and 6",
      "checked",
      "R*_D",
      { 15.387756 },
      { { "D'", "tokens", effective_tokens }, { "worth of the next token", "", pass_value } },
      "the same fit is lower at R*_D 46.99, R*_N 2.33, and lowest at 95.4, 1.71" },
    { "kumar2024_weights",
      "N_eff / N = 1 - exp(-P/gamma_w); P* of C = (6/16) N D P",
      "Kumar et al. 2024, arXiv:2411.04330, App. K",
      "partly checked",
      "gamma_w",
      { 2.6745 },
      { { "N_eff/N", "", weight_factor }, { "P*", "bits, equal gammas", best_bits } },
      NULL },
    { "tao2024",
      "-E + A1/N^a1 + A2/N_v^a2 + B/H^a1; N, N_v in millions, H in billions",
      "Tao et al. 2024, arXiv:2407.13623",
      "checked",
      "E A1 A2 B a1 a2",
      { 5.533, 1.831, 0.196, 2.124, 0.447, 0.671 },
      { { "L_u", "nats, less the unigram model's", vocab_loss } },
      "--tokens are characters H; N counts no vocabulary" },
    { "clark2022_sbase",
      "log10 L = a log10 N + b log10 E' + c log10 N log10 E' + d",
      "Clark et al. 2022, arXiv:2202.01169, Table 3",
      "checked",
      "a b c d E_start E_max",
      { -0.082, -0.108, 0.009, 1.104, 1.847, 314.478 },
      { { "L", "nats/token", clark } },
      "base 10 follows from the dense law; 130B tokens" },
    { "clark2022_rl",
      "log10 L = a log10 N + b log10 E' + c log10 N log10 E' + d",
      "Clark et al. 2022, arXiv:2202.01169, Table 3",
      "checked",
      "a b c d E_start E_max",
      { -0.083, -0.126, 0.012, 1.111, 1.880, 469.982 },
      { { "L", "nats/token", clark } },
      NULL },
    { "clark2022_hash",
      "log10 L = a log10 N + b log10 E' + c log10 N log10 E' + d",
      "Clark et al. 2022, arXiv:2202.01169, Table 3",
      "checked",
      "a b c d E_start E_max",
      { -0.087, -0.136, 0.012, 1.157, 4.175, 477.741 },
      { { "L", "nats/token", clark } },
      NULL },
    { "krajewski2024",
      "c + (g/G^gamma + a)/N^alpha + b/D^beta",
      "Krajewski et al. 2024, arXiv:2402.07871, Table 1",
      "checked",
      "a alpha b beta g gamma c",
      { 18.1, 0.115, 30.8, 0.147, 2.1, 0.58, 0.47 },
      { { "L", "nats/token", krajewski } },
      "64 experts" },
    { "abnar2025",
      "a/N^alpha + b/D^beta + c/(1-S)^lambda + d/((1-S)^delta N^gamma) + e",
      "Abnar et al. 2025, arXiv:2501.12370, Table 3",
      "checked",
      "a alpha b beta c lambda d delta gamma e",
      { 16612.50, 0.5962, 5455.67, 0.3954, 0.4598, -0.1666, 17.26, 0.1603, 0.1595, 0.94 },
      { { "L", "nats/token", abnar } },
      NULL },
    { "hernandez2021_python",
      "D_T = k D_F^alpha N^beta, characters",
      "Hernandez et al. 2021, arXiv:2102.01293, Table 1",
      "checked",
      "k alpha beta",
      { 1.9e4, 0.18, 0.38 },
      { { "D_T", "characters", transferred }, { "(D_F + D_T)/D_F", "", multiplier } },
      "from text to Python" },
    { "hernandez2021_code",
      "D_T = k D_F^alpha N^beta, characters",
      "Hernandez et al. 2021, arXiv:2102.01293, Table 1",
      "checked",
      "k alpha beta",
      { 2.1e5, 0.096, 0.38 },
      { { "D_T", "characters", transferred }, { "(D_F + D_T)/D_F", "", multiplier } },
      "from half text, half other code to Python" },
    { "schaeffer2023",
      "exact match p^k, edit distance k (1 - p); p = exp(-L)",
      "Schaeffer et al. 2023, arXiv:2304.15004",
      "checked",
      "",
      { 0 },
      { { "exact match", "", exact_match }, { "edit distance", "tokens", edit_distance } },
      NULL },
    { "chen2021_pass",
      "1 - C(n-c, k)/C(n, k)",
      "Chen et al. 2021, arXiv:2107.03374",
      "checked",
      "",
      { 0 },
      { { "pass@k", "", pass_at_k } },
      NULL },
    { .id = NULL },
};
