#include <math.h>

#include "law/laws.h"

enum { KA_NC, KA_DC, KA_AN, KA_AD, KA_NPARAMS };

static const ll_law_param params[KA_NPARAMS] = {
    { "Nc", "parameters", 1, 1e40, true },
    { "Dc", "tokens", 1, 1e40, true },
    { "alpha_N", "", 1e-3, 2, false },
    { "alpha_D", "", 1e-3, 2, false },
};

static const ll_law_term ratios[] = { { KA_NC, KA_AN, LL_VAR_N }, { KA_DC, KA_AD, LL_VAR_D } };

/* The bracket's two terms, as logarithms, and the logarithm of their sum. */
static double bracket(const double *p, const double *x, double *u, double *v) {
    *u = p[KA_AN] / p[KA_AD] * log(p[KA_NC] / x[LL_VAR_N]);
    *v = log(p[KA_DC] / x[LL_VAR_D]);
    return fmax(*u, *v) + log1p(exp(-fabs(*u - *v)));
}

static double eval(const double *p, const double *x) {
    double u, v;
    return exp(p[KA_AD] * bracket(p, x, &u, &v));
}

static void grad(const double *p, const double *x, double *g) {
    double u, v, s = bracket(p, x, &u, &v), L = exp(p[KA_AD] * s);
    double share = exp(u - s); /* of the N term in the bracket */
    double ln_ratio = log(p[KA_NC] / x[LL_VAR_N]);
    g[KA_NC] = L * share * p[KA_AN] / p[KA_NC];
    g[KA_DC] = L * p[KA_AD] * (1 - share) / p[KA_DC];
    g[KA_AN] = L * share * ln_ratio;
    g[KA_AD] = L * (s - share * u);
}

const ll_law ll_law_kaplan_nd = { .name = "kaplan_nd",
                                  .form = "[(Nc/N)^(alpha_N/alpha_D) + Dc/D]^alpha_D",
                                  .source = "Kaplan et al. 2020, arXiv:2001.08361, eq. 1.5",
                                  .vars = 1u << LL_VAR_N | 1u << LL_VAR_D,
                                  .n_params = KA_NPARAMS,
                                  .params = params,
                                  .eval = eval,
                                  .grad = grad,
                                  .n_ratios = 2,
                                  .joined = KA_AD,
                                  .ratios = ratios };
