#include "law/laws.h"

/* Repeated tokens and surplus parameters are worth less: each saturates at its own R*. */
enum { DC_E, DC_A, DC_B, DC_ALPHA, DC_BETA, DC_RD, DC_RN, DC_NPARAMS };

static const ll_law_param params[DC_NPARAMS] = {
    { "E", "nats/token", 1e-6, 1e3, true },
    { "A", "", 1e-6, 1e60, true },
    { "B", "", 1e-6, 1e60, true },
    { "alpha", "", 1e-3, 4, false },
    { "beta", "", 1e-3, 4, false },
    { "R*_D", "repetitions", 1e-3, 1e6, true },
    { "R*_N", "excess over U_N", 1e-3, 1e6, true },
};

/* v' = U + U R (1 - exp(-r/R)), r = max(v/U - 1, 0); its derivatives by R and by U. */
typedef struct worth {
    double v, by_R, by_U;
} worth;

static worth worth_of(double v, double U, double R) {
    double r = fmax(v / U - 1, 0), e = exp(-r / R), saturated = -expm1(-r / R);
    return (worth) { .v = U * (1 + R * saturated),
                     .by_R = U * (saturated - e * r / R),
                     .by_U = v > U ? 1 + R * saturated - e * v / U : 1 };
}

/* ln U_N: of the parameters that are optimal for the unique tokens. */
static double ln_matched(const double *p, double U) {
    return (log(p[DC_ALPHA] * p[DC_A]) - log(p[DC_BETA] * p[DC_B]) + p[DC_BETA] * log(U)) / p[DC_ALPHA];
}

static void both(const double *p, const double *x, worth *N, worth *D, bool *matched) {
    double U = fmin(x[LL_VAR_U], x[LL_VAR_D]), U_N = exp(ln_matched(p, U));
    *matched = U_N < x[LL_VAR_N];
    *D = worth_of(x[LL_VAR_D], U, p[DC_RD]);
    *N = worth_of(x[LL_VAR_N], fmin(U_N, x[LL_VAR_N]), p[DC_RN]);
}

static double eval(const double *p, const double *x) {
    worth N, D;
    bool matched;
    both(p, x, &N, &D, &matched);
    return p[DC_E] + p[DC_A] * pow(N.v, -p[DC_ALPHA]) + p[DC_B] * pow(D.v, -p[DC_BETA]);
}

static void grad(const double *p, const double *x, double *g) {
    worth N, D;
    bool matched;
    both(p, x, &N, &D, &matched);
    double U = fmin(x[LL_VAR_U], x[LL_VAR_D]), ln_un = ln_matched(p, U);
    double n = p[DC_A] * pow(N.v, -p[DC_ALPHA]), d = p[DC_B] * pow(D.v, -p[DC_BETA]);
    /* the loss by ln U_N */
    double by = matched ? -p[DC_ALPHA] * n / N.v * N.by_U * exp(ln_un) : 0;
    g[DC_E] = 1;
    g[DC_A] = n / p[DC_A] + by / (p[DC_ALPHA] * p[DC_A]);
    g[DC_B] = d / p[DC_B] - by / (p[DC_ALPHA] * p[DC_B]);
    g[DC_ALPHA] = -n * log(N.v) + by * (1 / p[DC_ALPHA] - ln_un) / p[DC_ALPHA];
    g[DC_BETA] = -d * log(D.v) + by * (log(U) - 1 / p[DC_BETA]) / p[DC_ALPHA];
    g[DC_RD] = -p[DC_BETA] * d / D.v * D.by_R;
    g[DC_RN] = -p[DC_ALPHA] * n / N.v * N.by_R;
}

static void start(const ll_law_range *r, const double *u, double *p) {
    p[DC_E] = r->loss_lo * (0.1 + 0.89 * u[DC_E]);
    double part = r->loss_hi - p[DC_E];
    p[DC_ALPHA] = ll_law_between(0.1, 1, u[DC_ALPHA]);
    p[DC_BETA] = p[DC_ALPHA] * ll_law_between(0.6, 1.6, u[DC_BETA]);
    p[DC_A] = u[DC_A] * part * pow(r->lo[LL_VAR_N], p[DC_ALPHA]);
    p[DC_B] = u[DC_B] * part * pow(r->lo[LL_VAR_D], p[DC_BETA]);
    p[DC_RD] = ll_law_between(0.5, 200, u[DC_RD]);
    p[DC_RN] = ll_law_between(0.5, 200, u[DC_RN]);
}

const ll_law ll_law_data_constrained = {
    .name = "data_constrained",
    .form = "E + A/N'^alpha + B/D'^beta, D' = U (1 + R*_D (1 - exp((1 - D/U)/R*_D))), N' likewise over U_N",
    .source = "Muennighoff et al. 2023, arXiv:2305.16264, eqs. 4 to 6",
    .vars = 1u << LL_VAR_N | 1u << LL_VAR_D | 1u << LL_VAR_U,
    .n_params = DC_NPARAMS,
    .params = params,
    .eval = eval,
    .grad = grad,
    .start = start
};
