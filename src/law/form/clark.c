#include "law/laws.h"

/* Experts help less the larger the model, and saturate at both ends. Logarithms to base 10. */
enum { CL_A, CL_B, CL_C, CL_D, CL_START, CL_MAX, CL_NPARAMS };

static const ll_law_param params[CL_NPARAMS] = {
    { "a", "", -2, 2, false },   { "b", "", -2, 2, false },       { "c", "", -1, 1, false },
    { "d", "", -20, 20, false }, { "E_start", "", 1, 1e3, true }, { "E_max", "", 1, 1e6, true },
};

/* 1/E' = 1/(X - 1 + s) + 1/E_max, with 1/s = 1/E_start - 1/E_max */
static double inverse(const double *p, double X, double *s) {
    *s = 1 / (1 / p[CL_START] - 1 / p[CL_MAX]);
    return *s > 0 ? 1 / (X - 1 + *s) + 1 / p[CL_MAX] : NAN;
}

static double eval(const double *p, const double *x) {
    double s, n = log10(x[LL_VAR_N]), e = -log10(inverse(p, x[LL_VAR_X], &s));
    return pow(10, p[CL_A] * n + p[CL_B] * e + p[CL_C] * n * e + p[CL_D]);
}

static void grad(const double *p, const double *x, double *g) {
    double s, q = inverse(p, x[LL_VAR_X], &s), n = log10(x[LL_VAR_N]), e = -log10(q), L = eval(p, x);
    double by_q = -L * (p[CL_B] + p[CL_C] * n) / q, by_s = -by_q / ((x[LL_VAR_X] - 1 + s) * (x[LL_VAR_X] - 1 + s));
    g[CL_A] = L * log(10) * n;
    g[CL_B] = L * log(10) * e;
    g[CL_C] = L * log(10) * n * e;
    g[CL_D] = L * log(10);
    g[CL_START] = by_s * s * s / (p[CL_START] * p[CL_START]);
    g[CL_MAX] = -(by_s * s * s + by_q) / (p[CL_MAX] * p[CL_MAX]);
}

/* Through the largest loss of one expert at the least size. */
static void start(const ll_law_range *r, const double *u, double *p) {
    double s;
    p[CL_START] = ll_law_between(1, 10, u[CL_START]);
    p[CL_MAX] = p[CL_START] * ll_law_between(10, 1000, u[CL_MAX]);
    p[CL_A] = -ll_law_between(0.02, 0.3, u[CL_A]);
    p[CL_B] = -ll_law_between(0.02, 0.3, u[CL_B]);
    p[CL_C] = 0.03 * u[CL_C];
    double n = log10(r->lo[LL_VAR_N]), e = -log10(inverse(p, r->lo[LL_VAR_X], &s));
    p[CL_D] = log10(r->loss_hi) - p[CL_A] * n - p[CL_B] * e - p[CL_C] * n * e;
}

const ll_law ll_law_clark = { .name = "clark",
                              .form = "log10 L = a log10 N + b log10 E' + c log10 N log10 E' + d, E' of X experts",
                              .source = "Clark et al. 2022, arXiv:2202.01169",
                              .vars = 1u << LL_VAR_N | 1u << LL_VAR_X,
                              .x = "experts",
                              .n_params = CL_NPARAMS,
                              .params = params,
                              .eval = eval,
                              .grad = grad,
                              .start = start };
