/* What a budget of compute buys: the isoFLOP valleys and the compute-optimal N and D. */
#include <math.h>
#include <stdio.h>

#include "loglog/units.h"
#include "report/figures/figures.h"
#include "report/show.h"

/* The study's budgets are groups of runs within 2 %. */
static bool in_valley(const ll_evidence *e, int64_t i, const ll_valley *v) {
    return e->row[i] >= 0 && fabs(log(e->study.data.x[LL_VAR_C][e->row[i]] / v->flops)) <= log(1.02);
}

/* A bottom beyond the sizes that were run is an extrapolation of a parabola: not shown. */
static bool has_minimum(const ll_valley *v) {
    return !v->concave && !v->edge;
}

static void runs_of(ll_figure *f, const ll_evidence *e, const ll_valley *v, double *lo, double *hi) {
    char words[2 * LL_FIGURE_TEXT];
    *lo = INFINITY;
    *hi = -INFINITY;
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_POINTS });
    for (int64_t i = 0; i < e->n_runs; i++) {
        const ll_run *r = &e->runs[i];
        if (!in_valley(e, i, v)) continue;
        ll_figure_push(f, ll_evidence_n(e, r), r->loss, r->loss - 1.645 * r->loss_se, r->loss + 1.645 * r->loss_se);
        ll_figure_shade(f, v->flops);
        ll_figure_name(f, "%s", ll_figure_run_words(e, r, words, sizeof words));
        ll_figure_run(f, r->id);
        *lo = fmin(*lo, ll_evidence_n(e, r));
        *hi = fmax(*hi, ll_evidence_n(e, r));
    }
}

/* Budgets are an order: they take their colours from a scale, and say theirs at the end of their line. */
static void valley(ll_figure *f, const ll_evidence *e, const ll_valley *v) {
    enum { STEPS = 48 };
    double lo, hi;
    ll_series s = { .kind = LL_SERIES_LINE, .shade = v->flops, .size = 0.9 };
    runs_of(f, e, v, &lo, &hi);
    if (v->concave) return;
    ll_show(v->flops, 2, s.end);
    snprintf(s.name, sizeof s.name, "%s FLOPs", s.end);
    ll_figure_add(f, s);
    for (int i = 0; i <= STEPS; i++) {
        double N = lo * pow(hi / lo, (double)i / STEPS), u = log(N / v->n_opt);
        ll_figure_push(f, N, v->loss_min + v->curvature * u * u, NAN, NAN);
    }
}

/* The runs decide what is shown: a parabola through three of them may leave the page. */
static void show_points(ll_figure *f) {
    double lo = INFINITY, hi = -INFINITY;
    for (int64_t i = 0; i < f->n_series; i++)
        for (int64_t j = 0; j < f->series[i].n && f->series[i].kind == LL_SERIES_POINTS; j++) {
            lo = fmin(lo, f->series[i].marks[j].y);
            hi = fmax(hi, f->series[i].marks[j].y);
        }
    const double margin = fmax(1.005, pow(hi / lo, 0.06));
    f->y.lo = lo / margin;
    f->y.hi = hi * margin;
}

ll_status ll_figure_isoflop(ll_figure **out, const ll_evidence *e, ll_error *err) {
    *out = NULL;
    if (e->lines.n_valleys == 0)
        return LL_FAIL(err, LL_ESTATE, "no budget of compute has the three sizes that a parabola needs");
    LL_TRY(ll_figure_new(out, "isoFLOP valleys", err));
    ll_figure *f = *out;
    f->x = ll_figure_n_axis(e);
    ll_figure_loss_axes(f, e, "validation loss");
    f->shade = ll_figure_axis("C = 6ND", "FLOPs");
    for (int k = 0; k < e->lines.n_valleys; k++) valley(f, e, &e->lines.valleys[k]);
    show_points(f);
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_POINTS, .label = "minimum", .marker = LL_STAR, .size = 1.6 });
    for (int k = 0; k < e->lines.n_valleys; k++) {
        const ll_valley *v = &e->lines.valleys[k];
        char N[32];
        if (!has_minimum(v)) continue;
        ll_figure_push(f, v->n_opt, v->loss_min, NAN, NAN);
        ll_figure_name(f, "minimum: N %s, loss %.4g", ll_units_show(v->n_opt, N, sizeof N), v->loss_min);
    }
    return LL_OK;
}

