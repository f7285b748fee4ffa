#include "forecast/end/run_end.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/belief/rehearsal.h"
#include "stat/student.h"

enum { POINTS = 801 }; /* of the grid on which the densities are multiplied */
static const double LAW_FREEDOM = 4;

struct ll_end_ground {
    const ll_course *finished;
    int64_t n;
    ll_posterior *belief; /* NULL: the law cannot speak */
};

/* ---- what the final losses say ---- */

static ll_status believe(ll_end_ground *g, int threads, ll_error *err) {
    const ll_law *law = ll_law_find("chinchilla");
    ll_error none;
    ll_fit_data data = { 0 };
    double *v[LL_VAR_C + 1], *loss = malloc((LL_VAR_C + 2) * ((size_t)g->n + 1) * sizeof *loss);
    if (!loss) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)g->n);
    for (int k = 0; k <= LL_VAR_C; k++) data.x[k] = v[k] = loss + (k + 1) * g->n;
    for (int64_t i = 0; i < g->n; i++) {
        const ll_course *run = &g->finished[i];
        if (run->n < 1 || !(run->params > 0)) continue;
        v[LL_VAR_N][data.n] = run->params;
        v[LL_VAR_D][data.n] = run->end;
        v[LL_VAR_C][data.n] = 6 * run->params * run->end;
        loss[data.n++] = run->loss[run->n - 1];
    }
    data.loss = loss;
    const ll_status status =
        data.n > law->n_params ? ll_rehearsed_posterior(&g->belief, law, &data, NULL, NULL, threads, &none) : LL_OK;
    free(loss);
    if (status == LL_OK || status == LL_EINPUT || status == LL_ENUM) return LL_OK;
    return LL_FAIL(err, status, "%s", none.msg);
}

ll_status ll_end_ground_new(ll_end_ground **out, const ll_course *finished, int64_t n, bool by_tokens, int threads,
                            ll_error *err) {
    *out = NULL;
    ll_end_ground *g = calloc(1, sizeof *g);
    if (!g) return LL_FAIL(err, LL_ENOMEM, "out of memory for a forecast");
    g->finished = finished;
    g->n = n;
    const ll_status status = by_tokens ? believe(g, threads, err) : LL_OK;
    if (status == LL_OK) *out = g;
    else ll_end_ground_free(g);
    return status;
}

void ll_end_ground_free(ll_end_ground *g) {
    if (!g) return;
    ll_posterior_free(g->belief);
    free(g);
}

static ll_status law_of(ll_forecast *f, const ll_end_ground *g, const ll_course *run, ll_error *err) {
    double x[LL_VAR_COUNT] = { 0 };
    *f = (ll_forecast) { .sd = NAN };
    if (!g->belief || !(run->params > 0)) return LL_OK;
    x[LL_VAR_N] = run->params;
    x[LL_VAR_D] = x[LL_VAR_U] = run->end;
    x[LL_VAR_C] = 6 * run->params * run->end;
    return ll_forecast_from(f, &(const ll_posterior *) { g->belief }, 1, x, err);
}

/* ---- densities of ln loss on a grid ---- */

typedef struct grid {
    double lo, step, F[POINTS]; /* F: the distribution function at lo + i step */
} grid;

/* Where the curve alone, or the law, has what there is to have. */
static grid grid_over(const ll_curve_end *c, const ll_forecast *law) {
    double lo = INFINITY, hi = -INFINITY;
    for (int64_t k = 0; k < c->parts; k++) {
        lo = fmin(lo, c->part[k].mean - 5 * c->part[k].sd);
        hi = fmax(hi, c->part[k].mean + 5 * c->part[k].sd);
    }
    if (isfinite(law->sd)) lo = fmin(lo, law->mean - 3 * law->sd), hi = fmax(hi, law->mean + 3 * law->sd);
    return (grid) { .lo = lo, .step = (hi - lo) / (POINTS - 1) };
}

static double of_curve(const ll_curve_end *c, double y, double step) {
    double sum = 0;
    for (int64_t k = 0; k < c->parts; k++) {
        const struct ll_curve_end_part *p = &c->part[k];
        const double sd = hypot(p->sd, step), t = (y - p->mean) / sd;
        if (fabs(t) < 8) sum += p->weight / sd * exp(-t * t / 2);
    }
    return sum;
}

