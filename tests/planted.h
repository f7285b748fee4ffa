/* Runs from a known surface E + A/N^alpha + B/D^beta with log-normal noise: 5 sizes of 3 budgets and more. */
#ifndef LL_TESTS_PLANTED_H
#define LL_TESTS_PLANTED_H

#include <math.h>

#include "loglog/fit.h"
#include "loglog/random.h"

enum { PLANTED_MAX = 512 };

typedef struct planted {
    int64_t n;
    double N[PLANTED_MAX], D[PLANTED_MAX], C[PLANTED_MAX], L[PLANTED_MAX];
    ll_fit_data data;
} planted;

static const double planted_truth[5] = { 1.7, 480, 2100, 0.35, 0.37 }; /* E, A, B, alpha, beta */

static inline double planted_loss(double N, double D) {
    const double *p = planted_truth;
    return p[0] + p[1] * pow(N, -p[3]) + p[2] * pow(D, -p[4]);
}

/* budgets from 1e18 by factors of step, each with `sizes` sizes around the optimum. */
static inline void planted_make(planted *t, int budgets, double step, int sizes, double sd, uint64_t seed) {
    ll_rng rng = ll_rng_at(seed, LL_STREAM_NOISE, 0);
    ll_frontier f = ll_chinchilla_frontier(planted_truth[1], planted_truth[2], planted_truth[3], planted_truth[4]);
    t->n = 0;
    double C = 1e18;
    for (int b = 0; b < budgets; b++, C *= step)
        for (int s = 0; s < sizes; s++) {
            int64_t i = t->n++;
            t->C[i] = C;
            t->N[i] = f.G * pow(C / 6, f.a) * pow(1.6, s - (sizes - 1) / 2.0);
            t->D[i] = C / (6 * t->N[i]);
            t->L[i] = planted_loss(t->N[i], t->D[i]) * exp(sd * ll_rng_normal(&rng));
        }
    t->data = (ll_fit_data) { .n = t->n, .x = { t->N, t->D, t->C }, .loss = t->L };
}

#endif
