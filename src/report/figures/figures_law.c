/* Loss against N, D and C with the laws of one variable, and the residuals from the surface. */
#include <math.h>
#include <stdio.h>

#include "fit/draws/interval.h"
#include "report/figures/figures.h"
#include "report/figures/figures_fan.h"
#include "report/show.h"

static double of_run(const ll_evidence *e, const ll_run *r, ll_var var) {
    if (var == LL_VAR_N) return ll_evidence_n(e, r);
    if (var == LL_VAR_D) return r->tokens;
    return ll_evidence_c(e, r);
}

typedef enum group { FITTED, NOT_FITTED, HELD_OUT, SCORED } group;

static group group_of(const ll_evidence *e, ll_var var, int64_t i) {
    if (ll_evidence_held_out(&e->runs[i])) return HELD_OUT;
    return ll_evidence_used(e, var, i) ? FITTED : NOT_FITTED;
}

/* ---- runs ---- */

/* 90 % of the evaluation's own error, where it is known. shade: what colours it; NaN: nothing. */
static void push_run(ll_figure *f, const ll_evidence *e, const ll_run *r, double x, double shade) {
    const double by = 1.645 * r->loss_se;
    char words[2 * LL_FIGURE_TEXT];
    ll_figure_push(f, x, r->loss, r->loss - by, r->loss + by);
    ll_figure_shade(f, shade);
    ll_figure_name(f, "%s", ll_figure_run_words(e, r, words, sizeof words));
    ll_figure_run(f, r->id);
}

static void runs(ll_figure *f, const ll_evidence *e, ll_var var, group g, ll_series series) {
    bool open = false;
    for (int64_t i = 0; i < e->n_runs; i++) {
        const ll_run *r = &e->runs[i];
        if (!ll_evidence_done(r) || group_of(e, var, i) != g) continue;
        if (!open) ll_figure_add(f, series);
        open = true;
        push_run(f, e, r, of_run(e, r, var),
                 g == HELD_OUT ? NAN : of_run(e, r, var == LL_VAR_N ? LL_VAR_D : LL_VAR_N));
    }
}

/* Runs that the law does not stand on are no misses of it: small, and coloured by what sets them apart. */
static void all_runs(ll_figure *f, const ll_evidence *e, ll_var var) {
    f->shade = var == LL_VAR_N ? ll_figure_d_axis() : ll_figure_n_axis(e);
    *f->shade.unit = 0;
    runs(f, e, var, NOT_FITTED, (ll_series) { .kind = LL_SERIES_POINTS, .label = "other runs", .size = 0.7 });
    runs(f, e, var, FITTED, (ll_series) { .kind = LL_SERIES_POINTS, .label = "runs of the law", .size = 1.25 });
    runs(f, e, var, HELD_OUT,
         (ll_series) { .kind = LL_SERIES_POINTS,
                       .label = "held out, forecast",
                       .marker = LL_DIAMOND,
                       .colour = LL_ORANGE,
                       .size = 1.9 });
}

/* Of the law's runs, or with NULL of all that are done. False when there is none. */
static bool span(const ll_evidence *e, ll_var var, const ll_univariate *l, double *lo, double *hi) {
    *lo = INFINITY;
    *hi = -INFINITY;
    for (int64_t i = 0; i < e->n_runs; i++) {
        const double v = of_run(e, &e->runs[i], var);
        if (!ll_evidence_done(&e->runs[i]) || !(v > 0) || (l && !ll_evidence_used(e, l->along, i))) continue;
        *lo = fmin(*lo, v);
        *hi = fmax(*hi, v);
    }
    return *lo <= *hi;
}

/* ---- laws ---- */

static ll_estimate value_at(const ll_fit *fit, double x) {
    return ll_fit_law_at(fit, (double[LL_VAR_COUNT]) { [LL_VAR_X] = x });
}

enum { STEPS = 64 };

static double step(double lo, double hi, int i) {
    return lo * pow(hi / lo, (double)i / STEPS);
}

static void band(ll_figure *f, const ll_fit *fit, double lo, double hi, ll_colour colour) {
    ll_figure_add(
        f, (ll_series) {
               .kind = LL_SERIES_BAND, .label = "law, 90 % of its draws", .colour = colour, .opacity = 0.2 });
    for (int i = 0; i <= STEPS; i++) {
        const ll_estimate v = value_at(fit, step(lo, hi, i));
        ll_figure_push(f, step(lo, hi, i), v.value, v.lo, v.hi);
    }
}

static void curve(ll_figure *f, const ll_fit *fit, double lo, double hi, ll_series line) {
    line.kind = LL_SERIES_LINE;
    snprintf(line.name, sizeof line.name, "%s, %lld runs", line.label, (long long)fit->n);
    ll_figure_add(f, line);
    for (int i = 0; i <= STEPS; i++)
        ll_figure_push(f, step(lo, hi, i), value_at(fit, step(lo, hi, i)).value, NAN, NAN);
}

