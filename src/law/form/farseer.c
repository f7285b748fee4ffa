#include "law/laws.h"

/* Every coefficient of the law in D is itself a stretched exponential of N. */
enum { FA_A1, FA_B1, FA_ALPHA, FA_A2, FA_B2, FA_BETA, FA_A3, FA_B3, FA_GAMMA, FA_NPARAMS };

static const ll_law_param params[FA_NPARAMS] = {
    { "a1", "", -100, 100, false },   { "b1", "", -100, 100, false },   { "alpha", "", -2, 2, false },
    { "a2", "", -1000, 1000, false }, { "b2", "", -1000, 1000, false }, { "beta", "", -2, 2, false },
    { "a3", "", -100, 100, false },   { "b3", "", -100, 100, false },   { "gamma", "", -2, 2, false },
};

/* a N^e + b */
static double stretched(double a, double b, double e, double N) {
    return a * pow(N, e) + b;
}

static double eval(const double *p, const double *x) {
    double N = x[LL_VAR_N], exponent = exp(stretched(p[FA_A1], p[FA_B1], p[FA_ALPHA], N));
    return exp(stretched(p[FA_A3], p[FA_B3], p[FA_GAMMA], N)) +
           exp(stretched(p[FA_A2], p[FA_B2], p[FA_BETA], N) - exponent * log(x[LL_VAR_D]));
}

/* g of a, b, e from the derivative by a N^e + b. */
static void spread(double by, double a, double e, double N, double *g) {
    double power = pow(N, e);
    g[0] = by * power;
    g[1] = by;
    g[2] = by * a * power * log(N);
}

static void grad(const double *p, const double *x, double *g) {
    double N = x[LL_VAR_N], ln_d = log(x[LL_VAR_D]), exponent = exp(stretched(p[FA_A1], p[FA_B1], p[FA_ALPHA], N));
    double data = exp(stretched(p[FA_A2], p[FA_B2], p[FA_BETA], N) - exponent * ln_d);
    spread(-data * exponent * ln_d, p[FA_A1], p[FA_ALPHA], N, g + FA_A1);
    spread(data, p[FA_A2], p[FA_BETA], N, g + FA_A2);
    spread(exp(stretched(p[FA_A3], p[FA_B3], p[FA_GAMMA], N)), p[FA_A3], p[FA_GAMMA], N, g + FA_A3);
}

/* Each part takes its value at the least N, and leaves it slowly. */
static void start(const ll_law_range *r, const double *u, double *p) {
    double N = r->lo[LL_VAR_N], floor = r->loss_lo * (0.3 + 0.69 * u[FA_B3]);
    double exponent = ll_law_between(0.1, 0.8, u[FA_B1]), part = (r->loss_hi - floor) * (0.2 + u[FA_B2]);
    p[FA_ALPHA] = ll_law_between(0.05, 0.3, u[FA_ALPHA]);
    p[FA_BETA] = -ll_law_between(0.05, 0.3, u[FA_BETA]);
    p[FA_GAMMA] = ll_law_between(0.05, 0.3, u[FA_GAMMA]);
    p[FA_A1] = -0.2 * u[FA_A1];
    p[FA_A2] = 100 * u[FA_A2];
    p[FA_A3] = -0.05 * u[FA_A3];
    p[FA_B1] = log(exponent) - p[FA_A1] * pow(N, p[FA_ALPHA]);
    p[FA_B2] = log(part) + exponent * log(r->lo[LL_VAR_D]) - p[FA_A2] * pow(N, p[FA_BETA]);
    p[FA_B3] = log(floor) - p[FA_A3] * pow(N, p[FA_GAMMA]);
}

const ll_law ll_law_farseer = { .name = "farseer",
                                .form = "exp(a3 N^gamma + b3) + exp(a2 N^beta + b2) D^(-exp(a1 N^alpha + b1))",
                                .source = "Li et al. 2025 (Farseer), arXiv:2506.10972",
                                .vars = 1u << LL_VAR_N | 1u << LL_VAR_D,
                                .n_params = FA_NPARAMS,
                                .params = params,
                                .eval = eval,
                                .grad = grad,
                                .start = start };
