#include "law/laws.h"

enum { CT_E, CT_A, CT_B, CT_ALPHA, CT_NPARAMS };

static const ll_law_param params[CT_NPARAMS] = {
    { "E", "nats/token", 1e-6, 1e3, true },
    { "A", "", 1e-6, 1e60, true },
    { "B", "", 1e-6, 1e60, true },
    { "alpha", "", 1e-3, 4, false },
};

static double eval(const double *p, const double *x) {
    return p[CT_E] + p[CT_A] * pow(x[LL_VAR_N], -p[CT_ALPHA]) + p[CT_B] * pow(x[LL_VAR_D], -p[CT_ALPHA]);
}

static void grad(const double *p, const double *x, double *g) {
    g[CT_E] = 1;
    g[CT_A] = pow(x[LL_VAR_N], -p[CT_ALPHA]);
    g[CT_B] = pow(x[LL_VAR_D], -p[CT_ALPHA]);
    g[CT_ALPHA] = -p[CT_A] * g[CT_A] * log(x[LL_VAR_N]) - p[CT_B] * g[CT_B] * log(x[LL_VAR_D]);
}

/* The reducible part of the largest loss, shared out between the two terms at their smallest variable. */
static void start(const ll_law_range *r, const double *u, double *p) {
    p[CT_E] = r->loss_lo * (0.1 + 0.89 * u[CT_E]);
    double part = r->loss_hi - p[CT_E];
    p[CT_ALPHA] = ll_law_between(0.03, 1.5, u[CT_ALPHA]);
    p[CT_A] = u[CT_A] * part * pow(r->lo[LL_VAR_N], p[CT_ALPHA]);
    p[CT_B] = u[CT_B] * part * pow(r->lo[LL_VAR_D], p[CT_ALPHA]);
}

const ll_law ll_law_chinchilla_tied = { .name = "chinchilla_tied",
                                        .form = "E + A/N^alpha + B/D^alpha",
                                        .source = "Muennighoff et al. 2023, arXiv:2305.16264, App. A",
                                        .vars = 1u << LL_VAR_N | 1u << LL_VAR_D,
                                        .n_params = CT_NPARAMS,
                                        .params = params,
                                        .eval = eval,
                                        .grad = grad,
                                        .start = start };
