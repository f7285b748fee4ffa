#include "fit/approach/frontier.h"

#include <math.h>
#include <stddef.h>

static ll_frontier frontier(const double *p) {
    return ll_chinchilla_frontier(p[1], p[2], p[3], p[4]); /* E, A, B, alpha, beta */
}

static double get_a(const double *p, const void *ctx) {
    (void)ctx;
    return frontier(p).a;
}

static double get_b(const double *p, const void *ctx) {
    (void)ctx;
    return frontier(p).b;
}

static double get_G(const double *p, const void *ctx) {
    (void)ctx;
    return frontier(p).G;
}

static double n_opt(const double *p, const void *C) {
    ll_frontier f = frontier(p);
    return f.G * pow(*(const double *)C / 6, f.a);
}

static double d_opt(const double *p, const void *C) {
    ll_frontier f = frontier(p);
    return pow(*(const double *)C / 6, f.b) / f.G;
}

static double l_opt(const double *p, const void *C) {
    const double x[LL_VAR_COUNT] = { [LL_VAR_N] = n_opt(p, C), [LL_VAR_D] = d_opt(p, C) };
    return ll_law_find("chinchilla")->eval(p, x);
}

ll_frontier_estimate ll_fit_frontier(const ll_fit *fit) {
    return (ll_frontier_estimate) { ll_fit_derived(fit, get_a, NULL), ll_fit_derived(fit, get_b, NULL),
                                    ll_fit_derived(fit, get_G, NULL) };
}

ll_estimate ll_fit_n_opt(const ll_fit *fit, double C) {
    return ll_fit_derived(fit, n_opt, &C);
}

ll_estimate ll_fit_d_opt(const ll_fit *fit, double C) {
    return ll_fit_derived(fit, d_opt, &C);
}

ll_estimate ll_fit_l_opt(const ll_fit *fit, double C) {
    return ll_fit_derived(fit, l_opt, &C);
}
