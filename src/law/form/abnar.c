#include "law/laws.h"

/* Sparsity S enters as the share of experts that are active, 1 - S, so that a dense model is 1. */
enum { AB_A, AB_ALPHA, AB_B, AB_BETA, AB_C, AB_LAMBDA, AB_D, AB_DELTA, AB_GAMMA, AB_E, AB_NPARAMS };

static const ll_law_param params[AB_NPARAMS] = {
    { "a", "", 1e-6, 1e60, true },          { "alpha", "", 1e-3, 4, false }, { "b", "", 1e-6, 1e60, true },
    { "beta", "", 1e-3, 4, false },         { "c", "", 1e-6, 1e3, true },    { "lambda", "", -4, 4, false },
    { "d", "", 1e-6, 1e60, true },          { "delta", "", -4, 4, false },   { "gamma", "", 1e-3, 4, false },
    { "e", "nats/token", 1e-6, 1e3, true },
};

/* The four terms without e. */
static void parts(const double *p, const double *x, double t[4]) {
    double N = x[LL_VAR_N], X = x[LL_VAR_X];
    t[0] = p[AB_A] * pow(N, -p[AB_ALPHA]);
    t[1] = p[AB_B] * pow(x[LL_VAR_D], -p[AB_BETA]);
    t[2] = p[AB_C] * pow(X, -p[AB_LAMBDA]);
    t[3] = p[AB_D] * pow(X, -p[AB_DELTA]) * pow(N, -p[AB_GAMMA]);
}

static double eval(const double *p, const double *x) {
    double t[4];
    parts(p, x, t);
    return t[0] + t[1] + t[2] + t[3] + p[AB_E];
}

static void grad(const double *p, const double *x, double *g) {
    double t[4], ln_n = log(x[LL_VAR_N]), ln_x = log(x[LL_VAR_X]);
    parts(p, x, t);
    g[AB_A] = t[0] / p[AB_A];
    g[AB_ALPHA] = -t[0] * ln_n;
    g[AB_B] = t[1] / p[AB_B];
    g[AB_BETA] = -t[1] * log(x[LL_VAR_D]);
    g[AB_C] = t[2] / p[AB_C];
    g[AB_LAMBDA] = -t[2] * ln_x;
    g[AB_D] = t[3] / p[AB_D];
    g[AB_DELTA] = -t[3] * ln_x;
    g[AB_GAMMA] = -t[3] * ln_n;
    g[AB_E] = 1;
}

static void start(const ll_law_range *r, const double *u, double *p) {
    p[AB_E] = r->loss_lo * (0.1 + 0.6 * u[AB_E]);
    double part = r->loss_hi - p[AB_E];
    p[AB_ALPHA] = ll_law_between(0.1, 1, u[AB_ALPHA]);
    p[AB_BETA] = ll_law_between(0.1, 1, u[AB_BETA]);
    p[AB_GAMMA] = ll_law_between(0.03, 0.5, u[AB_GAMMA]);
    p[AB_LAMBDA] = u[AB_LAMBDA] - 0.7;
    p[AB_DELTA] = u[AB_DELTA] - 0.3;
    p[AB_A] = u[AB_A] * part * pow(r->lo[LL_VAR_N], p[AB_ALPHA]);
    p[AB_B] = u[AB_B] * part * pow(r->lo[LL_VAR_D], p[AB_BETA]);
    p[AB_C] = 0.5 * u[AB_C] * part;
    p[AB_D] = u[AB_D] * part * pow(r->lo[LL_VAR_N], p[AB_GAMMA]);
}

const ll_law ll_law_abnar = { .name = "abnar",
                              .form =
                                  "a/N^alpha + b/D^beta + c/X^lambda + d/(X^delta N^gamma) + e, X = 1 - sparsity",
                              .source = "Abnar et al. 2025, arXiv:2501.12370",
                              .vars = 1u << LL_VAR_N | 1u << LL_VAR_D | 1u << LL_VAR_X,
                              .x = "the share of experts that are active, 1 - sparsity",
                              .n_params = AB_NPARAMS,
                              .params = params,
                              .eval = eval,
                              .grad = grad,
                              .start = start };
