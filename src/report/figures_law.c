/* Loss against N, D and C with the laws of one variable, and the residuals from the surface. */
#include <math.h>
#include <stdio.h>

#include "report/figures.h"

static double of_run(const ll_evidence *e, const ll_run *r, ll_var var) {
    return var == LL_VAR_N ? ll_evidence_n(e, r) : var == LL_VAR_D ? r->tokens : r->flops;
}

typedef enum group { FITTED, NOT_FITTED, HELD_OUT } group;

static group group_of(const ll_evidence *e, ll_var var, int64_t i) {
    if (ll_evidence_held_out(&e->runs[i])) return HELD_OUT;
    return ll_evidence_used(e, var, i) ? FITTED : NOT_FITTED;
}

/* 90 % of the evaluation's own error, where it is known. */
static void push_run(ll_figure *f, const ll_run *r, double x) {
    double by = 1.645 * r->loss_se;
    ll_figure_push(f, x, r->loss, r->loss - by, r->loss + by);
}

static void runs(ll_figure *f, const ll_evidence *e, ll_var var, group g, ll_series series) {
    bool open = false;
    for (int64_t i = 0; i < e->n_runs; i++) {
        if (!ll_evidence_done(&e->runs[i]) || group_of(e, var, i) != g) continue;
        if (!open) ll_figure_add(f, series);
        open = true;
        push_run(f, &e->runs[i], of_run(e, &e->runs[i], var));
    }
}

typedef struct at_x {
    const ll_law *law;
    double x[LL_VAR_COUNT];
} at_x;

static double predict(const double *params, const void *ctx) {
    const at_x *at = ctx;
    return at->law->eval(params, at->x);
}

/* The curve over [lo, hi], and under it the band of its draws. */
static void curve(ll_figure *f, const ll_fit *fit, double lo, double hi, const char *label, ll_colour colour,
                  ll_dash dash) {
    enum { STEPS = 64 };
    at_x at = { .law = fit->law };
    ll_estimate v[STEPS + 1];
    for (int i = 0; i <= STEPS; i++) {
        at.x[LL_VAR_X] = lo * pow(hi / lo, (double)i / STEPS);
        v[i] = ll_fit_derived(fit, predict, &at);
    }
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_BAND, .colour = colour });
    for (int i = 0; i <= STEPS; i++)
        ll_figure_push(f, lo * pow(hi / lo, (double)i / STEPS), v[i].value, v[i].lo, v[i].hi);
    ll_series line = { .kind = LL_SERIES_LINE, .colour = colour, .dash = dash };
    snprintf(line.label, sizeof line.label, "%s", label);
    ll_figure_add(f, line);
    for (int i = 0; i <= STEPS; i++) ll_figure_push(f, lo * pow(hi / lo, (double)i / STEPS), v[i].value, NAN, NAN);
}

static void laws(ll_figure *f, const ll_evidence *e, ll_var var, double lo, double hi) {
    static const char *const too_few[] = { [LL_VAR_N] = "No law of N alone: too few sizes at equal tokens.",
                                           [LL_VAR_D] = "No law of D alone: too few token counts at equal size.",
                                           [LL_VAR_C] = "No law of C: too few budgets." };
    const ll_univariate *l = &e->lines.along[var];
    if (l->power.law) curve(f, &l->power, lo, hi, "power law", LL_VERMILLION, LL_DASHED);
    if (l->floor.law) curve(f, &l->floor, lo, hi, "with a floor", LL_BLUE, LL_SOLID);
    if (l->power.law || l->floor.law)
        ll_figure_note(f, NAN, NAN, "Bands: 90 % of the bootstrap draws of each curve.");
    else ll_figure_note(f, NAN, NAN, too_few[var]);
}

/* The runs decide what is shown: a band that nothing holds outside the fitted runs would squeeze them to a line. */
static void show_runs(ll_axis *y, const ll_evidence *e) {
    double lo = INFINITY, hi = -INFINITY;
    for (int64_t i = 0; i < e->n_runs; i++) {
        if (!ll_evidence_done(&e->runs[i])) continue;
        lo = fmin(lo, e->runs[i].loss);
        hi = fmax(hi, e->runs[i].loss);
    }
    double margin = fmax(1.05, pow(hi / lo, 0.2));
    y->lo = lo / margin;
    y->hi = hi * margin;
}

