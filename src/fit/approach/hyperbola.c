#include "fit/approach/hyperbola.h"

#include <math.h>

#define REACH 6.907755278982137 /* ln 1000 */
static const double SAME = 0.01;

static bool counts(const ll_hyperbola_points *p, int64_t i) {
    return isfinite(p->ln_s[i]) && isfinite(p->ln_b[i]) && (!p->weight || p->weight[i] > 0);
}

static double weight_of(const ll_hyperbola_points *p, int64_t i) {
    return p->weight ? p->weight[i] : 1;
}

/* Points, different batches and the ends of their range. */
static void survey(ll_hyperbola *h, const ll_hyperbola_points *p, double *lo, double *hi) {
    *lo = INFINITY;
    *hi = -INFINITY;
    for (int64_t i = 0; i < p->n; i++) {
        bool seen = false;
        if (!counts(p, i)) continue;
        for (int64_t j = 0; j < i && !seen; j++) seen = counts(p, j) && fabs(p->ln_b[i] - p->ln_b[j]) < SAME;
        h->batches += !seen;
        h->n++;
        *lo = fmin(*lo, p->ln_b[i]);
        *hi = fmax(*hi, p->ln_b[i]);
    }
}

/* ln (1 + B_crit / B), and its derivative in ln B_crit. */
static double shape(double ln_b_crit, double ln_b) {
    const double d = ln_b_crit - ln_b;
    return d > 0 ? d + log1p(exp(-d)) : log1p(exp(d));
}

static double slope(double ln_b_crit, double ln_b) {
    return 1 / (1 + exp(ln_b - ln_b_crit));
}

/* Into h the best ln S_min at this B_crit; the sum of squares there, and the Gauss-Newton step in ln B_crit. */
static double at(const ll_hyperbola_points *p, double q, ll_hyperbola *h, double *step) {
    double W = 0, mean = 0, mean_g = 0, sum = 0, rg = 0, gg = 0;
    for (int64_t i = 0; i < p->n; i++) {
        if (!counts(p, i)) continue;
        W += weight_of(p, i);
        mean += weight_of(p, i) * (p->ln_s[i] - shape(q, p->ln_b[i]));
        mean_g += weight_of(p, i) * slope(q, p->ln_b[i]);
    }
    mean /= W;
    mean_g /= W;
    for (int64_t i = 0; i < p->n; i++) {
        if (!counts(p, i)) continue;
        const double r = p->ln_s[i] - shape(q, p->ln_b[i]) - mean, g = slope(q, p->ln_b[i]) - mean_g;
        sum += weight_of(p, i) * r * r;
        rg += weight_of(p, i) * r * g;
        gg += weight_of(p, i) * g * g;
    }
    h->ln_s_min = mean;
    h->ln_b_crit = q;
    h->rms = sqrt(sum / W);
    h->mean_slope = mean_g;
    h->spread = gg;
    *step = gg > 0 ? rg / gg : 0;
    return sum;
}

/* S = S_min + E_min / B is linear: least squares of S relative to itself. NaN where it is no hyperbola. */
static double linear_start(const ll_hyperbola_points *p) {
    double aa = 0, ab = 0, bb = 0, a = 0, b = 0;
    for (int64_t i = 0; i < p->n; i++) {
        if (!counts(p, i)) continue;
        const double w = weight_of(p, i), u = exp(-p->ln_s[i]), v = exp(-p->ln_s[i] - p->ln_b[i]);
        aa += w * u * u, ab += w * u * v, bb += w * v * v, a += w * u, b += w * v;
    }
    const double s_min = a * bb - b * ab, e_min = b * aa - a * ab; /* over one positive determinant */
    return s_min > 0 && e_min > 0 ? log(e_min / s_min) : NAN;
}

/* Where the straight solution is none, the best of a grid. */
static double grid_start(const ll_hyperbola_points *p, double lo, double hi) {
    enum { POINTS = 60 };
    double best = INFINITY, where = lo, step;
    ll_hyperbola h;
    for (int k = 0; k <= POINTS; k++) {
        const double q = lo + (hi - lo) * k / POINTS, sum = at(p, q, &h, &step);
        if (sum < best) best = sum, where = q;
    }
    return where;
}

/* Gauss-Newton from ln B_crit = q, each step halved until it leads down. */
static void polish(ll_hyperbola *h, const ll_hyperbola_points *p, double q) {
    enum { STEPS = 100, HALVES = 30 };
    double step, sum = at(p, q, h, &step);
    for (int k = 0; k < STEPS && fabs(step) > 1e-13; k++) {
        double taken = fmax(-1, fmin(1, step)), next = INFINITY, next_step = 0;
        ll_hyperbola there = *h;
        for (int half = 0; half < HALVES && !(next < sum); half++, taken /= 2)
            next = at(p, h->ln_b_crit + taken, &there, &next_step);
        if (!(next < sum)) return;
        *h = there, sum = next, step = next_step;
    }
}

bool ll_hyperbola_fit(ll_hyperbola *h, const ll_hyperbola_points *p) {
    double lo, hi;
    *h = (ll_hyperbola) { .ln_s_min = NAN, .ln_b_crit = NAN, .rms = NAN };
    survey(h, p, &lo, &hi);
    if (h->batches < 3) return false;
    ll_hyperbola best = *h;
    const double q = linear_start(p);
    polish(&best, p, q > lo - REACH && q < hi + REACH ? q : grid_start(p, lo - REACH, hi + REACH));
    if (!(best.ln_b_crit > lo - REACH && best.ln_b_crit < hi + REACH)) return false;
    *h = best;
    h->edge = h->ln_b_crit < lo || h->ln_b_crit > hi;
    return true;
}

double ll_hyperbola_leverage(const ll_hyperbola *h, double ln_b) {
    const double g = slope(h->ln_b_crit, ln_b) - h->mean_slope;
    return 1 / (double)h->n + g * g / h->spread;
}

double ll_hyperbola_ln_steps(const ll_hyperbola *h, double ln_b) {
    return h->ln_s_min + shape(h->ln_b_crit, ln_b);
}
