#include "law/laws.h"

#define SOURCE "Gadre et al. 2024, arXiv:2403.08540, "

/* Over-training: M = D/N tokens a parameter, C = 6 N D. */
enum { GA_E, GA_A, GA_B, GA_ETA, GA_NPARAMS };

static const ll_law_param params[GA_NPARAMS] = {
    { "E", "nats/token", 1e-6, 1e3, true },
    { "a", "", 1e-12, 1e60, true },
    { "b", "", 1e-12, 1e60, true },
    { "eta", "", 1e-3, 2, false },
};

static void terms(const double *p, const double *x, double *up, double *down) {
    double ln_m = log(x[LL_VAR_D] / x[LL_VAR_N]), ln_c = log(6 * x[LL_VAR_N] * x[LL_VAR_D]);
    *up = exp(p[GA_ETA] * (ln_m - ln_c));
    *down = exp(p[GA_ETA] * (-ln_m - ln_c));
}

static double eval(const double *p, const double *x) {
    double up, down;
    terms(p, x, &up, &down);
    return p[GA_E] + p[GA_A] * up + p[GA_B] * down;
}

static void grad(const double *p, const double *x, double *g) {
    double up, down, ln_m = log(x[LL_VAR_D] / x[LL_VAR_N]), ln_c = log(6 * x[LL_VAR_N] * x[LL_VAR_D]);
    terms(p, x, &up, &down);
    g[GA_E] = 1;
    g[GA_A] = up;
    g[GA_B] = down;
    g[GA_ETA] = p[GA_A] * up * (ln_m - ln_c) + p[GA_B] * down * (-ln_m - ln_c);
}

static void start(const ll_law_range *r, const double *u, double *p) {
    p[GA_E] = r->loss_lo * (0.1 + 0.89 * u[GA_E]);
    double part = r->loss_hi - p[GA_E];
    p[GA_ETA] = ll_law_between(0.02, 0.6, u[GA_ETA]);
    p[GA_A] = u[GA_A] * part * pow(6 * r->lo[LL_VAR_N] * r->lo[LL_VAR_N], p[GA_ETA]);
    p[GA_B] = u[GA_B] * part * pow(6 * r->lo[LL_VAR_D] * r->lo[LL_VAR_D], p[GA_ETA]);
}

const ll_law ll_law_gadre = { .name = "gadre",
                              .form = "E + (a M^eta + b M^-eta) C^-eta, M = D/N, C = 6 N D",
                              .source = SOURCE "eq. 4",
                              .vars = 1u << LL_VAR_N | 1u << LL_VAR_D,
                              .n_params = GA_NPARAMS,
                              .params = params,
                              .eval = eval,
                              .grad = grad,
                              .start = start };

/* The error rate of tasks at loss X. */
enum { GE_EPS, GE_K, GE_GAMMA, GE_NPARAMS };

static const ll_law_param error_params[GE_NPARAMS] = {
    { "epsilon", "", 1e-6, 10, true },
    { "k", "", 1e-9, 1e9, true },
    { "gamma", "1 over nats", 1e-3, 50, false },
};

static double error_eval(const double *p, const double *x) {
    return p[GE_EPS] - p[GE_K] * exp(-p[GE_GAMMA] * x[LL_VAR_X]);
}

static void error_grad(const double *p, const double *x, double *g) {
    g[GE_EPS] = 1;
    g[GE_K] = -exp(-p[GE_GAMMA] * x[LL_VAR_X]);
    g[GE_GAMMA] = -p[GE_K] * g[GE_K] * x[LL_VAR_X];
}

/* Through about the largest error, and the least at the least loss. */
static void error_start(const ll_law_range *r, const double *u, double *p) {
    p[GE_EPS] = r->loss_hi * (1 + 0.2 * u[GE_EPS]);
    p[GE_GAMMA] = ll_law_between(0.1, 5, u[GE_GAMMA]);
    p[GE_K] = (p[GE_EPS] - r->loss_lo * (0.9 + 0.09 * u[GE_K])) * exp(p[GE_GAMMA] * r->lo[LL_VAR_X]);
}

const ll_law ll_law_gadre_error = { .name = "gadre_error",
                                    .form = "epsilon - k exp(-gamma X), X the loss",
                                    .source = SOURCE "eq. 5",
                                    .vars = 1u << LL_VAR_X,
                                    .x = "the loss that the error follows",
                                    .n_params = GE_NPARAMS,
                                    .params = error_params,
                                    .eval = error_eval,
                                    .grad = error_grad,
                                    .start = error_start };
