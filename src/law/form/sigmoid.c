#include "law/laws.h"

/* An accuracy at a loss X: from b + a, of no loss, down to b, of guessing. With X in its logarithm, along compute,
 * the same curve the other way round. The first four parameters are of both. */
enum { SI_A, SI_B, SI_K, SI_AT, SI_NPARAMS };

static double logistic(double z) {
    return 1 / (1 + exp(-z));
}

/* g of a sigmoid whose argument is z, from the derivatives of z by k and by the middle. */
static void spread(const double *p, double z, double by_k, double by_middle, double *g) {
    double s = logistic(z), slope = p[SI_A] * s * (1 - s);
    g[SI_A] = s;
    g[SI_B] = 1;
    g[SI_K] = slope * by_k;
    g[SI_AT] = slope * by_middle;
}

/* A slope of either sign: an accuracy falls with the loss, an error rises. */
static double either(double u, double size) {
    return u < 0.5 ? ll_law_between(0.5, 30, 2 * u) / size : -ll_law_between(0.5, 30, 2 * u - 1) / size;
}

/* Of the scores: their floor and what they span. */
static void scores(const ll_law_range *r, const double *u, double *p) {
    p[SI_B] = r->loss_lo * ll_law_between(1e-3, 1, u[SI_B]);
    p[SI_A] = (r->loss_hi - p[SI_B]) * (1 + u[SI_A]);
}

static const ll_law_param of_x[SI_NPARAMS] = {
    { "a", "", 1e-6, 1e3, true },
    { "b", "", 1e-9, 1e3, true },
    { "k", "1 over X", -1e3, 1e3, false },
    { "L0", "of X", 1e-3, 1e3, true },
};

static double eval(const double *p, const double *x) {
    return p[SI_B] + p[SI_A] * logistic(-p[SI_K] * (x[LL_VAR_X] - p[SI_AT]));
}

static void grad(const double *p, const double *x, double *g) {
    double off = x[LL_VAR_X] - p[SI_AT];
    spread(p, -p[SI_K] * off, -off, p[SI_K], g);
}

static void start(const ll_law_range *r, const double *u, double *p) {
    double lo = r->lo[LL_VAR_X], hi = r->hi[LL_VAR_X];
    scores(r, u, p);
    p[SI_K] = either(u[SI_K], hi - lo);
    p[SI_AT] = ll_law_between(lo / 2, hi, u[SI_AT]);
}

const ll_law ll_law_sigmoid = { .name = "sigmoid",
                                .form = "b + a/(1 + exp(k (X - L0))), X the loss",
                                .source = "Bhagia et al. 2024, arXiv:2412.04403; the second step of Llama 3's, "
                                          "arXiv:2407.21783",
                                .vars = 1u << LL_VAR_X,
                                .x = "the loss that the accuracy follows",
                                .n_params = SI_NPARAMS,
                                .params = of_x,
                                .eval = eval,
                                .grad = grad,
                                .start = start };

static const ll_law_param of_ln_x[SI_NPARAMS] = {
    { "a", "", 1e-6, 1e3, true },
    { "b", "", 1e-9, 1e3, true },
    { "k", "", -20, 20, false },
    { "X0", "of X", 1e-9, 1e60, true },
};

static double log_eval(const double *p, const double *x) {
    return p[SI_B] + p[SI_A] * logistic(p[SI_K] * log(x[LL_VAR_X] / p[SI_AT]));
}

static void log_grad(const double *p, const double *x, double *g) {
    double off = log(x[LL_VAR_X] / p[SI_AT]);
    spread(p, p[SI_K] * off, off, -p[SI_K] / p[SI_AT], g);
}

static void log_start(const ll_law_range *r, const double *u, double *p) {
    double lo = r->lo[LL_VAR_X], hi = r->hi[LL_VAR_X];
    scores(r, u, p);
    p[SI_K] = either(u[SI_K], log(hi / lo));
    p[SI_AT] = ll_law_between(lo, hi * hi / lo, u[SI_AT]);
}

const ll_law ll_law_sigmoid_log = { .name = "sigmoid_log",
                                    .form = "b + a/(1 + (X0/X)^k)",
                                    .source = "Khatri et al. 2025; in ln C as Ruan et al. 2024, arXiv:2405.10938",
                                    .vars = 1u << LL_VAR_X,
                                    .n_params = SI_NPARAMS,
                                    .params = of_ln_x,
                                    .eval = log_eval,
                                    .grad = log_grad,
                                    .start = log_start };
