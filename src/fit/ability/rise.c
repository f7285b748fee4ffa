#include "fit/ability/rise.h"

#include <math.h>
#include <stdlib.h>

#include "base/system/threads.h"
#include "fit/ability/redraw.h"
#include "fit/draws/interval.h"

enum { FREE = 4 }; /* parameters of a curve */

/* ---- rows ---- */

static ll_status check(const ll_scored *d, ll_error *err) {
    for (int64_t i = 0; i < d->n; i++) {
        if ((!d->plain && !(d->x[i] > 0)) || !isfinite(d->x[i]))
            return LL_FAIL(err, LL_EINPUT, "the scale of row %lld is %g, expected a number above 0",
                           (long long)i + 1, d->x[i]);
        if (!isfinite(d->y[i]))
            return LL_FAIL(err, LL_EINPUT, "the score of row %lld is %g", (long long)i + 1, d->y[i]);
    }
    return LL_OK;
}

/* Are there scales enough for a rise, and is there one? */
static ll_status check_spread(const ll_scored_rows *r, ll_error *err) {
    const ll_scored *d = r->of;
    if (r->which.m < LL_SCORED_LEAST)
        return LL_FAIL(err, LL_EINPUT, "%lld run%s of %d different scale%s, expected at least %d scales",
                       (long long)d->n, d->n == 1 ? "" : "s", r->which.m, r->which.m == 1 ? "" : "s",
                       (int)LL_SCORED_LEAST);
    for (int64_t i = 1; i < d->n; i++)
        if (d->y[i] != d->y[0]) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "all %lld scores are equal: there is no rise", (long long)d->n);
}

/* Rows count by one over the variance that a score has at the mean of its place and of the two beside it. */
static void weigh(ll_scored_rows *r) {
    ll_places p = r->places;
    ll_places_fill(&p, &r->which, r->t, r->of->y, NULL);
    for (int64_t i = 0; i < r->of->n; i++) {
        const int k = r->which.of[i], from = k > 0 ? k - 1 : 0, to = k + 1 < p.m ? k + 1 : k;
        double sum = 0;
        for (int j = from; j <= to; j++) sum += p.y[j] / (to - from + 1);
        r->weight[i] = 1 / ll_score_variance(r->share, sum);
    }
}

ll_status ll_scored_rows_new(ll_scored_rows *r, const ll_scored *d, ll_error *err) {
    LL_TRY(check(d, err));
    *r = (ll_scored_rows) {
        .of = d, .t = malloc((size_t)(2 * d->n + 1) * sizeof *r->t), .lo = INFINITY, .hi = -INFINITY
    };
    if (!r->t) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)d->n);
    r->weight = r->t + d->n;
    for (int64_t i = 0; i < d->n; i++) {
        r->t[i] = (d->falling ? -1 : 1) * (d->plain ? d->x[i] : log(d->x[i]));
        r->lo = fmin(r->lo, r->t[i]), r->hi = fmax(r->hi, r->t[i]);
    }
    ll_status s = ll_placing_new(&r->which, r->t, d->n, err);
    if (s == LL_OK) s = check_spread(r, err);
    if (s != LL_OK) return ll_scored_rows_free(r), s;
    r->share = ll_score_ends(d->y, d->n, r->places.ends);
    weigh(r);
    ll_places_fill(&r->places, &r->which, r->t, d->y, r->weight);
    return LL_OK;
}

void ll_scored_rows_free(ll_scored_rows *r) {
    free(r->t);
    ll_placing_free(&r->which);
    *r = (ll_scored_rows) { 0 };
}

static double scored_x(const ll_scored *d, double t) {
    const double x = d->falling ? -t : t;
    return d->plain ? x : exp(x);
}

/* ---- the rise ---- */

enum { FROM, TO, DECADES, BEFORE, AFTER, QUANTITIES };

typedef struct drawing {
    const ll_scored_rows *rows;
    const ll_redraw *redraw;
    const ll_climb_grid *grid;
    double *v; /* [QUANTITIES][n_draws] */
    int64_t n;
} drawing;

static void put(const ll_climb *c, double v[QUANTITIES]) {
    v[FROM] = c->t10, v[TO] = c->t90, v[DECADES] = (c->t90 - c->t10) / log(10);
    v[BEFORE] = c->before, v[AFTER] = c->after;
}

