#include "forecast/belief/departure.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "stat/lanes.h"

LL_WIDE static void correlate_all(const double *length, const double *a, const double *places, int64_t n,
                                  double *out) {
    for (int64_t i = 0; i < n; i += LL_LANES_N) {
        const int64_t here = n - i < LL_LANES_N ? n - i : LL_LANES_N;
        ll_lanes r = { 0 };
        for (int l = 0; l < here; l++) {
            const double *b = places + (i + l) * LL_VAR_COUNT;
            double square = 0;
            for (int v = 0; v < LL_VAR_COUNT; v++) square += length[v] * (a[v] - b[v]) * (a[v] - b[v]);
            r[l] = sqrt(square);
        }
        const ll_lanes alike = (1 + r) * ll_lanes_exp(-r);
        for (int l = 0; l < here; l++) out[i + l] = alike[l];
    }
}

/* 3 over the square of each variable's. */
static void lengths(const ll_prior *prior, double length[LL_VAR_COUNT]) {
    const double scale = log(10) * prior->length;
    for (int v = 0; v < LL_VAR_COUNT; v++) {
        const double along = v == LL_VAR_N ? prior->length_ratio : v == LL_VAR_D ? 1 / prior->length_ratio : 1;
        length[v] = 3 * along / (scale * scale);
    }
}

void ll_departure_correlations(const ll_prior *prior, const double *a, const double *places, int64_t n,
                               double *out) {
    double length[LL_VAR_COUNT];
    lengths(prior, length);
    correlate_all(length, a, places, n, out);
}

/* A place in each lane, its variables that are read in a [n_read]; one knot after the other. */
LL_WIDE static void hear_all(const ll_lanes *a, const int *read, int n_read, const double *length,
                             const ll_knots *knots, double near, double *sum, int64_t *nearest) {
    ll_lanes total = { 0 }, most = ll_lanes_of(near);
    ll_lanes_bits which = ~(ll_lanes_bits) { 0 };
    for (int64_t i = 0; i < knots->n; i++) {
        const double *b = knots->lnx + i * LL_VAR_COUNT;
        ll_lanes square = { 0 };
        for (int k = 0; k < n_read; k++) square += length[read[k]] * (a[k] - b[read[k]]) * (a[k] - b[read[k]]);
        const ll_lanes r = ll_lanes_sqrt(square), alike = (1 + r) * ll_lanes_exp(-r);
        const ll_lanes_bits more = alike > most;
        total += knots->size[i] * alike * knots->weight[i];
        most = ll_lanes_if(more, alike, most);
        which = (more & (i - (ll_lanes_bits) { 0 })) | (~more & which);
    }
    memcpy(sum, &total, sizeof total);
    memcpy(nearest, &which, sizeof which);
}

void ll_departure_hear(const ll_prior *prior, unsigned vars, const double *places, int m, const ll_knots *knots,
                       double near, double *sum, int64_t *nearest) {
    double length[LL_VAR_COUNT];
    lengths(prior, length);
    int read[LL_VAR_COUNT], n_read = 0;
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (vars >> v & 1) read[n_read++] = v;
    for (int from = 0; from < m; from += LL_LANES_N) {
        const int here = m - from < LL_LANES_N ? m - from : LL_LANES_N;
        double some_sum[LL_LANES_N];
        int64_t some_nearest[LL_LANES_N];
        ll_lanes a[LL_VAR_COUNT] = { 0 };
        for (int k = 0; k < n_read; k++)
            for (int l = 0; l < here; l++) a[k][l] = places[(from + l) * LL_VAR_COUNT + read[k]];
        hear_all(a, read, n_read, length, knots, near, some_sum, some_nearest);
        memcpy(sum + from, some_sum, (size_t)here * sizeof *sum);
        memcpy(nearest + from, some_nearest, (size_t)here * sizeof *nearest);
    }
}

double ll_departure_correlation(const ll_prior *prior, const double *a, const double *b) {
    double alike;
    ll_departure_correlations(prior, a, b, 1, &alike);
    return alike;
}

enum { TOGETHER = 64 }; /* places: what a law asks for once is asked for seldom */

/* ln loss of some places moved along N to exp(n), of the same N D. */
static void across(const ll_curve *c, const double *theta, const double *n, const double *both, int some,
                   double *out) {
    double lnx[TOGETHER * LL_VAR_COUNT] = { 0 };
    for (int l = 0; l < some; l++) {
        lnx[l * LL_VAR_COUNT + LL_VAR_N] = n[l];
        lnx[l * LL_VAR_COUNT + LL_VAR_D] = both[l] - n[l];
    }
    ll_curve_rows(c, theta, lnx, some, out, NULL);
}

