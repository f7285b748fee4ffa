#include "fit/ability/climb.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stat/quantile.h"

enum { MIDDLES = 48, WIDTHS = 16 };

static const char *const names[LL_SHAPE_COUNT] = { "logistic", "gompertz", "gompertz mirrored", "ramp" };

const char *ll_climb_shape_name(ll_climb_shape shape) {
    return names[shape];
}

/* exp(-exp(-z)) through 0.1 at u = 0 and 0.9 at u = 1. */
static double gompertz(double u) {
    static const double at10 = 0.8340324452479558, span = 3.0843997725604012, most = 700;
    return exp(-exp(fmin(at10 - span * u, most)));
}

double ll_climb_shape_at(ll_climb_shape shape, double u) {
    static const double ln9 = 2.1972245773362196;
    switch (shape) {
    case LL_LOGISTIC: return 1 / (1 + exp(ln9 * (1 - 2 * u)));
    case LL_GOMPERTZ: return gompertz(u);
    case LL_GOMPERTZ_MIRRORED: return 1 - gompertz(1 - u);
    default: return fmin(fmax(0.1 + 0.8 * u, 0), 1);
    }
}

static double at(ll_climb_shape shape, double t10, double t90, double t) {
    if (t90 > t10) return ll_climb_shape_at(shape, (t - t10) / (t90 - t10));
    return t >= t10;
}

double ll_climb_at(const ll_climb *c, double t) {
    return c->before + (c->after - c->before) * at(c->shape, c->t10, c->t90, t);
}

/* ---- places ---- */

/* Distinct values of t, sorted, cut into LL_PLACES_MOST groups at most. */
ll_status ll_placing_new(ll_placing *p, const double *t, int64_t n, ll_error *err) {
    double *sorted = malloc((size_t)(n + 1) * sizeof *sorted);
    *p = (ll_placing) { .n = n, .of = malloc((size_t)(n + 1) * sizeof *p->of) };
    if (!sorted || !p->of) {
        free(sorted);
        ll_placing_free(p);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)n);
    }
    memcpy(sorted, t, (size_t)n * sizeof *sorted);
    ll_sort(sorted, n);
    int64_t distinct = 0;
    for (int64_t i = 0; i < n; i++)
        if (i == 0 || sorted[i] - sorted[distinct - 1] > 1e-9 * (1 + fabs(sorted[i])))
            sorted[distinct++] = sorted[i];
    const int64_t together = (distinct + LL_PLACES_MOST - 1) / LL_PLACES_MOST;
    for (int64_t i = 0; i < n; i++) {
        int64_t lo = 0, hi = distinct - 1;
        while (lo < hi) {
            const int64_t mid = (lo + hi + 1) / 2;
            if (sorted[mid] <= t[i]) lo = mid;
            else hi = mid - 1;
        }
        p->of[i] = (int)(lo / together);
        if (p->of[i] >= p->m) p->m = p->of[i] + 1;
    }
    free(sorted);
    return LL_OK;
}

void ll_placing_free(ll_placing *p) {
    free(p->of);
    *p = (ll_placing) { 0 };
}

void ll_places_fill(ll_places *out, const ll_placing *p, const double *t, const double *y, const double *weight) {
    const int m = out->m = p->m;
    for (int k = 0; k < m; k++) out->w[k] = out->t[k] = out->y[k] = 0;
    double plain[LL_PLACES_MOST] = { 0 };
    for (int64_t i = 0; i < p->n; i++) {
        const double w = weight ? weight[i] : 1;
        const int k = p->of[i];
        out->w[k] += w, out->y[k] += w * y[i], out->t[k] += t[i], plain[k]++;
    }
    for (int k = 0; k < m; k++) {
        out->t[k] /= plain[k];
        if (out->w[k] > 0) out->y[k] /= out->w[k];
    }
    out->within = 0;
    for (int64_t i = 0; i < p->n; i++) {
        const double off = y[i] - out->y[p->of[i]];
        out->within += (weight ? weight[i] : 1) * off * off;
    }
}

bool ll_score_ends(const double *y, int64_t n, double ends[2]) {
    double lo = INFINITY, hi = -INFINITY;
    for (int64_t i = 0; i < n; i++) lo = fmin(lo, y[i]), hi = fmax(hi, y[i]);
    const bool share = lo >= 0 && hi <= 1;
    ends[0] = lo - (hi - lo), ends[1] = hi + (hi - lo);
    if (share) ends[0] = 0, ends[1] = 1;
    else if (hi <= 0) ends[1] = fmin(ends[1], 0);
    else if (lo >= 0) ends[0] = fmax(ends[0], 0);
    return share;
}

double ll_score_variance(bool share, double mean) {
    static const double left = 0.02;
    const double p = fmin(fmax(mean, 0), 1);
    return share ? p * (1 - p) + left : 1;
}

