#include "decide/plan/gain.h"

#include <math.h>
#include <stdlib.h>

#include "base/system/threads.h"
#include "decide/plan/plan.h"
#include "fit/io/fit_json.h"

static const ll_plan_ask no_ask = { 0 };

static bool of_one_variable(const ll_law *law) {
    return law->vars == 1u << LL_VAR_X;
}

/* ---- one law ---- */

static double loss_at(const ll_law *law, const double *p, double x) {
    const double v[LL_VAR_COUNT] = { [LL_VAR_X] = x };
    return of_one_variable(law) ? law->eval(p, v) : ll_plan_spend(law, p, &no_ask, x).loss;
}

/* The x at which a falling curve reaches the loss, between x0 / LL_GAIN_MOST and x0 LL_GAIN_MOST. */
static double reach_along(const ll_law *law, const double *p, double x0, double loss) {
    enum { HALVINGS = 60 };
    double lo = log(x0 / LL_GAIN_MOST), hi = log(x0 * LL_GAIN_MOST);
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (lo + hi) / 2;
        if (loss_at(law, p, exp(middle)) > loss) lo = middle;
        else hi = middle;
    }
    return exp(hi);
}

static double times(const ll_law *law, const double *baseline, double x, double loss) {
    double need =
        of_one_variable(law) ? reach_along(law, baseline, x, loss) : ll_plan_reach(law, baseline, &no_ask, loss).C;
    return fmin(fmax(need / x, 1 / LL_GAIN_MOST), LL_GAIN_MOST);
}

static double percent(const double loss[2]) {
    return 100 * (1 - loss[1] / loss[0]);
}

/* ---- over the draws ---- */

typedef struct pool {
    const ll_compare *c;
    const ll_gain *g;
    double *v; /* [2][LL_GAIN_POINTS][n]: times, then per cent */
    int64_t n;
} pool;

static void draw(void *ctx, int64_t i, int worker) {
    const pool *p = ctx;
    const ll_law *law = p->c->law;
    const double *a = p->c->fit[0].draws + i * law->n_params, *b = p->c->fit[1].draws + i * law->n_params;
    (void)worker;
    for (int k = 0; k < LL_GAIN_POINTS; k++) {
        const double x = p->g->point[k].x, loss[2] = { loss_at(law, a, x), loss_at(law, b, x) };
        p->v[k * p->n + i] = times(law, a, x, loss[1]);
        p->v[(LL_GAIN_POINTS + k) * p->n + i] = percent(loss);
    }
}

static int64_t keep_finite(double *v, int64_t n) {
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(v[i])) v[kept++] = v[i];
    return kept;
}

static ll_status estimate(ll_gain *g, const ll_compare *c, ll_error *err) {
    pool p = { .c = c, .g = g, .n = ll_compare_draws(c) };
    p.v = malloc((size_t)(p.n + 1) * 2 * LL_GAIN_POINTS * sizeof *p.v);
    if (!p.v) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)p.n);
    ll_threads_for(p.n, c->opts.fit.threads, draw, &p);
    for (int k = 0; k < LL_GAIN_POINTS; k++) {
        ll_gain_point *at = &g->point[k];
        double *t = p.v + k * p.n, *share = p.v + (LL_GAIN_POINTS + k) * p.n;
        at->times = ll_compare_interval(c, at->times.value, t, keep_finite(t, p.n));
        at->percent = ll_compare_interval(c, at->percent.value, share, keep_finite(share, p.n));
    }
    g->n_draws = p.n;
    free(p.v);
    return LL_OK;
}

/* ---- the scales ---- */

static void range(const ll_fit *fit, bool compute, double *lo, double *hi) {
    const ll_fit_data *d = &fit->data;
    *lo = INFINITY, *hi = 0;
    for (int64_t i = 0; i < d->n; i++) {
        double x = compute ? 6 * d->x[LL_VAR_N][i] * d->x[LL_VAR_D][i] : d->x[LL_VAR_X][i];
        *lo = fmin(*lo, x);
        *hi = fmax(*hi, x);
    }
}

/* Where the two share no range, the steps span both and none is inside. */
static void choose_scales(ll_gain *g, const ll_compare *c) {
    double lo[2], hi[2];
    for (int k = 0; k < 2; k++) range(&c->fit[k], g->compute, &lo[k], &hi[k]);
    double from = fmax(lo[0], lo[1]), to = fmin(hi[0], hi[1]);
    bool shared = from <= to;
    if (!shared) from = fmin(lo[0], lo[1]), to = fmax(hi[0], hi[1]);
    for (int k = 0; k < LL_GAIN_POINTS; k++) {
        g->point[k].inside = shared && k <= LL_GAIN_INSIDE;
        g->point[k].x = k <= LL_GAIN_INSIDE ? from * pow(to / from, (double)k / LL_GAIN_INSIDE)
                                            : to * pow(10, (double)(k - LL_GAIN_INSIDE) / LL_GAIN_BEYOND);
    }
}

ll_status ll_gain_make(ll_gain *g, const ll_compare *c, ll_error *err) {
    const ll_law *law = c->law;
    *g = (ll_gain) { .compute = !of_one_variable(law) };
    if (g->compute && !ll_plan_can(law))
        return LL_FAIL(err, LL_EINPUT, "law %s gives no loss at a compute: its best N and D are not known",
                       law->name);
    choose_scales(g, c);
    const double *p[2] = { c->fit[0].optima[0].params, c->fit[1].optima[0].params };
    for (int k = 0; k < LL_GAIN_POINTS; k++) {
        ll_gain_point *at = &g->point[k];
        for (int i = 0; i < 2; i++) at->loss[i] = loss_at(law, p[i], at->x);
        at->times.value = times(law, p[0], at->x, at->loss[1]);
        at->percent.value = percent(at->loss);
    }
    return estimate(g, c, err);
}

int ll_gain_last_inside(const ll_gain *g) {
    return g->point[LL_GAIN_INSIDE].inside ? LL_GAIN_INSIDE : -1;
}

/* ---- the document ---- */

static double unless_held(double times) {
    return times > 1.0001 / LL_GAIN_MOST && times < LL_GAIN_MOST / 1.0001 ? times : NAN;
}

static ll_json *times_json(const ll_estimate *e, double level) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "value", unless_held(e->value));
    ll_json_set(o, "ci", ll_json_interval(isfinite(e->lo), unless_held(e->lo), unless_held(e->hi)));
    ll_json_set_num(o, "level", level);
    return o;
}

ll_json *ll_gain_json(const ll_gain *g, double level) {
    ll_json *list = ll_json_array();
    for (int k = 0; k < LL_GAIN_POINTS; k++) {
        const ll_gain_point *at = &g->point[k];
        ll_json *o = ll_json_object();
        ll_json_set_num(o, g->compute ? "flops" : "x", at->x);
        ll_json_set_bool(o, "inside", at->inside);
        ll_json_set(o, "loss", ll_json_nums(at->loss, 2));
        ll_json_set(o, "gain", times_json(&at->times, level));
        ll_json_set(o, "loss_gain_percent", ll_estimate_json(&at->percent, level));
        ll_json_push(list, o);
    }
    return list;
}