/* The least ln loss of some N D, from n on by golden section: along N D the law falls and rises once. */
static void least_of_some(const ll_curve *c, const double *theta, const double *n, const double *both, int some,
                          double *out) {
    enum { STEPS = 24, W = TOGETHER };
    static const double GOLD = 0.61803398874989485, FAR = 8;
    double lo[W], hi[W], a[W], b[W], at_a[W], at_b[W], next[W], at[W];
    for (int l = 0; l < some; l++) {
        lo[l] = n[l] - FAR, hi[l] = n[l] + FAR;
        a[l] = hi[l] - GOLD * (hi[l] - lo[l]), b[l] = lo[l] + GOLD * (hi[l] - lo[l]);
    }
    across(c, theta, a, both, some, at_a);
    across(c, theta, b, both, some, at_b);
    for (int k = 0; k < STEPS; k++) {
        bool falls[W];
        for (int l = 0; l < some; l++) {
            falls[l] = !(at_a[l] < at_b[l]);
            if (falls[l]) lo[l] = a[l], a[l] = b[l], at_a[l] = at_b[l];
            else hi[l] = b[l], b[l] = a[l], at_b[l] = at_a[l];
            const double inward = GOLD * (hi[l] - lo[l]);
            next[l] = *(falls[l] ? &b[l] : &a[l]) = falls[l] ? lo[l] + inward : hi[l] - inward;
        }
        across(c, theta, next, both, some, at);
        for (int l = 0; l < some; l++) *(falls[l] ? &at_b[l] : &at_a[l]) = at[l];
    }
    for (int l = 0; l < some; l++) out[l] = fmin(at_a[l], at_b[l]);
}

static bool has_valley(const ll_law *law) {
    return law->vars == (1u << LL_VAR_N | 1u << LL_VAR_D);
}

static double product(const double *lnx) {
    return lnx[LL_VAR_N] + lnx[LL_VAR_D];
}

void ll_departure_excess(const ll_curve *c, const double *theta, const double *lnx, int64_t n, double *out) {
    memset(out, 0, (size_t)n * sizeof *out);
    for (int64_t from = 0; has_valley(c->law) && from < n; from += TOGETHER) {
        const int some = n - from < TOGETHER ? (int)(n - from) : TOGETHER;
        double N[TOGETHER], both[TOGETHER], here[TOGETHER], least[TOGETHER];
        for (int l = 0; l < some; l++) {
            N[l] = lnx[(from + l) * LL_VAR_COUNT + LL_VAR_N];
            both[l] = product(lnx + (from + l) * LL_VAR_COUNT);
        }
        across(c, theta, N, both, some, here);
        least_of_some(c, theta, N, both, some, least);
        for (int l = 0; l < some; l++) out[from + l] = fmax(0, here[l] - least[l]);
    }
}

void ll_bottoms_look(ll_bottoms *v, const ll_curve *c, const double *theta, double from, double to, double lean) {
    double N[LL_BOTTOMS_POINTS], both[LL_BOTTOMS_POINTS];
    *v = (ll_bottoms) {
        .curve = c, .theta = theta, .from = from, .step = fmax(to - from, 1) / (LL_BOTTOMS_POINTS - 1)
    };
    for (int k = 0; k < LL_BOTTOMS_POINTS; k++) both[k] = from + k * v->step, N[k] = (both[k] + lean) / 2;
    for (int k = 0; has_valley(c->law) && k < LL_BOTTOMS_POINTS; k += TOGETHER)
        least_of_some(c, theta, N + k, both + k, TOGETHER, v->least + k);
}

void ll_bottoms_excess(const ll_bottoms *v, const double *lnx, int64_t n, double *out) {
    memset(out, 0, (size_t)n * sizeof *out);
    if (!has_valley(v->curve->law)) return;
    ll_curve_rows(v->curve, v->theta, lnx, n, out, NULL);
    for (int64_t i = 0; i < n; i++) {
        const double at = (product(lnx + i * LL_VAR_COUNT) - v->from) / v->step;
        const int k = at < LL_BOTTOMS_POINTS - 2 ? (int)at : LL_BOTTOMS_POINTS - 2;
        out[i] = fmax(0, out[i] - (v->least[k] + (at - k) * (v->least[k + 1] - v->least[k])));
    }
}

ll_growth ll_departure_growth(const ll_prior *prior, double excess) {
    return (ll_growth) { 1 + prior->excess_growth * excess, 1 + prior->excess_noise * excess };
}