/* ---- least squares of the two ends ---- */

/* Of a curve e0 (1 - g) + e1 g: what the rows say, and what is left at e0, e1. */
typedef struct ends_fit {
    double total, sum, square; /* of w, w g, w g g */
    double wy, wgy, wyy;       /* of w y, w g y, w y y */
    double lo, hi;
} ends_fit;

static double left_at(const ends_fit *s, double p, double q) { /* y = p + q g */
    return s->wyy - 2 * (p * s->wy + q * s->wgy) + p * p * s->total + 2 * p * q * s->sum + q * q * s->square;
}

static void better(const ends_fit *s, double p, double q, ll_climb *c, double *best) {
    const double rss = left_at(s, p, q);
    if (!(rss < *best)) return;
    *best = rss;
    c->before = p, c->after = p + q;
}

static double clamp(double v, double lo, double hi) {
    return fmin(fmax(v, lo), hi);
}

/* The minimum lies inside, or on one of the four edges. */
static double solve_ends(const ends_fit *s, ll_climb *c) {
    const double det = s->total * s->square - s->sum * s->sum;
    double best = INFINITY;
    if (det > 1e-12 * s->total * s->total) {
        const double p = (s->square * s->wy - s->sum * s->wgy) / det,
                     q = (s->total * s->wgy - s->sum * s->wy) / det;
        const double after = p + q;
        if (p >= s->lo && p <= s->hi && after >= s->lo && after <= s->hi) {
            better(s, p, q, c, &best);
            return best;
        }
    }
    const double rest = s->total - 2 * s->sum + s->square, cross = s->sum - s->square; /* of w (1-g)^2, w g (1-g) */
    const double edges[2] = { s->lo, s->hi };
    for (int k = 0; k < 2; k++) {
        const double e = edges[k];
        const double after = s->square > 0 ? clamp((s->wgy - e * cross) / s->square, s->lo, s->hi) : e;
        better(s, e, after - e, c, &best);
        const double before = rest > 0 ? clamp((s->wy - s->wgy - e * cross) / rest, s->lo, s->hi) : e;
        better(s, before, e - before, c, &best);
    }
    return best;
}

/* y about its mean, so that little is lost to rounding. */
static double centre(const ll_places *p, const double *y, ends_fit *s) {
    double total = 0, wy = 0;
    *s = (ends_fit) { 0 };
    for (int k = 0; k < p->m; k++) total += p->w[k], wy += p->w[k] * y[k];
    const double mean = wy / total;
    for (int k = 0; k < p->m; k++) s->wyy += p->w[k] * (y[k] - mean) * (y[k] - mean);
    s->total = total;
    s->lo = p->ends[0] - mean;
    s->hi = p->ends[1] - mean;
    return mean;
}

/* ---- the grid ---- */

static double middle_of(const ll_climb_range *r, int k) {
    return r->middle[0] + (r->middle[1] - r->middle[0]) * k / (MIDDLES - 1);
}

/* The first is a jump where the range begins at 0; the others rise evenly in their logarithm. */
static double width_of(const ll_climb_range *r, int k) {
    const double least = r->width[0] > 0 ? r->width[0] : r->width[1] / 64;
    if (r->width[0] <= 0 && k == 0) return 0;
    return least * pow(r->width[1] / least, (double)k / (WIDTHS - 1));
}

static ll_climb grid_point(const ll_climb_range *r, ll_climb_shape shape, int i, int j) {
    const double middle = middle_of(r, i), width = width_of(r, j);
    return (ll_climb) { .shape = shape, .t10 = middle - width / 2, .t90 = middle + width / 2 };
}

static double fit_one(const ll_places *p, double mean, ends_fit s, ll_climb *c) {
    for (int k = 0; k < p->m; k++) {
        const double g = at(c->shape, c->t10, c->t90, p->t[k]), wg = p->w[k] * g;
        s.sum += wg, s.square += wg * g, s.wgy += wg * (p->y[k] - mean);
    }
    return c->rss = solve_ends(&s, c);
}

/* Down a pattern of steps in the middle and the logarithm of the width, halved where none helps. */
static void descend(ll_climb *best, const ll_places *p, const ll_climb_range *r, double mean, const ends_fit *s) {
    enum { HALVINGS = 14 };
    double step = (r->middle[1] - r->middle[0]) / (MIDDLES - 1), factor = 1.5;
    const double least = r->width[0] > 0 ? r->width[0] : r->width[1] * 1e-3;
    for (int h = 0; h < HALVINGS;) {
        bool moved = false;
        for (int k = 0; k < 4; k++) {
            const double middle = (best->t10 + best->t90) / 2 + (k < 2 ? (k ? step : -step) : 0);
            const double old = best->t90 - best->t10, some = fmax(old, least);
            const double width = clamp(k < 2    ? old
                                       : k == 2 ? some * factor
                                                : some / factor,
                                       r->width[0], r->width[1]);
            ll_climb c = { .shape = best->shape, .t10 = middle - width / 2, .t90 = middle + width / 2 };
            if (middle < r->middle[0] || middle > r->middle[1]) continue;
            if (fit_one(p, mean, *s, &c) < best->rss * (1 - 1e-12)) *best = c, moved = true;
        }
        if (moved) continue;
        step /= 2, factor = sqrt(factor), h++;
    }
}