/* A floor that the runs put at zero makes the power law again: nowhere half a per mille apart. */
static bool same(const ll_fit *a, const ll_fit *b, double lo, double hi) {
    for (int i = 0; i <= STEPS; i += STEPS / 4)
        if (!(fabs(log(value_at(a, step(lo, hi, i)).value / value_at(b, step(lo, hi, i)).value)) < 5e-4))
            return false;
    return true;
}

/* The power law in figures, and the interval of its exponent. */
static void formula(ll_figure *f, const ll_univariate *l) {
    static const char letters[] = { [LL_VAR_N] = 'N', [LL_VAR_D] = 'D', [LL_VAR_C] = 'C' };
    const ll_estimate *xc = &l->power.params[0], *alpha = &l->power.params[1];
    char text[LL_FIGURE_TEXT], scale[LL_SHOW_SIZE], minus[16], power[LL_SHOW_SIZE];
    if (!l->power.law || l->power.law->n_params != 2) return;
    snprintf(minus, sizeof minus, "%.3f", -alpha->value);
    snprintf(text, sizeof text, "L = (%c / %s)%s", letters[l->along], ll_show(xc->value, 2, scale),
             ll_show_raised(minus, power));
    ll_figure_corner(f, LL_BLACK, text);
    snprintf(text, sizeof text, "exponent %.3f to %.3f (%g %%)", alpha->lo, alpha->hi, 100 * l->power.opts.level);
    ll_figure_corner(f, LL_BLACK, text);
}

/* From the runs that a law stands on to the right, never to the left: nothing holds it there. One band alone, of
 * the law with a floor where there is one: two would mix. */
static void laws(ll_figure *f, const ll_evidence *e, ll_var var) {
    static const char *const too_few[] = { [LL_VAR_N] = "No law of N alone: too few sizes at equal tokens.",
                                           [LL_VAR_D] = "No law of D alone: too few token counts at equal size.",
                                           [LL_VAR_C] = "No law of C: too few budgets." };
    const ll_univariate *l = &e->lines.along[var];
    double lo, hi, all_lo;
    if ((!l->power.law && !l->floor.law) || !span(e, var, l, &lo, &hi)) {
        ll_figure_corner(f, LL_BLACK, too_few[var]);
        return;
    }
    span(e, var, NULL, &all_lo, &hi);
    const bool one = !l->floor.law || (l->power.law && same(&l->power, &l->floor, lo, hi));
    const bool fan = var == LL_VAR_C && e->fan.n > 0; /* two bands would mix: the forecast's begins there */
    band(f, one ? &l->power : &l->floor, lo, fan ? fmin(hi, e->fan.at[0].flops) : hi, LL_SKY);
    if (!one)
        curve(f, &l->floor, lo, hi, (ll_series) { .label = "law with a floor", .colour = LL_BLUE, .size = 0.8 });
    if (l->power.law)
        curve(f, &l->power, lo, hi,
              (ll_series) { .label = "power law", .colour = LL_VERMILLION, .dash = LL_DASHED, .size = 0.8 });
    if (one && l->floor.law) ll_figure_corner(f, LL_BLACK, "The floor fits at zero.");
    formula(f, l);
}

/* ---- figures ---- */

/* The runs decide what is shown: what nothing holds outside them would squeeze them to a line. */
static void show_runs(ll_axis *y, const ll_evidence *e) {
    double lo = INFINITY, hi = -INFINITY;
    for (int64_t i = 0; i < e->n_runs; i++) {
        if (!ll_evidence_done(&e->runs[i])) continue;
        lo = fmin(lo, e->runs[i].loss);
        hi = fmax(hi, e->runs[i].loss);
    }
    double margin = fmax(1.04, pow(hi / lo, 0.12));
    y->lo = lo / margin;
    y->hi = hi * margin;
}

/* The learning curves against the compute spent, behind everything. */
static void curves_behind(ll_figure *f, const ll_evidence *e) {
    bool first = true;
    for (int64_t i = 0; i < e->n_runs; i++) {
        const ll_run *r = &e->runs[i];
        const ll_learning_curve *c = &e->curves[i];
        if (c->n < 2 || !(of_run(e, r, LL_VAR_C) > 0 && r->tokens > 0)) continue;
        ll_series s = { .kind = LL_SERIES_LINE, .colour = LL_GREY, .size = 0.5 };
        snprintf(s.label, sizeof s.label, "%s", first ? "learning curves" : "");
        ll_figure_run_words(e, r, s.name, sizeof s.name);
        ll_figure_add(f, s);
        first = false;
        for (int64_t j = 0; j < c->n; j++)
            ll_figure_push(f, c->at[j].tokens * of_run(e, r, LL_VAR_C) / r->tokens, c->at[j].loss, NAN, NAN);
    }
}

static ll_axis axis_of(const ll_evidence *e, ll_var var) {
    if (var == LL_VAR_N) return ll_figure_n_axis(e);
    return var == LL_VAR_D ? ll_figure_d_axis() : ll_figure_axis("C = 6ND", "FLOPs");
}

