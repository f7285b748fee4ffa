#include "law/laws.h"

/* A sum of powers while the error is small, and the error of guessing when it is not. The paper's eta only sets the
 * scale of a, b and c and is 1 here. */
enum { RO_A, RO_B, RO_C, RO_ALPHA, RO_BETA, RO_E0, RO_NPARAMS };

static const ll_law_param params[RO_NPARAMS] = {
    { "a", "", 1e-6, 1e60, true },   { "b", "", 1e-6, 1e60, true },  { "c", "", 1e-9, 1e3, true },
    { "alpha", "", 1e-3, 4, false }, { "beta", "", 1e-3, 4, false }, { "epsilon0", "", 1e-6, 1e3, true },
};

static double sum(const double *p, const double *x) {
    return p[RO_A] * pow(x[LL_VAR_N], -p[RO_ALPHA]) + p[RO_B] * pow(x[LL_VAR_D], -p[RO_BETA]) + p[RO_C];
}

static double eval(const double *p, const double *x) {
    double s = sum(p, x);
    return p[RO_E0] * s / sqrt(1 + s * s);
}

static void grad(const double *p, const double *x, double *g) {
    double s = sum(p, x), root = sqrt(1 + s * s), by = p[RO_E0] / (root * root * root);
    double n = pow(x[LL_VAR_N], -p[RO_ALPHA]), d = pow(x[LL_VAR_D], -p[RO_BETA]);
    g[RO_A] = by * n;
    g[RO_B] = by * d;
    g[RO_C] = by;
    g[RO_ALPHA] = -by * p[RO_A] * n * log(x[LL_VAR_N]);
    g[RO_BETA] = -by * p[RO_B] * d * log(x[LL_VAR_D]);
    g[RO_E0] = s / root;
}

/* Parts of what the largest error stands for. */
static void start(const ll_law_range *r, const double *u, double *p) {
    p[RO_E0] = r->loss_hi * ll_law_between(1.01, 10, u[RO_E0]);
    double share = r->loss_hi / p[RO_E0], s = share / sqrt(1 - share * share), least = r->loss_lo / p[RO_E0];
    p[RO_ALPHA] = ll_law_between(0.05, 1.5, u[RO_ALPHA]);
    p[RO_BETA] = ll_law_between(0.05, 1.5, u[RO_BETA]);
    p[RO_A] = u[RO_A] * s * pow(r->lo[LL_VAR_N], p[RO_ALPHA]);
    p[RO_B] = u[RO_B] * s * pow(r->lo[LL_VAR_D], p[RO_BETA]);
    p[RO_C] = u[RO_C] * least;
}

const ll_law ll_law_rosenfeld = { .name = "rosenfeld",
                                  .form = "epsilon0 s/sqrt(1 + s^2), s = a/N^alpha + b/D^beta + c",
                                  .source = "Rosenfeld et al. 2020, arXiv:1909.12673, the envelope from memory",
                                  .vars = 1u << LL_VAR_N | 1u << LL_VAR_D,
                                  .n_params = RO_NPARAMS,
                                  .params = params,
                                  .eval = eval,
                                  .grad = grad,
                                  .start = start };
