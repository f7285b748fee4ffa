#include "law/laws.h"

enum { KS_NC, KS_SC, KS_AN, KS_AS, KS_NPARAMS };

static const ll_law_param params[KS_NPARAMS] = {
    { "Nc", "parameters", 1, 1e40, true },
    { "Sc", "steps", 1e-6, 1e30, true },
    { "alpha_N", "", 1e-3, 2, false },
    { "alpha_S", "", 1e-3, 4, false },
};

static const ll_law_term ratios[] = { { KS_NC, KS_AN, LL_VAR_N }, { KS_SC, KS_AS, LL_VAR_S } };

static double eval(const double *p, const double *x) {
    return pow(p[KS_NC] / x[LL_VAR_N], p[KS_AN]) + pow(p[KS_SC] / x[LL_VAR_S], p[KS_AS]);
}

static void grad(const double *p, const double *x, double *g) {
    double n = p[KS_NC] / x[LL_VAR_N], s = p[KS_SC] / x[LL_VAR_S], u = pow(n, p[KS_AN]), v = pow(s, p[KS_AS]);
    g[KS_NC] = u * p[KS_AN] / p[KS_NC];
    g[KS_SC] = v * p[KS_AS] / p[KS_SC];
    g[KS_AN] = u * log(n);
    g[KS_AS] = v * log(s);
}

/* The N term carries most of the least loss, the S term part of the rest of the largest. */
static void start(const ll_law_range *r, const double *u, double *p) {
    double n_term = r->loss_lo * (0.4 + 0.6 * u[KS_NC]), s_term = 0.05 + r->loss_hi * 0.5 * u[KS_SC];
    p[KS_AN] = ll_law_between(0.02, 0.5, u[KS_AN]);
    p[KS_AS] = ll_law_between(0.1, 2, u[KS_AS]);
    p[KS_NC] = r->hi[LL_VAR_N] * pow(n_term, 1 / p[KS_AN]);
    p[KS_SC] = r->lo[LL_VAR_S] * pow(s_term, 1 / p[KS_AS]);
}

const ll_law ll_law_kaplan_ns = { .name = "kaplan_ns",
                                  .form = "(Nc/N)^alpha_N + (Sc/S)^alpha_S",
                                  .source = "Kaplan et al. 2020, arXiv:2001.08361, eq. 1.6",
                                  .vars = 1u << LL_VAR_N | 1u << LL_VAR_S,
                                  .n_params = KS_NPARAMS,
                                  .params = params,
                                  .eval = eval,
                                  .grad = grad,
                                  .start = start,
                                  .n_ratios = 2,
                                  .joined = -1,
                                  .ratios = ratios };
