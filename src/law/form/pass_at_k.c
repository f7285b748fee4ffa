#include "law/laws.h"

/* The share of problems that one of X samples solves (pass@k at k = X). */
enum { CO_A, CO_B, CO_NPARAMS };

static const ll_law_param params[CO_NPARAMS] = {
    { "a", "", 1e-9, 1e6, true },
    { "b", "", 1e-3, 4, false },
};

static double eval(const double *p, const double *x) {
    return exp(-p[CO_A] * pow(x[LL_VAR_X], -p[CO_B]));
}

static void grad(const double *p, const double *x, double *g) {
    double power = pow(x[LL_VAR_X], -p[CO_B]), c = eval(p, x);
    g[CO_A] = -c * power;
    g[CO_B] = c * p[CO_A] * power * log(x[LL_VAR_X]);
}

/* Through the least share at the fewest samples. */
static void start(const ll_law_range *r, const double *u, double *p) {
    p[CO_B] = ll_law_between(0.02, 2, u[CO_B]);
    p[CO_A] = (0.5 + u[CO_A]) * fmax(-log(r->loss_lo), 1e-3) * pow(r->lo[LL_VAR_X], p[CO_B]);
}

const ll_law ll_law_coverage = { .name = "coverage",
                                 .form = "exp(-a X^-b), X samples a problem",
                                 .source = "Brown et al. 2024, arXiv:2407.21787",
                                 .vars = 1u << LL_VAR_X,
                                 .x = "samples drawn for each problem",
                                 .n_params = CO_NPARAMS,
                                 .params = params,
                                 .eval = eval,
                                 .grad = grad,
                                 .start = start };
