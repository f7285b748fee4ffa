#include <math.h>

#include "law/laws.h"

enum { CH_E, CH_A, CH_B, CH_ALPHA, CH_BETA, CH_NPARAMS };

static const ll_law_param params[CH_NPARAMS] = {
    { "E", "nats/token", 1e-6, 1e3, true }, { "A", "", 1e-6, 1e60, true },  { "B", "", 1e-6, 1e60, true },
    { "alpha", "", 1e-3, 4, false },        { "beta", "", 1e-3, 4, false },
};

static const ll_law_term terms[] = { { CH_E, -1, LL_VAR_N },
                                     { CH_A, CH_ALPHA, LL_VAR_N },
                                     { CH_B, CH_BETA, LL_VAR_D } };

static double eval(const double *p, const double *x) {
    return p[CH_E] + p[CH_A] * pow(x[LL_VAR_N], -p[CH_ALPHA]) + p[CH_B] * pow(x[LL_VAR_D], -p[CH_BETA]);
}

static void grad(const double *p, const double *x, double *g) {
    g[CH_E] = 1;
    g[CH_A] = pow(x[LL_VAR_N], -p[CH_ALPHA]);
    g[CH_B] = pow(x[LL_VAR_D], -p[CH_BETA]);
    g[CH_ALPHA] = -p[CH_A] * g[CH_A] * log(x[LL_VAR_N]);
    g[CH_BETA] = -p[CH_B] * g[CH_B] * log(x[LL_VAR_D]);
}

const ll_law ll_law_chinchilla = { .name = "chinchilla",
                                   .form = "E + A/N^alpha + B/D^beta",
                                   .source = "Hoffmann et al. 2022, arXiv:2203.15556, eq. 2",
                                   .vars = 1u << LL_VAR_N | 1u << LL_VAR_D,
                                   .n_params = CH_NPARAMS,
                                   .params = params,
                                   .n_terms = 3,
                                   .terms = terms,
                                   .eval = eval,
                                   .grad = grad };

ll_frontier ll_chinchilla_frontier(double A, double B, double alpha, double beta) {
    double sum = alpha + beta;
    /* in logarithms: A and B may span many decades */
    double G = exp((log(alpha) + log(A) - log(beta) - log(B)) / sum);
    return (ll_frontier) { .a = beta / sum, .b = alpha / sum, .G = G };
}
