#include "law/laws.h"

/* q = 1 is Chinchilla's surface; E = 0, q = alpha_D of Kaplan's the other end. */
enum { NE_E, NE_A, NE_B, NE_ALPHA, NE_BETA, NE_Q, NE_NPARAMS };

static const ll_law_param params[NE_NPARAMS] = {
    { "E", "nats/token", 1e-6, 1e3, true }, { "A", "", 1e-6, 1e60, true },  { "B", "", 1e-6, 1e60, true },
    { "alpha", "", 1e-3, 4, false },        { "beta", "", 1e-3, 4, false }, { "q", "", 1e-2, 1e2, true },
};

/* Logarithms of the two terms, of the sum of their powers 1/q, and of its power q. */
static double inner(const double *p, const double *x, double *n, double *d) {
    *n = log(p[NE_A]) - p[NE_ALPHA] * log(x[LL_VAR_N]);
    *d = log(p[NE_B]) - p[NE_BETA] * log(x[LL_VAR_D]);
    return fmax(*n, *d) / p[NE_Q] + log1p(exp(-fabs(*n - *d) / p[NE_Q]));
}

static double eval(const double *p, const double *x) {
    double n, d;
    return p[NE_E] + exp(p[NE_Q] * inner(p, x, &n, &d));
}

static void grad(const double *p, const double *x, double *g) {
    double n, d, s = inner(p, x, &n, &d), R = exp(p[NE_Q] * s);
    double wn = exp(n / p[NE_Q] - s), wd = exp(d / p[NE_Q] - s); /* shares, together 1 */
    g[NE_E] = 1;
    g[NE_A] = R * wn / p[NE_A];
    g[NE_B] = R * wd / p[NE_B];
    g[NE_ALPHA] = -R * wn * log(x[LL_VAR_N]);
    g[NE_BETA] = -R * wd * log(x[LL_VAR_D]);
    g[NE_Q] = R * (s - (wn * n + wd * d) / p[NE_Q]);
}

static void start(const ll_law_range *r, const double *u, double *p) {
    p[NE_E] = r->loss_lo * (0.1 + 0.89 * u[NE_E]);
    double part = r->loss_hi - p[NE_E];
    p[NE_ALPHA] = ll_law_between(0.03, 1.5, u[NE_ALPHA]);
    p[NE_BETA] = ll_law_between(0.03, 1.5, u[NE_BETA]);
    p[NE_A] = u[NE_A] * part * pow(r->lo[LL_VAR_N], p[NE_ALPHA]);
    p[NE_B] = u[NE_B] * part * pow(r->lo[LL_VAR_D], p[NE_BETA]);
    p[NE_Q] = ll_law_between(0.3, 3, u[NE_Q]);
}

const ll_law ll_law_nest = { .name = "nest",
                             .form = "E + [(A/N^alpha)^(1/q) + (B/D^beta)^(1/q)]^q",
                             .source = "the Kaplan-Chinchilla nest",
                             .vars = 1u << LL_VAR_N | 1u << LL_VAR_D,
                             .n_params = NE_NPARAMS,
                             .params = params,
                             .eval = eval,
                             .grad = grad,
                             .start = start };
