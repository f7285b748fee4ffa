#include "law/laws.h"

/* n breaks: slope -c0 at first, less c_i after break i at d_i; f_i is how slowly the one becomes the other. */
enum { BN_A, BN_B, BN_C0, BN_BREAKS }; /* and then, for each break: */
enum { BN_C, BN_D, BN_F, BN_OF_BREAK, BN_MOST = 3 };

#define BREAK(i)                                                          \
    { "c" i, "", -20, 20, false }, { "d" i, "of X", 1e-9, 1e60, true }, { \
        "f" i, "", 1e-3, 10, true                                         \
    }

static const ll_law_param params[BN_BREAKS + BN_MOST * BN_OF_BREAK] = {
    { "a", "nats/token", 1e-9, 1e3, true },
    { "b", "", 1e-60, 1e60, true },
    { "c0", "", -4, 4, false },
    BREAK("1"),
    BREAK("2"),
    BREAK("3"),
};

/* ln(1 + (x/d)^(1/f)) and the share (x/d)^(1/f) / (1 + (x/d)^(1/f)) of the break at p */
static double softplus(const double *p, double ln_x, double *share) {
    double z = (ln_x - log(p[BN_D])) / p[BN_F];
    *share = 1 / (1 + exp(-z));
    return fmax(z, 0) + log1p(exp(-fabs(z)));
}

/* ln of what b multiplies */
static double ln_shape(int breaks, const double *p, double ln_x) {
    double share, sum = -p[BN_C0] * ln_x;
    for (const double *q = p + BN_BREAKS; q < p + BN_BREAKS + breaks * BN_OF_BREAK; q += BN_OF_BREAK)
        sum -= q[BN_C] * q[BN_F] * softplus(q, ln_x, &share);
    return sum;
}

static double value(int breaks, const double *p, const double *x) {
    return p[BN_A] + p[BN_B] * exp(ln_shape(breaks, p, log(x[LL_VAR_X])));
}

static void slope(int breaks, const double *p, const double *x, double *g) {
    double ln_x = log(x[LL_VAR_X]), R = exp(ln_shape(breaks, p, ln_x)), bR = p[BN_B] * R;
    g[BN_A] = 1;
    g[BN_B] = R;
    g[BN_C0] = -bR * ln_x;
    for (int i = BN_BREAKS; i < BN_BREAKS + breaks * BN_OF_BREAK; i += BN_OF_BREAK) {
        const double *q = p + i;
        double share, s = softplus(q, ln_x, &share);
        g[i + BN_C] = -bR * q[BN_F] * s;
        g[i + BN_D] = bR * q[BN_C] * share / q[BN_D];
        g[i + BN_F] = -bR * q[BN_C] * (s - share * (ln_x - log(q[BN_D])) / q[BN_F]);
    }
}

/* The breaks lie among the runs, in order; b puts the curve through the largest loss at the smallest X. */
static void begin(int breaks, const ll_law_range *r, const double *u, double *p) {
    double lo = r->lo[LL_VAR_X], from = lo;
    p[BN_A] = r->loss_lo * ll_law_between(1e-3, 1, u[BN_A]);
    p[BN_C0] = ll_law_between(0.01, 1, u[BN_C0]);
    for (int i = 0; i < breaks; i++) {
        const double *v = u + BN_BREAKS + i * BN_OF_BREAK;
        double *q = p + BN_BREAKS + i * BN_OF_BREAK;
        bool upward = i ? v[BN_F] < 0.5 : u[BN_B] < 0.3;
        q[BN_C] = ll_law_between(0.1, 20, v[BN_C]) * (upward ? -0.05 : 1);
        q[BN_D] = from = ll_law_between(from, r->hi[LL_VAR_X], v[BN_D]);
        q[BN_F] = ll_law_between(0.01, 1, v[BN_F]);
    }
    p[BN_B] = (r->loss_hi - 0.9 * p[BN_A]) * exp(-ln_shape(breaks, p, log(lo)));
}

#define SOURCE "Caballero et al. 2022, arXiv:2210.14891, eq. 1 with "

static double eval1(const double *p, const double *x) {
    return value(1, p, x);
}
static void grad1(const double *p, const double *x, double *g) {
    slope(1, p, x, g);
}
static void start1(const ll_law_range *r, const double *u, double *p) {
    begin(1, r, u, p);
}

const ll_law ll_law_bnsl = { .name = "bnsl",
                             .form = "a + b X^-c0 (1 + (X/d1)^(1/f1))^(-c1 f1)",
                             .source = SOURCE "one break",
                             .vars = 1u << LL_VAR_X,
                             .n_params = BN_BREAKS + BN_OF_BREAK,
                             .params = params,
                             .eval = eval1,
                             .grad = grad1,
                             .start = start1 };

static double eval2(const double *p, const double *x) {
    return value(2, p, x);
}
static void grad2(const double *p, const double *x, double *g) {
    slope(2, p, x, g);
}
static void start2(const ll_law_range *r, const double *u, double *p) {
    begin(2, r, u, p);
}

const ll_law ll_law_bnsl2 = { .name = "bnsl2",
                              .form = "a + b X^-c0 prod_i (1 + (X/d_i)^(1/f_i))^(-c_i f_i), i = 1, 2",
                              .source = SOURCE "two breaks",
                              .vars = 1u << LL_VAR_X,
                              .n_params = BN_BREAKS + 2 * BN_OF_BREAK,
                              .params = params,
                              .eval = eval2,
                              .grad = grad2,
                              .start = start2 };

static double eval3(const double *p, const double *x) {
    return value(3, p, x);
}
static void grad3(const double *p, const double *x, double *g) {
    slope(3, p, x, g);
}
static void start3(const ll_law_range *r, const double *u, double *p) {
    begin(3, r, u, p);
}

const ll_law ll_law_bnsl3 = { .name = "bnsl3",
                              .form = "a + b X^-c0 prod_i (1 + (X/d_i)^(1/f_i))^(-c_i f_i), i = 1, 2, 3",
                              .source = SOURCE "three breaks",
                              .vars = 1u << LL_VAR_X,
                              .n_params = BN_BREAKS + 3 * BN_OF_BREAK,
                              .params = params,
                              .eval = eval3,
                              .grad = grad3,
                              .start = start3 };