ll_status ll_climb_grid_new(ll_climb_grid *g, const ll_places *p, const ll_climb_range *r, ll_error *err) {
    int shapes = 0;
    for (int k = 0; k < LL_SHAPE_COUNT; k++) shapes += r->shapes >> k & 1;
    const int64_t n = (int64_t)shapes * MIDDLES * WIDTHS;
    *g = (ll_climb_grid) { .range = *r, .m = p->m, .at = malloc((size_t)n * sizeof *g->at) };
    g->block = calloc((size_t)n * (size_t)(2 * p->m + 2), sizeof *g->block);
    if (!g->at || !g->block) {
        ll_climb_grid_free(g);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for a grid of %lld shapes", (long long)n);
    }
    g->value = g->block, g->weighed = g->value + n * p->m, g->sum = g->weighed + n * p->m, g->square = g->sum + n;
    for (int shape = 0; shape < LL_SHAPE_COUNT; shape++)
        for (int i = 0; i < MIDDLES * WIDTHS && (r->shapes >> shape & 1); i++) {
            const ll_climb c = g->at[g->n] = grid_point(r, (ll_climb_shape)shape, i / WIDTHS, i % WIDTHS);
            for (int k = 0; k < p->m; k++) {
                const double v = at(c.shape, c.t10, c.t90, p->t[k]), wv = p->w[k] * v;
                g->value[g->n * p->m + k] = v, g->weighed[g->n * p->m + k] = wv;
                g->sum[g->n] += wv, g->square[g->n] += wv * v;
            }
            g->n++;
        }
    return LL_OK;
}

void ll_climb_grid_free(ll_climb_grid *g) {
    free(g->at);
    free(g->block);
    *g = (ll_climb_grid) { 0 };
}

/* The curve's ends and what it leaves, of scores about their mean. */
static void finish(ll_climb *out, double mean, double within) {
    out->before += mean, out->after += mean;
    out->rss = fmax(out->rss, 0) + within;
}

void ll_climb_fit(ll_climb *out, const ll_climb_grid *g, const ll_places *p) {
    double wy[LL_PLACES_MOST];
    ll_climb best[LL_SHAPE_COUNT];
    ends_fit s;
    const double mean = centre(p, p->y, &s);
    for (int k = 0; k < p->m; k++) wy[k] = p->w[k] * (p->y[k] - mean);
    for (int k = 0; k < LL_SHAPE_COUNT; k++) best[k].rss = INFINITY;
    for (int64_t i = 0; i < g->n; i++) {
        const double *v = g->value + i * g->m;
        ll_climb c = g->at[i];
        ends_fit here = s;
        for (int k = 0; k < g->m; k++)
            here.sum += p->w[k] * v[k], here.square += p->w[k] * v[k] * v[k], here.wgy += wy[k] * v[k];
        if ((c.rss = solve_ends(&here, &c)) < best[c.shape].rss) best[c.shape] = c;
    }
    *out = (ll_climb) { .rss = INFINITY };
    for (int k = 0; k < LL_SHAPE_COUNT; k++) {
        if (!isfinite(best[k].rss)) continue;
        descend(&best[k], p, &g->range, mean, &s);
        if (best[k].rss < out->rss) *out = best[k];
    }
    finish(out, mean, p->within);
}

/* Four sums at once: a sum waits for the one before it. */
static double dot(const double *a, const double *b, int n) {
    double s[4] = { 0 };
    int k = 0;
    for (; k + 4 <= n; k += 4)
        for (int j = 0; j < 4; j++) s[j] += a[k + j] * b[k + j];
    for (; k < n; k++) s[0] += a[k] * b[k];
    return s[0] + s[1] + s[2] + s[3];
}

void ll_climb_fit_fast(ll_climb *out, const ll_climb_grid *g, const ll_places *p, const double *y, double within) {
    double off[LL_PLACES_MOST];
    ends_fit s;
    const double mean = centre(p, y, &s);
    for (int k = 0; k < p->m; k++) off[k] = y[k] - mean;
    *out = (ll_climb) { .rss = INFINITY };
    for (int64_t i = 0; i < g->n; i++) {
        ll_climb c = g->at[i];
        s.sum = g->sum[i], s.square = g->square[i], s.wgy = dot(g->weighed + i * g->m, off, g->m);
        if ((c.rss = solve_ends(&s, &c)) < out->rss) *out = c;
    }
    finish(out, mean, within);
}
