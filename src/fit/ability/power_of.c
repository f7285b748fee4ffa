#include "fit/ability/power_of.h"

#include <math.h>
#include <stdlib.h>

#include "base/system/threads.h"
#include "fit/ability/redraw.h"
#include "fit/draws/interval.h"

typedef struct power_rows {
    const double *u, *y; /* [n] */
    int64_t n;
    const ll_redraw *redraw;
    double *L, *left; /* [draws] */
} power_rows;

static double rss(const power_rows *r, const double *w, double L) {
    double sum = 0;
    for (int64_t i = 0; i < r->n; i++) {
        const double off = r->y[i] - exp(L * r->u[i]);
        sum += (w ? w[i] : 1) * off * off;
    }
    return sum;
}

static double variance(const power_rows *r, const double *w) {
    double total = 0, mean = 0, sum = 0;
    for (int64_t i = 0; i < r->n; i++) total += w ? w[i] : 1, mean += (w ? w[i] : 1) * r->y[i];
    mean /= total;
    for (int64_t i = 0; i < r->n; i++) sum += (w ? w[i] : 1) * (r->y[i] - mean) * (r->y[i] - mean);
    return sum;
}

/* The best of a grid in ln L, then by golden section between its neighbours. */
static double best_power(const power_rows *r, const double *w) {
    enum { POINTS = 61, CUTS = 40 };
    static const double golden = 0.6180339887498949, lo = -6.9, hi = 6.9; /* L from 0.001 to 1000 */
    const double step = (hi - lo) / (POINTS - 1);
    double best = INFINITY, at = 0;
    for (int k = 0; k < POINTS; k++) {
        const double left = rss(r, w, exp(lo + k * step));
        if (left < best) best = left, at = lo + k * step;
    }
    double a = at - step, b = at + step;
    for (int k = 0; k < CUTS; k++) {
        const double c = b - golden * (b - a), d = a + golden * (b - a);
        if (rss(r, w, exp(c)) < rss(r, w, exp(d))) b = d;
        else a = c;
    }
    return exp((a + b) / 2);
}

static double left_of(const power_rows *r, const double *w, double L) {
    return rss(r, w, L) / variance(r, w);
}

static void draw(void *ctx, int64_t i, int worker) {
    const power_rows *r = ctx;
    const double *w = ll_redraw_weights(r->redraw, i, worker, NULL);
    r->L[i] = best_power(r, w);
    r->left[i] = left_of(r, w, r->L[i]);
}

/* NaN: the row says nothing of p. */
static double log_probability(double v, double lo, double hi) {
    if (hi <= 0) return v;
    if (lo >= 0 && hi <= 1) return v > 0 ? log(v) : NAN;
    return lo >= 0 ? -v : NAN;
}

/* Of the draws that have a value: one whose scores are all equal has no variance to leave. */
static ll_estimate estimate(double value, double *v, int64_t draws, const ll_redraw *redraw, double level) {
    int64_t n = 0;
    for (int64_t i = 0; i < draws; i++)
        if (isfinite(v[i])) v[n++] = v[i];
    return ll_interval(value, v, n, level, redraw->n_groups, redraw->n_groups - 1);
}

static ll_status find(ll_power_of *out, power_rows *r, const int64_t *cluster, const ll_fit_opts *o,
                      ll_error *err) {
    ll_redraw redraw;
    const int64_t draws = o->n_boot > 0 ? o->n_boot : 0;
    LL_TRY(ll_redraw_new(&redraw, r->n, cluster, 3, o, err));
    r->redraw = &redraw;
    out->clustered = redraw.group != NULL;
    r->L = malloc((size_t)(2 * draws + 1) * sizeof *r->L);
    ll_status s = r->L ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)draws);
    if (s == LL_OK) {
        r->left = r->L + draws;
        const double L = best_power(r, NULL), left = left_of(r, NULL, L);
        ll_threads_for(draws, o->threads, draw, r);
        out->L = estimate(L, r->L, draws, &redraw, o->level);
        out->left = estimate(left, r->left, draws, &redraw, o->level);
        out->follows = left <= LL_POWER_OF_LEFT;
    }
    free(r->L);
    ll_redraw_free(&redraw);
    return s;
}

ll_status ll_power_of_find(ll_power_of *out, const double *smooth, const double *sharp, const int64_t *cluster,
                           int64_t n, const ll_fit_opts *opts, ll_error *err) {
    ll_fit_opts o;
    double lo = INFINITY, hi = -INFINITY;
    *out = (ll_power_of) { 0 };
    LL_TRY(ll_fit_opts_resolve(opts, &o, err));
    for (int64_t i = 0; i < n; i++) lo = fmin(lo, smooth[i]), hi = fmax(hi, smooth[i]);
    double *u = malloc((size_t)(2 * n + 1) * sizeof *u), *y = u + n;
    int64_t *group = malloc((size_t)(n + 1) * sizeof *group);
    bool differ = false;
    for (int64_t i = 0; u && group && i < n; i++) {
        u[out->n] = log_probability(smooth[i], lo, hi);
        if (isnan(u[out->n])) continue;
        y[out->n] = sharp[i];
        group[out->n] = cluster ? cluster[i] : i;
        differ = differ || u[out->n] != u[0];
        out->n++;
    }
    power_rows r = { .u = u, .y = y, .n = out->n };
    ll_status s = !u || !group ? LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)n)
                  : out->n < 4 || !differ
                      ? LL_FAIL(err, LL_EINPUT, "%lld rows say how probable a token is, expected four that differ",
                                (long long)out->n)
                      : find(out, &r, cluster ? group : NULL, &o, err);
    free(u);
    free(group);
    return s;
}
