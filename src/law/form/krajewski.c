#include "law/laws.h"

/* Finer experts are worth more parameters. */
enum { KR_A, KR_ALPHA, KR_B, KR_BETA, KR_G, KR_GAMMA, KR_C, KR_NPARAMS };

static const ll_law_param params[KR_NPARAMS] = {
    { "a", "", 1e-6, 1e60, true },          { "alpha", "", 1e-3, 4, false }, { "b", "", 1e-6, 1e60, true },
    { "beta", "", 1e-3, 4, false },         { "g", "", 1e-9, 1e60, true },   { "gamma", "", 1e-3, 4, false },
    { "c", "nats/token", 1e-6, 1e3, true },
};

static double eval(const double *p, const double *x) {
    return p[KR_C] + (p[KR_G] * pow(x[LL_VAR_X], -p[KR_GAMMA]) + p[KR_A]) * pow(x[LL_VAR_N], -p[KR_ALPHA]) +
           p[KR_B] * pow(x[LL_VAR_D], -p[KR_BETA]);
}

static void grad(const double *p, const double *x, double *g) {
    double n = pow(x[LL_VAR_N], -p[KR_ALPHA]), fine = pow(x[LL_VAR_X], -p[KR_GAMMA]);
    g[KR_C] = 1;
    g[KR_A] = n;
    g[KR_G] = fine * n;
    g[KR_B] = pow(x[LL_VAR_D], -p[KR_BETA]);
    g[KR_ALPHA] = -(p[KR_G] * fine + p[KR_A]) * n * log(x[LL_VAR_N]);
    g[KR_BETA] = -p[KR_B] * g[KR_B] * log(x[LL_VAR_D]);
    g[KR_GAMMA] = -p[KR_G] * g[KR_G] * log(x[LL_VAR_X]);
}

static void start(const ll_law_range *r, const double *u, double *p) {
    p[KR_C] = r->loss_lo * (0.1 + 0.89 * u[KR_C]);
    double part = r->loss_hi - p[KR_C];
    p[KR_ALPHA] = ll_law_between(0.05, 0.8, u[KR_ALPHA]);
    p[KR_BETA] = ll_law_between(0.05, 0.8, u[KR_BETA]);
    p[KR_GAMMA] = ll_law_between(0.1, 2, u[KR_GAMMA]);
    p[KR_A] = u[KR_A] * part * pow(r->lo[LL_VAR_N], p[KR_ALPHA]);
    p[KR_G] = p[KR_A] * u[KR_G] * pow(r->lo[LL_VAR_X], p[KR_GAMMA]);
    p[KR_B] = u[KR_B] * part * pow(r->lo[LL_VAR_D], p[KR_BETA]);
}

const ll_law ll_law_krajewski = { .name = "krajewski",
                                  .form = "c + (g/X^gamma + a)/N^alpha + b/D^beta, X granularity",
                                  .source = "Krajewski et al. 2024, arXiv:2402.07871",
                                  .vars = 1u << LL_VAR_N | 1u << LL_VAR_D | 1u << LL_VAR_X,
                                  .x = "granularity of the experts",
                                  .n_params = KR_NPARAMS,
                                  .params = params,
                                  .eval = eval,
                                  .grad = grad,
                                  .start = start };
