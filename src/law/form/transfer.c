#include "law/laws.h"

/* Kaplan's L(N, D) of a model that was trained on something else before: D tokens of the new kind are worth
 * k D^alpha N^beta. The paper's D_c and k enter only as K = D_c / k. */
enum { TR_NC, TR_AN, TR_AD, TR_K, TR_ALPHA, TR_BETA, TR_NPARAMS };

static const ll_law_param params[TR_NPARAMS] = {
    { "Nc", "parameters", 1, 1e40, true }, { "alpha_N", "", 1e-3, 2, false }, { "alpha_D", "", 1e-3, 2, false },
    { "K", "", 1e-30, 1e60, true },        { "alpha", "", 1e-3, 2, false },   { "beta", "", -2, 2, false },
};

static void terms(const double *p, const double *x, double *n, double *d) {
    *n = pow(p[TR_NC] / x[LL_VAR_N], p[TR_AN] / p[TR_AD]);
    *d = p[TR_K] * pow(x[LL_VAR_D], -p[TR_ALPHA]) * pow(x[LL_VAR_N], -p[TR_BETA]);
}

static double eval(const double *p, const double *x) {
    double n, d;
    terms(p, x, &n, &d);
    return pow(n + d, p[TR_AD]);
}

static void grad(const double *p, const double *x, double *g) {
    double n, d, ln_n = log(p[TR_NC] / x[LL_VAR_N]);
    terms(p, x, &n, &d);
    double L = pow(n + d, p[TR_AD]), by = p[TR_AD] * L / (n + d); /* by the sum of the terms */
    g[TR_NC] = by * n * p[TR_AN] / p[TR_AD] / p[TR_NC];
    g[TR_AN] = by * n * ln_n / p[TR_AD];
    g[TR_AD] = L * log(n + d) - by * n * ln_n * p[TR_AN] / (p[TR_AD] * p[TR_AD]);
    g[TR_K] = by * d / p[TR_K];
    g[TR_ALPHA] = -by * d * log(x[LL_VAR_D]);
    g[TR_BETA] = -by * d * log(x[LL_VAR_N]);
}

/* Each term alone gives a part of the largest loss at the least N and D. */
static void start(const ll_law_range *r, const double *u, double *p) {
    p[TR_AN] = ll_law_between(0.02, 0.5, u[TR_AN]);
    p[TR_AD] = ll_law_between(0.02, 0.5, u[TR_AD]);
    p[TR_ALPHA] = ll_law_between(0.05, 1, u[TR_ALPHA]);
    p[TR_BETA] = u[TR_BETA];
    p[TR_NC] = r->lo[LL_VAR_N] * pow(r->loss_hi * (0.3 + 0.7 * u[TR_NC]), 1 / p[TR_AN]);
    p[TR_K] = pow(r->loss_hi * (0.3 + 0.7 * u[TR_K]), 1 / p[TR_AD]) * pow(r->lo[LL_VAR_D], p[TR_ALPHA]) *
              pow(r->lo[LL_VAR_N], p[TR_BETA]);
}

const ll_law ll_law_transfer = {
    .name = "transfer",
    .form = "[(Nc/N)^(alpha_N/alpha_D) + K/(D^alpha N^beta)]^alpha_D, D fine-tuning tokens",
    .source = "Hernandez et al. 2021, arXiv:2102.01293, eq. 6.1",
    .vars = 1u << LL_VAR_N | 1u << LL_VAR_D,
    .n_params = TR_NPARAMS,
    .params = params,
    .eval = eval,
    .grad = grad,
    .start = start
};
