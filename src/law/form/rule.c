#include "law/laws.h"

/* Rules of thumb: the best rate or batch, the critical batch, the best size, the tokens that a transfer is worth.
 * The exponents may have either sign. */
enum { RU_K, RU_P, RU_Q };

static const ll_law_param params[] = {
    { "k", "", 1e-60, 1e60, true },
    { "p", "", -10, 10, false },
    { "q", "", -10, 10, false },
};

static double eval(const double *p, const double *x) {
    return p[RU_K] * pow(x[LL_VAR_X], p[RU_P]);
}

static void grad(const double *p, const double *x, double *g) {
    g[RU_K] = pow(x[LL_VAR_X], p[RU_P]);
    g[RU_P] = p[RU_K] * g[RU_K] * log(x[LL_VAR_X]);
}

/* Through the middle of the values, in the middle of X; u is the slope's. */
static void start(const ll_law_range *r, const double *u, double *p) {
    p[RU_P] = 4 * u[RU_P] - 2;
    p[RU_K] = sqrt(r->loss_lo * r->loss_hi) * pow(r->lo[LL_VAR_X] * r->hi[LL_VAR_X], -p[RU_P] / 2);
}

const ll_law ll_law_rule = { .name = "rule",
                             .form = "k X^p",
                             .source =
                                 "rates and batches: Bi et al. 2024, arXiv:2401.02954; B_crit(L): Kaplan et al. "
                                 "2020, arXiv:2001.08361, eq. 5.3",
                             .vars = 1u << LL_VAR_X,
                             .n_params = 2,
                             .params = params,
                             .eval = eval,
                             .grad = grad,
                             .start = start };

static double nd_eval(const double *p, const double *x) {
    return p[RU_K] * pow(x[LL_VAR_N], p[RU_P]) * pow(x[LL_VAR_D], p[RU_Q]);
}

static void nd_grad(const double *p, const double *x, double *g) {
    g[RU_K] = pow(x[LL_VAR_N], p[RU_P]) * pow(x[LL_VAR_D], p[RU_Q]);
    g[RU_P] = p[RU_K] * g[RU_K] * log(x[LL_VAR_N]);
    g[RU_Q] = p[RU_K] * g[RU_K] * log(x[LL_VAR_D]);
}

static void nd_start(const ll_law_range *r, const double *u, double *p) {
    p[RU_P] = 4 * u[RU_P] - 2;
    p[RU_Q] = 4 * u[RU_Q] - 2;
    p[RU_K] = sqrt(r->loss_lo * r->loss_hi) * pow(r->lo[LL_VAR_N] * r->hi[LL_VAR_N], -p[RU_P] / 2) *
              pow(r->lo[LL_VAR_D] * r->hi[LL_VAR_D], -p[RU_Q] / 2);
}

const ll_law ll_law_rule_nd = { .name = "rule_nd",
                                .form = "k N^p D^q",
                                .source =
                                    "Li et al. 2025 (Step Law), arXiv:2503.04715; transferred tokens: Hernandez "
                                    "et al. 2021, arXiv:2102.01293, eq. 1.1",
                                .vars = 1u << LL_VAR_N | 1u << LL_VAR_D,
                                .n_params = 3,
                                .params = params,
                                .eval = nd_eval,
                                .grad = nd_grad,
                                .start = nd_start };