static void draw(void *ctx, int64_t i, int worker) {
    const drawing *d = ctx;
    const ll_scored_rows *r = d->rows;
    ll_places p = r->places;
    ll_climb c;
    double *weight = ll_redraw_weights(d->redraw, i, worker, r->weight), v[QUANTITIES];
    ll_places_fill(&p, &r->which, r->t, r->of->y, weight);
    ll_climb_fit(&c, d->grid, &p);
    put(&c, v);
    for (int k = 0; k < QUANTITIES; k++) d->v[k * d->n + i] = v[k];
}

static ll_estimate of_scale(const ll_scored *d, ll_estimate t) {
    const double lo = scored_x(d, t.lo), hi = scored_x(d, t.hi), value = scored_x(d, t.value);
    return (ll_estimate) { value, t.se * value, fmin(lo, hi), fmax(lo, hi) };
}

static ll_status draw_all(ll_rise *out, drawing *d, const ll_fit_opts *o, ll_error *err) {
    const ll_scored *of = d->rows->of;
    double value[QUANTITIES];
    ll_estimate e[QUANTITIES];
    d->v = malloc((size_t)(QUANTITIES * d->n + 1) * sizeof *d->v);
    if (!d->v) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)d->n);
    ll_threads_for(d->n, o->threads, draw, d);
    put(&out->curve, value);
    const int64_t groups = d->redraw->n_groups;
    out->clustered = d->redraw->group != NULL;
    for (int k = 0; k < QUANTITIES; k++)
        e[k] = ll_interval(value[k], d->v + k * d->n, d->n, o->level, groups, groups - FREE);
    free(d->v);
    out->from = of_scale(of, e[FROM]), out->to = of_scale(of, e[TO]);
    out->decades = e[DECADES], out->before = e[BEFORE], out->after = e[AFTER];
    return LL_OK;
}

double ll_scored_left(const ll_scored_rows *r, double rss) {
    const ll_places *p = &r->places;
    double sum = 0, total = 0, mean = 0;
    for (int k = 0; k < p->m; k++) total += p->w[k], mean += p->w[k] * p->y[k];
    mean /= total;
    for (int k = 0; k < p->m; k++) sum += p->w[k] * (p->y[k] - mean) * (p->y[k] - mean);
    return rss / (sum + p->within);
}

static ll_status find(ll_rise *out, const ll_scored_rows *r, const ll_fit_opts *o, ll_error *err) {
    const double span = r->hi - r->lo;
    const ll_climb_range range = { LL_SMOOTH_SHAPES,
                                   { r->lo - span / 2, r->hi + span / 2 },
                                   { span / 100, 3 * span } };
    ll_climb_grid grid;
    ll_redraw redraw;
    drawing d = { .rows = r, .redraw = &redraw, .grid = &grid, .n = out->n_draws };
    LL_TRY(ll_redraw_new(&redraw, r->of->n, r->of->cluster, FREE + 1, o, err));
    ll_status s = ll_climb_grid_new(&grid, &r->places, &range, err);
    if (s == LL_OK) {
        ll_climb_fit(&out->curve, &grid, &r->places);
        out->begins = out->curve.t10 >= r->lo, out->ends = out->curve.t90 <= r->hi;
        out->left = ll_scored_left(r, out->curve.rss);
        s = draw_all(out, &d, o, err);
        ll_climb_grid_free(&grid);
    }
    ll_redraw_free(&redraw);
    return s;
}

ll_status ll_rise_find(ll_rise *out, const ll_scored *d, const ll_fit_opts *opts, ll_error *err) {
    ll_scored_rows r;
    ll_fit_opts o;
    *out = (ll_rise) { .n = d->n, .falling = d->falling };
    LL_TRY(ll_fit_opts_resolve(opts, &o, err));
    LL_TRY(ll_scored_rows_new(&r, d, err));
    out->share = r.share, out->level = o.level, out->seed = o.seed, out->n_draws = o.n_boot > 0 ? o.n_boot : 0;
    const ll_status s = find(out, &r, &o, err);
    ll_scored_rows_free(&r);
    return s;
}

double ll_rise_at(const ll_rise *r, double x) {
    return ll_climb_at(&r->curve, r->falling ? -log(x) : log(x));
}