static void optimum(ll_figure *f, const ll_evidence *e, double lo, double hi, bool tokens) {
    enum { STEPS = 48 };
    ll_colour colour = tokens ? LL_VERMILLION : LL_BLUE;
    ll_estimate v[STEPS + 1];
    for (int i = 0; i <= STEPS; i++) {
        double C = lo * pow(hi / lo, (double)i / STEPS);
        v[i] = tokens ? ll_fit_d_opt(&e->study.fit, C) : ll_fit_n_opt(&e->study.fit, C);
    }
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_BAND, .colour = colour });
    for (int i = 0; i <= STEPS; i++)
        ll_figure_push(f, lo * pow(hi / lo, (double)i / STEPS), v[i].value, v[i].lo, v[i].hi);
    ll_series line = { .kind = LL_SERIES_LINE, .colour = colour, .dash = tokens ? LL_DASHED : LL_SOLID };
    snprintf(line.label, sizeof line.label, "%s", tokens ? "D, tokens" : "N, parameters");
    ll_figure_add(f, line);
    for (int i = 0; i <= STEPS; i++) ll_figure_push(f, lo * pow(hi / lo, (double)i / STEPS), v[i].value, NAN, NAN);
}

/* A law that bends the wrong way has its optimum anywhere: what lies far from every run leaves the page. */
static void stay_near_the_runs(ll_figure *f, const ll_evidence *e) {
    static const double FAR = 1e4;
    double lo = INFINITY, hi = 0;
    bool is_near = true;
    for (int64_t i = 0; i < e->n_runs; i++) {
        const double N = ll_evidence_n(e, &e->runs[i]), D = e->runs[i].tokens;
        if (!(N > 0 && D > 0)) continue;
        lo = fmin(lo, fmin(N, D) / FAR);
        hi = fmax(hi, fmax(N, D) * FAR);
    }
    for (int64_t i = 0; i < f->n_series; i++)
        for (int64_t j = 0; j < f->series[i].n; j++) {
            const ll_mark *m = &f->series[i].marks[j];
            is_near = is_near && m->y > lo && m->y < hi && !(m->lo < lo) && !(m->hi > hi);
        }
    if (is_near || lo >= hi) return;
    f->y.lo = lo;
    f->y.hi = hi;
}

ll_status ll_figure_frontier(ll_figure **out, const ll_evidence *e, ll_error *err) {
    double lo, hi;
    *out = NULL;
    if (!e->study.fit.law) return LL_FAIL(err, LL_ESTATE, "no surface is fitted: %s", ll_evidence_no_surface(e));
    if (ll_evidence_no_frontier(e) || !ll_evidence_span(e, &lo, &hi))
        return LL_FAIL(err, LL_ESTATE, "%s", ll_evidence_no_frontier(e));
    LL_TRY(ll_figure_new(out, "Compute-optimal size and tokens", err));
    ll_figure *f = *out;
    f->x = ll_figure_axis("C = 6ND", "FLOPs");
    f->y = ll_figure_axis("N and D of lowest loss", "parameters, tokens");
    f->y.counts = true;
    optimum(f, e, lo, 10 * hi, false);
    optimum(f, e, lo, 10 * hi, true);
    stay_near_the_runs(f, e);
    if (e->lines.n_valleys == 0) return LL_OK;
    ll_figure_add(
        f, (ll_series) { .kind = LL_SERIES_POINTS, .label = "isoFLOP minima", .marker = LL_STAR, .size = 1.3 });
    for (int k = 0; k < e->lines.n_valleys; k++) {
        const ll_valley *v = &e->lines.valleys[k];
        if (!has_minimum(v)) continue;
        ll_figure_push(f, v->flops, v->n_opt, NAN, NAN);
        ll_figure_push(f, v->flops, v->flops / (6 * v->n_opt), NAN, NAN);
    }
    return LL_OK;
}
