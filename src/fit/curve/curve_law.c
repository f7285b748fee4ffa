#include "fit/curve/curve_law.h"

#include <math.h>
#include <string.h>

enum { L0 = LL_CURVE_L0, A = LL_CURVE_A, ALPHA = LL_CURVE_ALPHA, B = LL_CURVE_FALL };
enum { C = 4, BETA, GAMMA, MP_PARAMS };
enum { SIZE = MP_PARAMS, SIZE_ALPHA, R, Q, S_W, MPN_PARAMS }; /* of multi_power_n, behind those of multi_power */
enum { LAMBDA = 4, AN_PARAMS };

/* L0 + A S1^-alpha, and its gradient; the rest of a row of J is zero. */
static void trunk(const ll_rates *r, const bool *want, const double *p, int n_params, double *L, double *J) {
    for (int64_t i = 0; i < r->n; i++) {
        if (want && !want[i]) continue;
        const double power = pow(r->sum[i], -p[ALPHA]);
        L[i] = p[L0] + p[A] * power;
        if (!J) continue;
        double *g = J + i * n_params;
        memset(g, 0, (size_t)n_params * sizeof *g);
        g[L0] = 1;
        g[A] = power;
        g[ALPHA] = -p[A] * power * log(r->sum[i]);
    }
}

/* ---- multi_power ---- */

static const ll_law_param mp_params[] = {
    { "L0", "loss", 1e-3, 20, false }, { "A", "loss", 1e-6, 1e6, true },
    { "alpha", "", 0.01, 3, false },   { "B", "loss / rate", 1e-3, 1e9, true },
    { "C", "", 1e-4, 1e4, true },      { "beta", "", 0.01, 10, true },
    { "gamma", "", 0, 2, false },
};

/* One fall at one row. */
static void mp_fall(const double *p, double drop, double ln_rate, double x, double *L, double *g) {
    const double u = p[C] * x, ln = log1p(u), left = exp(-p[BETA] * ln);
    *L -= p[B] * drop * (1 - left);
    if (!g) return;
    const double slope = p[BETA] * left / (1 + u); /* of G on u */
    g[B] -= drop * (1 - left);
    g[C] -= p[B] * drop * slope * x;
    g[BETA] -= p[B] * drop * left * ln;
    g[GAMMA] += p[B] * drop * slope * u * ln_rate;
}

/* Takes the changes of the rate off, from the one numbered so on. A row of J has n_params numbers, those of multi_power
 * first. */
static void falls(const ll_rates *r, int64_t from, const bool *want, const double *p, int n_params, double *L,
                  double *J) {
    int64_t first = 0;
    for (int64_t k = from; k < r->n_drops; k++) {
        const double scale = exp(-p[GAMMA] * r->ln_rate[k]);
        while (first < r->n && r->n_before[first] <= k) first++;
        for (int64_t i = first; i < r->n; i++) {
            const double S = r->sum[i] - r->drop_sum[k];
            if (S > 0 && (!want || want[i]))
                mp_fall(p, r->drop[k], r->ln_rate[k], scale * S, &L[i], J ? J + i * n_params : NULL);
        }
    }
}

static void mp_curve(const ll_rates *r, double N, const bool *want, const double *p, double *L, double *J) {
    (void)N;
    trunk(r, want, p, MP_PARAMS, L, J);
    falls(r, 0, want, p, MP_PARAMS, L, J);
}

static const double alphas[] = { 0.25, 0.5, 0.8, 0 }, sizes[] = { 0.25, 0.4, 0 }, Cs[] = { 0.5, 3, 15, 0 },
                    betas[] = { 0.3, 0.6, 1.2, 0 }, joins[] = { 0.5, 1, 0 }, lags[] = { 0.01, 0.1, 0 },
                    ahead[] = { 10, 300, 0 };

const ll_curve_law ll_curve_multi_power = {
    .law = { .name = "multi_power",
             .form = LL_MULTI_POWER_FORM,
             .source = LL_MULTI_POWER_SOURCE,
             .n_params = MP_PARAMS,
             .params = mp_params },
    .grid = { [ALPHA] = alphas, [C] = Cs, [BETA] = betas },
    .n_linear = 3,
    .linear = { L0, A, B },
    /* A few curves hardly tell C, beta and gamma apart: about the published fits, within a factor of 3, of 1.6, 0.2. */
    .prior = { [C] = { 2, 1 }, [BETA] = { 0.6, 0.5 }, [GAMMA] = { 0.5, 0.2 } },
    .curve = mp_curve,
};

/* ---- multi_power_n ---- */

static const ll_law_param mpn_params[] = {
    { "E", "loss", 1e-3, 20, false }, { "B", "loss", 1e-6, 1e6, true }, { "beta", "", 0.01, 3, false },
    { "F", "loss", 1e-6, 1e9, true }, { "C", "", 1e-6, 1e4, true },     { "zeta", "", 0.01, 10, true },
    { "gamma", "", 0, 2, false },     { "A", "loss", 1e-6, 1e6, true }, { "alpha", "", 0.01, 3, false },
    { "r", "", -2, 2, false },        { "q", "", 0.05, 3, true },       { "S_W", "steps", 1, 1e9, true },
};

/* The term of size u and that of data v joined: 2 [(u^(1/q) + v^(1/q)) / 2]^q, and its slopes along ln u, ln v and q. */
typedef struct joint {
    double value, by_ln_u, by_ln_v, by_q;
} joint;

static joint join(double ln_u, double ln_v, double q) {
    const double most = fmax(ln_u, ln_v), pu = (ln_u - most) / q, pv = (ln_v - most) / q;
    const double u = exp(pu), v = exp(pv), sum = u + v, ln = log(sum / 2), value = 2 * exp(most + q * ln);
    return (joint) { value, value * u / sum, value * v / sum, value * (ln - (u * pu + v * pv) / sum) };
}

