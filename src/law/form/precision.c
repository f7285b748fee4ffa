#include "law/laws.h"

/* Weights of few bits count as fewer parameters. */
enum { PR_E, PR_A, PR_B, PR_ALPHA, PR_BETA, PR_GAMMA, PR_NPARAMS };

static const ll_law_param params[PR_NPARAMS] = {
    { "E", "nats/token", 1e-6, 1e3, true }, { "A", "", 1e-6, 1e60, true },  { "B", "", 1e-6, 1e60, true },
    { "alpha", "", 1e-3, 4, false },        { "beta", "", 1e-3, 4, false }, { "gamma", "bits", 1e-2, 1e2, true },
};

static double effective(const double *p, const double *x) {
    return x[LL_VAR_N] * -expm1(-x[LL_VAR_X] / p[PR_GAMMA]);
}

static double eval(const double *p, const double *x) {
    return p[PR_E] + p[PR_A] * pow(effective(p, x), -p[PR_ALPHA]) + p[PR_B] * pow(x[LL_VAR_D], -p[PR_BETA]);
}

static void grad(const double *p, const double *x, double *g) {
    double N = effective(p, x), n = p[PR_A] * pow(N, -p[PR_ALPHA]), d = p[PR_B] * pow(x[LL_VAR_D], -p[PR_BETA]);
    double bits = x[LL_VAR_X] / p[PR_GAMMA];
    g[PR_E] = 1;
    g[PR_A] = n / p[PR_A];
    g[PR_B] = d / p[PR_B];
    g[PR_ALPHA] = -n * log(N);
    g[PR_BETA] = -d * log(x[LL_VAR_D]);
    g[PR_GAMMA] = p[PR_ALPHA] * n / N * x[LL_VAR_N] * exp(-bits) * bits / p[PR_GAMMA];
}

static void start(const ll_law_range *r, const double *u, double *p) {
    p[PR_E] = r->loss_lo * (0.1 + 0.89 * u[PR_E]);
    double part = r->loss_hi - p[PR_E];
    p[PR_ALPHA] = ll_law_between(0.05, 1, u[PR_ALPHA]);
    p[PR_BETA] = ll_law_between(0.05, 1, u[PR_BETA]);
    p[PR_A] = u[PR_A] * part * pow(r->lo[LL_VAR_N], p[PR_ALPHA]);
    p[PR_B] = u[PR_B] * part * pow(r->lo[LL_VAR_D], p[PR_BETA]);
    p[PR_GAMMA] = ll_law_between(0.3, 10, u[PR_GAMMA]);
}

const ll_law ll_law_precision = { .name = "precision",
                                  .form =
                                      "E + A/N'^alpha + B/D^beta, N' = N (1 - exp(-X/gamma)), X bits of a weight",
                                  .source = "Kumar et al. 2024, arXiv:2411.04330, weights alone, nothing quantised "
                                            "after training",
                                  .vars = 1u << LL_VAR_N | 1u << LL_VAR_D | 1u << LL_VAR_X,
                                  .x = "bits of a weight in training",
                                  .n_params = PR_NPARAMS,
                                  .params = params,
                                  .eval = eval,
                                  .grad = grad,
                                  .start = start };