static ll_status law_figure(ll_figure **out, const ll_evidence *e, ll_var var, const char *title, ll_axis x,
                            ll_error *err) {
    double lo = INFINITY, hi = -INFINITY;
    *out = NULL;
    for (int64_t i = 0; i < e->n_runs; i++) {
        double v = of_run(e, &e->runs[i], var);
        if (!ll_evidence_done(&e->runs[i]) || !(v > 0)) continue;
        lo = fmin(lo, v);
        hi = fmax(hi, v);
    }
    if (lo > hi) return LL_FAIL(err, LL_ESTATE, "no run that is done has this number");
    LL_TRY(ll_figure_new(out, title, err));
    ll_figure *f = *out;
    f->x = x;
    ll_figure_loss_axes(f, e, "validation loss");
    show_runs(&f->y, e);
    laws(f, e, var, lo, hi);
    runs(f, e, var, NOT_FITTED,
         (ll_series) { .kind = LL_SERIES_POINTS, .label = "not in this fit", .marker = LL_RING });
    runs(f, e, var, FITTED, (ll_series) { .kind = LL_SERIES_POINTS, .label = "fitted" });
    runs(f, e, var, HELD_OUT,
         (ll_series) { .kind = LL_SERIES_POINTS,
                       .label = "held out, forecast",
                       .marker = LL_DIAMOND,
                       .colour = LL_ORANGE,
                       .size = 1.7 });
    return LL_OK;
}

ll_status ll_figure_of_n(ll_figure **out, const ll_evidence *e, ll_error *err) {
    return law_figure(out, e, LL_VAR_N, "Loss against parameters", ll_figure_axis("N", ll_evidence_n_words(e)),
                      err);
}

ll_status ll_figure_of_d(ll_figure **out, const ll_evidence *e, ll_error *err) {
    return law_figure(out, e, LL_VAR_D, "Loss against data", ll_figure_axis("D", "training tokens"), err);
}

ll_status ll_figure_of_c(ll_figure **out, const ll_evidence *e, ll_error *err) {
    return law_figure(out, e, LL_VAR_C, "Loss against compute", ll_figure_axis("C = 6ND", "FLOPs"), err);
}

static void zero_line(ll_figure *f, double lo, double hi, double sd) {
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_BAND, .label = "within 2 sd", .colour = LL_BLUE });
    ll_figure_push(f, lo, 0, -2 * sd, 2 * sd);
    ll_figure_push(f, hi, 0, -2 * sd, 2 * sd);
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_LINE, .size = 0.6 });
    ll_figure_push(f, lo, 0, NAN, NAN);
    ll_figure_push(f, hi, 0, NAN, NAN);
}

ll_status ll_figure_residuals(ll_figure **out, const ll_evidence *e, ll_error *err) {
    static const struct {
        group g;
        ll_series series;
    } groups[] = {
        { NOT_FITTED, { .kind = LL_SERIES_POINTS, .label = "not fitted", .marker = LL_RING } },
        { FITTED, { .kind = LL_SERIES_POINTS, .label = "fitted" } },
        { HELD_OUT,
          { .kind = LL_SERIES_POINTS,
            .label = "held out",
            .marker = LL_DIAMOND,
            .colour = LL_ORANGE,
            .size = 1.7 } },
    };
    double lo, hi;
    *out = NULL;
    if (!e->study.fit.law || !ll_evidence_span(e, &lo, &hi))
        return LL_FAIL(err, LL_ESTATE, "no surface is fitted: %s", ll_evidence_no_surface(e));
    LL_TRY(ll_figure_new(out, "Residuals from the surface", err));
    ll_figure *f = *out;
    f->x = ll_figure_axis("C = 6ND", "FLOPs");
    f->y = ll_figure_axis("loss above the surface", "per cent");
    f->y.log = false;
    zero_line(f, lo, hi, 100 * e->study.fit.residual_sd);
    for (size_t k = 0; k < sizeof groups / sizeof *groups; k++) {
        ll_figure_add(f, groups[k].series);
        for (int64_t i = 0; i < e->n_runs; i++) {
            const ll_run *r = &e->runs[i];
            if (!ll_evidence_done(r) || group_of(e, LL_VAR_X, i) != groups[k].g) continue;
            double ln = ll_evidence_residual(e, r), by = 1.645 * r->loss_se / r->loss;
            ll_figure_push(f, r->flops, 100 * expm1(ln), 100 * expm1(ln - by), 100 * expm1(ln + by));
        }
    }
    return LL_OK;
}
