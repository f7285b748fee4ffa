#include <math.h>

#include "law/laws.h"

/* Kaplan's form of one variable: a straight line on log-log axes. */
enum { PO_XC, PO_ALPHA, PO_NPARAMS };

static const ll_law_param power_params[PO_NPARAMS] = {
    { "Xc", "of X", 1e-30, 1e120, true },
    { "alpha", "", 1e-3, 4, false },
};

static const ll_law_term power_ratio[] = { { PO_XC, PO_ALPHA, LL_VAR_X } };

static double power_eval(const double *p, const double *x) {
    return pow(p[PO_XC] / x[LL_VAR_X], p[PO_ALPHA]);
}

static void power_grad(const double *p, const double *x, double *g) {
    double L = power_eval(p, x);
    g[PO_XC] = L * p[PO_ALPHA] / p[PO_XC];
    g[PO_ALPHA] = L * log(p[PO_XC] / x[LL_VAR_X]);
}

const ll_law ll_law_power = { .name = "power",
                              .form = "(Xc/X)^alpha",
                              .source = "Kaplan et al. 2020, arXiv:2001.08361, eqs. 1.1-1.3",
                              .vars = 1u << LL_VAR_X,
                              .n_params = PO_NPARAMS,
                              .params = power_params,
                              .eval = power_eval,
                              .grad = power_grad,
                              .n_ratios = 1,
                              .joined = -1,
                              .ratios = power_ratio };

/* The same line bent by a floor. */
enum { PF_E, PF_A, PF_ALPHA, PF_NPARAMS };

static const ll_law_param floor_params[PF_NPARAMS] = {
    { "E", "nats/token", 1e-6, 1e3, true },
    { "A", "", 1e-6, 1e120, true },
    { "alpha", "", 1e-3, 4, false },
};

static const ll_law_term floor_terms[] = { { PF_E, -1, LL_VAR_X }, { PF_A, PF_ALPHA, LL_VAR_X } };

static double floor_eval(const double *p, const double *x) {
    return p[PF_E] + p[PF_A] * pow(x[LL_VAR_X], -p[PF_ALPHA]);
}

static void floor_grad(const double *p, const double *x, double *g) {
    g[PF_E] = 1;
    g[PF_A] = pow(x[LL_VAR_X], -p[PF_ALPHA]);
    g[PF_ALPHA] = -p[PF_A] * g[PF_A] * log(x[LL_VAR_X]);
}

const ll_law ll_law_power_floor = { .name = "power_floor",
                                    .form = "E + A/X^alpha",
                                    .source = "Henighan et al. 2020, arXiv:2010.14701, eq. 1.1",
                                    .vars = 1u << LL_VAR_X,
                                    .n_params = PF_NPARAMS,
                                    .params = floor_params,
                                    .n_terms = 2,
                                    .terms = floor_terms,
                                    .eval = floor_eval,
                                    .grad = floor_grad };