/* E and the joined terms, and their gradient; the rest of a row of J is zero. */
static void joint_trunk(const ll_rates *r, double N, const bool *want, const double *p, double *L, double *J) {
    const double ln_N = log(N), ln_u = log(p[SIZE]) - p[SIZE_ALPHA] * ln_N;
    for (int64_t i = 0; i < r->n; i++) {
        if (want && !want[i]) continue;
        const double S = r->sum[i] + p[S_W], ln_S = log(S);
        const joint t = join(ln_u, log(p[A]) - p[ALPHA] * ln_S, p[Q]);
        L[i] = p[L0] + t.value;
        if (!J) continue;
        double *g = J + i * MPN_PARAMS;
        memset(g, 0, MPN_PARAMS * sizeof *g);
        g[L0] = 1;
        g[A] = t.by_ln_v / p[A];
        g[ALPHA] = -t.by_ln_v * ln_S;
        g[SIZE] = t.by_ln_u / p[SIZE];
        g[SIZE_ALPHA] = -t.by_ln_u * ln_N;
        g[Q] = t.by_q;
        g[S_W] = -t.by_ln_v * p[ALPHA] / S;
    }
}

static void mpn_curve(const ll_rates *r, double N, const bool *want, const double *p, double *L, double *J) {
    double own[MP_PARAMS];
    const double by_size = pow(N, p[R]), ln_N = log(N);
    memcpy(own, p, sizeof own);
    own[B] *= by_size;
    joint_trunk(r, N, want, p, L, J);
    falls(r, r->n_rises, want, own, MPN_PARAMS, L, J);
    for (int64_t i = 0; J && i < r->n; i++) {
        double *g = J + i * MPN_PARAMS;
        if (want && !want[i]) continue;
        g[B] *= by_size;
        g[R] = p[B] * g[B] * ln_N;
    }
}

const ll_curve_law ll_curve_multi_power_n = {
    .law = { .name = "multi_power_n",
             .form = LL_MULTI_POWER_N_FORM,
             .source = LL_MULTI_POWER_N_SOURCE,
             .n_params = MPN_PARAMS,
             .params = mpn_params },
    .grid = { [ALPHA] = alphas, [SIZE_ALPHA] = sizes, [C] = lags, [Q] = joins, [S_W] = ahead },
    /* As multi_power, C at a peak of 3e-4 and gamma of .5, 2 (3e-4)^(1 - .5); the exponent of N is that of published
     * fits, what a fall gains hardly depends on N, and q is as in a forecast (forecast/belief/curve.h). */
    .prior = { [C] = { 0.035, 1.5 },
               [BETA] = { 0.6, 0.5 },
               [GAMMA] = { 0.5, 0.2 },
               [SIZE_ALPHA] = { 0.34, 0.1 },
               [R] = { 0, 0.2 },
               [Q] = { 1, 0.5 },
               [S_W] = { 100, 2 } },
    .n_linear = 4,
    .linear = { L0, A, B, SIZE },
    .of_sizes = true,
    .curve = mpn_curve,
};

/* ---- annealing ---- */

static const ll_law_param an_params[] = {
    { "L0", "loss", 1e-3, 20, false },       { "A", "loss", 1e-6, 1e6, true },      { "alpha", "", 0.01, 3, false },
    { "C", "loss / rate", 1e-6, 1e9, true }, { "lambda", "", 0, 0.9999999, false },
};

/* The falls so far, those that have not yet told, and these times the steps since each: carried from row to row. */
static void an_curve(const ll_rates *r, double N, const bool *want, const double *p, double *L, double *J) {
    const double lambda = p[LAMBDA], left = 1 - lambda;
    double fallen = 0, waiting = 0, steps = 0;
    (void)N;
    trunk(r, want, p, AN_PARAMS, L, J);
    for (int64_t i = 0, k = r->n_rises; i < r->n; i++) {
        const double pause = i ? r->step[i] - r->step[i - 1] : 0, fade = pow(lambda, pause);
        steps = fade * (steps + pause * waiting);
        waiting *= fade;
        for (; k < r->n_before[i]; k++) {
            const double since = r->step[i] - r->drop_step[k], part = r->drop[k] * pow(lambda, since);
            fallen += r->drop[k];
            waiting += part;
            steps += since * part;
        }
        if (want && !want[i]) continue;
        const double S2 = (fallen - waiting) / left;
        L[i] -= p[B] * S2;
        if (!J) continue;
        J[i * AN_PARAMS + B] = -S2;
        J[i * AN_PARAMS + LAMBDA] = lambda > 0 ? -p[B] * (S2 - steps / lambda) / left : 0;
    }
}

const ll_curve_law ll_curve_annealing = {
    .law = { .name = "annealing",
             .form = LL_ANNEALING_FORM,
             .source = LL_ANNEALING_SOURCE,
             .n_params = AN_PARAMS,
             .params = an_params },
    .prior = { [LAMBDA] = { 0.999, 0 } },
    .grid = { [ALPHA] = alphas },
    .n_linear = 3,
    .linear = { L0, A, B },
    .curve = an_curve,
};

const ll_curve_law *ll_curve_law_find(const char *name) {
    static const ll_curve_law *const laws[] = { &ll_curve_multi_power, &ll_curve_multi_power_n,
                                                &ll_curve_annealing };
    for (int i = 0; i < 3; i++)
        if (strcmp(laws[i]->law.name, name) == 0) return laws[i];
    return NULL;
}
