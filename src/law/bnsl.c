#include "law/laws.h"

/* One break: slope -c0 before d, -(c0 + c1) after it; f is how slowly the one becomes the other. */
enum { BN_A, BN_B, BN_C0, BN_C1, BN_D, BN_F, BN_NPARAMS };

static const ll_law_param params[BN_NPARAMS] = {
    { "a", "nats/token", 1e-9, 1e3, true }, { "b", "", 1e-60, 1e60, true },    { "c0", "", -4, 4, false },
    { "c1", "", -20, 20, false },           { "d", "of X", 1e-9, 1e60, true }, { "f", "", 1e-3, 10, true },
};

/* ln(1 + (x/d)^(1/f)) and the share (x/d)^(1/f) / (1 + (x/d)^(1/f)) */
static double softplus(const double *p, double ln_x, double *share) {
    double z = (ln_x - log(p[BN_D])) / p[BN_F];
    *share = 1 / (1 + exp(-z));
    return fmax(z, 0) + log1p(exp(-fabs(z)));
}

static double eval(const double *p, const double *x) {
    double share, ln_x = log(x[LL_VAR_X]);
    return p[BN_A] + p[BN_B] * exp(-p[BN_C0] * ln_x - p[BN_C1] * p[BN_F] * softplus(p, ln_x, &share));
}

static void grad(const double *p, const double *x, double *g) {
    double share, ln_x = log(x[LL_VAR_X]), s = softplus(p, ln_x, &share);
    double R = exp(-p[BN_C0] * ln_x - p[BN_C1] * p[BN_F] * s), bR = p[BN_B] * R;
    g[BN_A] = 1;
    g[BN_B] = R;
    g[BN_C0] = -bR * ln_x;
    g[BN_C1] = -bR * p[BN_F] * s;
    g[BN_D] = bR * p[BN_C1] * share / p[BN_D];
    g[BN_F] = -bR * p[BN_C1] * (s - share * (ln_x - log(p[BN_D])) / p[BN_F]);
}

/* The break lies among the runs; b puts the curve through the largest loss at the smallest X. */
static void start(const ll_law_range *r, const double *u, double *p) {
    double lo = r->lo[LL_VAR_X], share;
    p[BN_A] = r->loss_lo * ll_law_between(1e-3, 1, u[BN_A]);
    p[BN_C0] = ll_law_between(0.01, 1, u[BN_C0]);
    p[BN_C1] = ll_law_between(0.1, 20, u[BN_C1]) * (u[BN_B] < 0.3 ? -0.05 : 1);
    p[BN_D] = ll_law_between(lo, r->hi[LL_VAR_X], u[BN_D]);
    p[BN_F] = ll_law_between(0.01, 1, u[BN_F]);
    p[BN_B] = 1;
    p[BN_B] =
        (r->loss_hi - 0.9 * p[BN_A]) * exp(p[BN_C0] * log(lo) + p[BN_C1] * p[BN_F] * softplus(p, log(lo), &share));
}

const ll_law ll_law_bnsl = { .name = "bnsl",
                             .form = "a + b X^-c0 (1 + (X/d)^(1/f))^(-c1 f)",
                             .source = "Caballero et al. 2022, arXiv:2210.14891, eq. 1 with one break",
                             .vars = 1u << LL_VAR_X,
                             .n_params = BN_NPARAMS,
                             .params = params,
                             .eval = eval,
                             .grad = grad,
                             .start = start };