static ll_status law_figure(ll_figure **out, const ll_evidence *e, ll_var var, const char *title, bool curves,
                            ll_error *err) {
    double lo, hi;
    *out = NULL;
    if (!span(e, var, NULL, &lo, &hi)) return LL_FAIL(err, LL_ESTATE, "no run that is done has this number");
    LL_TRY(ll_figure_new(out, title, err));
    ll_figure *f = *out;
    f->x = axis_of(e, var);
    ll_figure_loss_axes(f, e, "validation loss");
    show_runs(&f->y, e);
    if (var == LL_VAR_C) ll_figure_see_fan(&f->y, e);
    if (curves) {
        if (e->fan.n) hi = fmax(hi, e->fan.at[e->fan.n - 1].flops);
        const double by = fmax(1.05, pow(hi / lo, 0.05)); /* a lone run has room too */
        f->x.lo = lo / by / by / by;                      /* the curves begin far to the left, and as one */
        f->x.hi = hi * by;
        curves_behind(f, e);
    }
    laws(f, e, var);
    if (var == LL_VAR_C) ll_figure_add_fan(f, e);
    all_runs(f, e, var);
    if (var == LL_VAR_C) ll_figure_add_outlooks(f, e);
    return LL_OK;
}

ll_status ll_figure_of_n(ll_figure **out, const ll_evidence *e, ll_error *err) {
    return law_figure(out, e, LL_VAR_N, "Loss against parameters", false, err);
}

ll_status ll_figure_of_d(ll_figure **out, const ll_evidence *e, ll_error *err) {
    return law_figure(out, e, LL_VAR_D, "Loss against data", false, err);
}

ll_status ll_figure_of_c(ll_figure **out, const ll_evidence *e, ll_error *err) {
    return law_figure(out, e, LL_VAR_C, "Loss against compute", false, err);
}

/* C, D, N from left to right; bits per byte stand right of the last. */
ll_status ll_figure_triptych(ll_figure **out, const ll_evidence *e, ll_error *err) {
    static const ll_var along[] = { LL_VAR_C, LL_VAR_D, LL_VAR_N };
    ll_figure **next = out;
    *out = NULL;
    for (int k = 0; k < 3; k++) {
        ll_status s = law_figure(next, e, along[k], "Loss against compute, data and parameters", k == 0, err);
        if (s != LL_OK) {
            ll_figure_free(*out);
            *out = NULL;
            return s;
        }
        if (k < 2) (*next)->right_scale = 0;
        next = &(*next)->beside;
    }
    return LL_OK;
}

static void zero_line(ll_figure *f, double lo, double hi, double sd) {
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_BAND, .label = "within 2 sd", .colour = LL_BLUE });
    ll_figure_push(f, lo, 0, -2 * sd, 2 * sd);
    ll_figure_push(f, hi, 0, -2 * sd, 2 * sd);
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_LINE, .size = 0.6 });
    ll_figure_push(f, lo, 0, NAN, NAN);
    ll_figure_push(f, hi, 0, NAN, NAN);
}

/* Of the surface: what was held out and is scored is fitted too. */
static group surface_group(const ll_evidence *e, int64_t i) {
    const group g = group_of(e, LL_VAR_X, i);
    return g == HELD_OUT && e->row[i] >= 0 ? SCORED : g;
}

ll_status ll_figure_residuals(ll_figure **out, const ll_evidence *e, ll_error *err) {
    static const struct {
        group g;
        ll_series series;
    } groups[] = {
        { NOT_FITTED, { .kind = LL_SERIES_POINTS, .label = "not fitted", .size = 0.7 } },
        { FITTED, { .kind = LL_SERIES_POINTS, .label = "fitted" } },
        { HELD_OUT,
          { .kind = LL_SERIES_POINTS,
            .label = "held out",
            .marker = LL_DIAMOND,
            .colour = LL_ORANGE,
            .size = 1.7 } },
        { SCORED,
          { .kind = LL_SERIES_POINTS,
            .label = "once held out, fitted",
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
    f->shade = ll_figure_n_axis(e);
    *f->shade.unit = 0;
    zero_line(f, lo, hi, 100 * e->study.fit.residual_sd);
    for (size_t k = 0; k < sizeof groups / sizeof *groups; k++) {
        ll_figure_add(f, groups[k].series);
        for (int64_t i = 0; i < e->n_runs; i++) {
            const ll_run *r = &e->runs[i];
            if (!ll_evidence_done(r) || surface_group(e, i) != groups[k].g) continue;
            double ln = ll_evidence_residual(e, r), by = 1.645 * r->loss_se / r->loss;
            char words[2 * LL_FIGURE_TEXT];
            ll_figure_push(f, of_run(e, r, LL_VAR_C), 100 * expm1(ln), 100 * expm1(ln - by), 100 * expm1(ln + by));
            ll_figure_shade(f, groups[k].g >= HELD_OUT ? NAN : ll_evidence_n(e, r));
            ll_figure_name(f, "%s, %+.2f %%", ll_figure_run_words(e, r, words, sizeof words), 100 * expm1(ln));
            ll_figure_run(f, r->id);
        }
    }
    return LL_OK;
}
