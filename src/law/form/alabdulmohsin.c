#include "law/laws.h"

/* M1 and M2 of the same paper are the laws power and power_floor. */
#define SOURCE "Alabdulmohsin et al. 2022, arXiv:2209.06640"

enum { M3_B, M3_G, M3_C, M3_NPARAMS };

static const ll_law_param m3_params[M3_NPARAMS] = {
    { "beta", "", 1e-12, 1e60, true },
    { "gamma", "1 over X", 1e-60, 1e9, true },
    { "c", "", 1e-3, 4, false },
};

static double m3_eval(const double *p, const double *x) {
    return p[M3_B] * pow(1 / x[LL_VAR_X] + p[M3_G], p[M3_C]);
}

static void m3_grad(const double *p, const double *x, double *g) {
    double base = 1 / x[LL_VAR_X] + p[M3_G], L = m3_eval(p, x);
    g[M3_B] = L / p[M3_B];
    g[M3_G] = L * p[M3_C] / base;
    g[M3_C] = L * log(base);
}

static void m3_start(const ll_law_range *r, const double *u, double *p) {
    p[M3_G] = ll_law_between(1e-3 / r->hi[LL_VAR_X], 1 / r->lo[LL_VAR_X], u[M3_G]);
    p[M3_C] = ll_law_between(0.02, 2, u[M3_C]);
    p[M3_B] = r->loss_hi * (0.5 + u[M3_B]) * pow(1 / r->lo[LL_VAR_X] + p[M3_G], -p[M3_C]);
}

const ll_law ll_law_m3 = { .name = "m3",
                           .form = "beta (1/X + gamma)^c",
                           .source = SOURCE ", M3",
                           .vars = 1u << LL_VAR_X,
                           .n_params = M3_NPARAMS,
                           .params = m3_params,
                           .eval = m3_eval,
                           .grad = m3_grad,
                           .start = m3_start };

/* (L - E) / (L0 - L)^alpha = beta X^-c: from L0, the loss of knowing nothing, down to E. */
enum { M4_E, M4_L0, M4_B, M4_ALPHA, M4_C, M4_NPARAMS };

static const ll_law_param m4_params[M4_NPARAMS] = {
    { "E", "nats/token", 1e-9, 1e3, true },
    { "L0", "nats/token", 1e-6, 1e4, true },
    { "beta", "", 1e-60, 1e60, true },
    { "alpha", "", 1e-3, 10, false },
    { "c", "", 1e-3, 4, false },
};

/* L = E + (L0 - E) / (1 + exp(-t)) with ln(L - E) - alpha ln(L0 - L) = ln beta - c ln X. The left side has a slope
 * between 1 and alpha in t that changes one way: Newton cannot miss. */
static double m4_eval(const double *p, const double *x) {
    double span = p[M4_L0] - p[M4_E], alpha = p[M4_ALPHA], t = 0;
    if (!(span > 0)) return NAN;
    double want = log(p[M4_B]) - p[M4_C] * log(x[LL_VAR_X]) - (1 - alpha) * log(span);
    for (int i = 0; i < 100; i++) {
        double s = 1 / (1 + exp(-t)), soft = fmax(t, 0) + log1p(exp(-fabs(t))); /* ln(1 + exp t) */
        double step = (t - soft + alpha * soft - want) / (1 - s + alpha * s);
        t -= step;
        if (fabs(step) < 1e-13 * (1 + fabs(t))) break; /* the error is its square */
    }
    return p[M4_E] + span / (1 + exp(-t));
}

static void m4_grad(const double *p, const double *x, double *g) {
    double L = m4_eval(p, x), low = L - p[M4_E], high = p[M4_L0] - L;
    double slope = 1 / low + p[M4_ALPHA] / high; /* of ln(L - E) - alpha ln(L0 - L) in L */
    g[M4_E] = 1 / low / slope;
    g[M4_L0] = p[M4_ALPHA] / high / slope;
    g[M4_B] = 1 / p[M4_B] / slope;
    g[M4_ALPHA] = log(high) / slope;
    g[M4_C] = -log(x[LL_VAR_X]) / slope;
}

static void m4_start(const ll_law_range *r, const double *u, double *p) {
    p[M4_E] = r->loss_lo * (0.02 + 0.97 * u[M4_E]);
    p[M4_L0] = r->loss_hi * ll_law_between(1.01, 10, u[M4_L0]);
    p[M4_ALPHA] = ll_law_between(0.02, 2, u[M4_ALPHA]);
    p[M4_C] = ll_law_between(0.02, 2, u[M4_C]);
    double at = ll_law_between(r->lo[LL_VAR_X], r->hi[LL_VAR_X], u[M4_B]), L = 0.5 * (r->loss_lo + r->loss_hi);
    p[M4_B] = (L - p[M4_E]) * pow(p[M4_L0] - L, -p[M4_ALPHA]) * pow(at, p[M4_C]);
}

const ll_law ll_law_m4 = { .name = "m4",
                           .form = "(L - E)/(L0 - L)^alpha = beta/X^c",
                           .source = SOURCE ", M4",
                           .vars = 1u << LL_VAR_X,
                           .n_params = M4_NPARAMS,
                           .params = m4_params,
                           .eval = m4_eval,
                           .grad = m4_grad,
                           .start = m4_start };
