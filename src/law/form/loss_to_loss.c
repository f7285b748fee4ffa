#include "law/laws.h"

/* One loss from another: of other data, or of a task. */
enum { LO_E1, LO_K, LO_E0, LO_KAPPA, LO_NPARAMS };

static const ll_law_param params[LO_NPARAMS] = {
    { "E1", "nats/token", 1e-9, 1e3, true },
    { "K", "", 1e-9, 1e9, true },
    { "E0", "of X", 1e-9, 1e3, true },
    { "kappa", "", 1e-2, 10, false },
};

static double eval(const double *p, const double *x) {
    return p[LO_E1] + p[LO_K] * pow(x[LL_VAR_X] - p[LO_E0], p[LO_KAPPA]); /* NaN at a loss below E0 */
}

static void grad(const double *p, const double *x, double *g) {
    double above = x[LL_VAR_X] - p[LO_E0], R = pow(above, p[LO_KAPPA]);
    g[LO_E1] = 1;
    g[LO_K] = R;
    g[LO_E0] = -p[LO_K] * p[LO_KAPPA] * R / above;
    g[LO_KAPPA] = p[LO_K] * R * log(above);
}

static void start(const ll_law_range *r, const double *u, double *p) {
    p[LO_E0] = r->lo[LL_VAR_X] * ll_law_between(1e-3, 0.999, u[LO_E0]);
    p[LO_E1] = r->loss_lo * ll_law_between(1e-3, 0.999, u[LO_E1]);
    p[LO_KAPPA] = ll_law_between(0.2, 3, u[LO_KAPPA]);
    p[LO_K] = (r->loss_hi - p[LO_E1]) * (0.5 + u[LO_K]) * pow(r->hi[LL_VAR_X] - p[LO_E0], -p[LO_KAPPA]);
}

const ll_law ll_law_loss_to_loss = { .name = "loss_to_loss",
                                     .form = "E1 + K (X - E0)^kappa, X another loss",
                                     .source = "Brandfonbrener et al. 2024",
                                     .vars = 1u << LL_VAR_X,
                                     .x = "the other loss",
                                     .n_params = LO_NPARAMS,
                                     .params = params,
                                     .eval = eval,
                                     .grad = grad,
                                     .start = start };
