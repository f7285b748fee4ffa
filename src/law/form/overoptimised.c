#include "law/laws.h"

/* A gold score against d, the root of the divergence from the model that was there before, while a proxy of it is
 * optimised: it rises by alpha at first and falls when beta has its say. Of the best of n the best d is alpha/(2
 * beta), of reinforcement learning exp(alpha/beta - 1). */
enum { OO_R0, OO_ALPHA, OO_BETA, OO_NPARAMS };

static const ll_law_param params[OO_NPARAMS] = {
    { "R0", "of the score", 1e-9, 1e6, true },
    { "alpha", "of the score over d", -1e3, 1e3, false },
    { "beta", "of the score over d^2, or d", -1e3, 1e3, false },
};

static void start(const ll_law_range *r, const double *u, double *p) {
    const double span = (r->loss_hi - r->loss_lo) / r->hi[LL_VAR_X];
    p[OO_R0] = ll_law_between(fmax(r->loss_lo, 1e-9), fmax(r->loss_hi, 2e-9), u[OO_R0]);
    p[OO_ALPHA] = span * (4 * u[OO_ALPHA] - 1);
    p[OO_BETA] = span * (4 * u[OO_BETA] - 1);
}

static double bon_eval(const double *p, const double *x) {
    const double d = x[LL_VAR_X];
    return p[OO_R0] + d * (p[OO_ALPHA] - p[OO_BETA] * d);
}

static void bon_grad(const double *p, const double *x, double *g) {
    const double d = x[LL_VAR_X];
    (void)p;
    g[OO_R0] = 1;
    g[OO_ALPHA] = d;
    g[OO_BETA] = -d * d;
}

static double rl_eval(const double *p, const double *x) {
    const double d = x[LL_VAR_X];
    return p[OO_R0] + d * (p[OO_ALPHA] - p[OO_BETA] * log(d));
}

static void rl_grad(const double *p, const double *x, double *g) {
    const double d = x[LL_VAR_X];
    (void)p;
    g[OO_R0] = 1;
    g[OO_ALPHA] = d;
    g[OO_BETA] = -d * log(d);
}

#define D "d, the root of the divergence"
const ll_law ll_law_overoptimised_bon = { .name = "overoptimised_bon",
                                          .form = "R0 + d (alpha - beta d)",
                                          .source = "Gao et al. 2022, arXiv:2210.10760, for the best of n; it is "
                                                    "highest at alpha/(2 beta)",
                                          .vars = 1u << LL_VAR_X,
                                          .x = D,
                                          .n_params = OO_NPARAMS,
                                          .params = params,
                                          .eval = bon_eval,
                                          .grad = bon_grad,
                                          .start = start };

const ll_law ll_law_overoptimised_rl = { .name = "overoptimised_rl",
                                         .form = "R0 + d (alpha - beta ln d)",
                                         .source =
                                             "Gao et al. 2022, arXiv:2210.10760, for reinforcement learning; it "
                                             "is highest at exp(alpha/beta - 1)",
                                         .vars = 1u << LL_VAR_X,
                                         .x = D,
                                         .n_params = OO_NPARAMS,
                                         .params = params,
                                         .eval = rl_eval,
                                         .grad = rl_grad,
                                         .start = start };