/* Student's t with the variance of the law's forecast. */
static double of_law(const ll_forecast *f, double y) {
    const double t2 = (y - f->mean) * (y - f->mean) / (f->sd * f->sd * (LAW_FREEDOM - 2) / LAW_FREEDOM);
    return pow(1 + t2 / LAW_FREEDOM, -(LAW_FREEDOM + 1) / 2);
}

/* law NULL: the curve alone. */
static void accumulate(grid *g, const ll_curve_end *c, const ll_forecast *law) {
    double before = 0;
    g->F[0] = 0;
    for (int i = 0; i < POINTS; i++) {
        const double y = g->lo + i * g->step, here = of_curve(c, y, g->step) * (law ? of_law(law, y) : 1);
        if (i > 0) g->F[i] = g->F[i - 1] + (before + here) / 2;
        before = here;
    }
    for (int i = 0; i < POINTS; i++) g->F[i] /= g->F[POINTS - 1];
}

static double quantile(const grid *g, double p) {
    int i = 1;
    while (i < POINTS - 1 && g->F[i] < p) i++;
    const double rise = g->F[i] - g->F[i - 1], w = rise > 0 ? (p - g->F[i - 1]) / rise : 1;
    return exp(g->lo + (i - 1 + fmin(fmax(w, 0), 1)) * g->step);
}

static ll_estimate estimate(const grid *g, double level) {
    const double lo = quantile(g, (1 - level) / 2), hi = quantile(g, (1 + level) / 2);
    return (ll_estimate) { quantile(g, 0.5), (hi - lo) / (2 * ll_normal_quantile((1 + level) / 2)), lo, hi };
}

/* ---- the answer ---- */

static ll_estimate of_forecast(const ll_forecast *f, double level) {
    const double z = ll_normal_quantile((1 + level) / 2), at = exp(f->mean);
    if (!isfinite(f->sd)) return (ll_estimate) { NAN, NAN, NAN, NAN };
    return (ll_estimate) { at, at * f->sd, exp(f->mean - z * f->sd), exp(f->mean + z * f->sd) };
}

ll_status ll_run_end_of(ll_run_end *out, const ll_end_ground *g, const ll_course *run, double share, double level,
                        ll_error *err) {
    ll_curve_end c;
    ll_forecast law;
    *out = (ll_run_end) { .run = run->name, .params = run->params, .level = level };
    LL_TRY(law_of(&law, g, run, err));
    LL_TRY(ll_collapse_end(&c, g->finished, g->n, run, share, err));
    grid at = grid_over(&c, &law);
    accumulate(&at, &c, NULL);
    out->curve = estimate(&at, level);
    out->law = of_forecast(&law, level);
    if (isfinite(law.sd)) accumulate(&at, &c, &law);
    out->loss = estimate(&at, level);
    for (int q = 0; q < LL_FORECAST_QUANTILES; q++) out->quantile[q] = quantile(&at, ll_forecast_levels[q]);
    out->seen = c.seen;
    out->n_curves = c.n;
    ll_curve_end_clear(&c);
    return LL_OK;
}

ll_forecast ll_run_end_forecast(const ll_run_end *e) {
    ll_forecast f = { .bytes_per_token = NAN };
    memcpy(f.quantile, e->quantile, sizeof f.quantile);
    return f;
}

static ll_json *estimate_json(const ll_estimate *e, double level) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "value", e->value);
    ll_json_set(o, "ci", ll_json_interval(isfinite(e->lo), e->lo, e->hi));
    ll_json_set_num(o, "level", level);
    return o;
}

ll_json *ll_run_end_json(const ll_run_end *e) {
    const ll_forecast f = ll_run_end_forecast(e);
    ll_json *o = ll_json_object(), *all = estimate_json(&e->loss, e->level);
    ll_json_set_str(o, "run", e->run);
    ll_json_set_num(o, "params", e->params);
    ll_json_set_num(o, "seen", e->seen);
    ll_json_set_int(o, "curves", e->n_curves);
    ll_json_set(all, "quantiles", ll_quantiles_json(&f));
    ll_json_set(o, "forecast", all);
    ll_json_set(o, "curve", estimate_json(&e->curve, e->level));
    ll_json_set(o, "law", estimate_json(&e->law, e->level));
    return o;
}
