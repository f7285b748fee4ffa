#include "report/figures/figures_gain.h"

#include <math.h>
#include <stdio.h>

#include "report/figures/figures.h"

/* The range of the values and, a hundredfold around them at most, of their band: its ends may lie at infinity. */
static void fit_axis(ll_axis *y, const ll_gain *g) {
    double lo = 1, hi = 1, low = 1, high = 1;
    for (int k = 0; k < LL_GAIN_POINTS; k++) {
        const ll_estimate *e = &g->point[k].times;
        lo = fmin(lo, e->value), hi = fmax(hi, e->value);
        low = fmin(low, isfinite(e->lo) ? e->lo : e->value);
        high = fmax(high, isfinite(e->hi) ? e->hi : e->value);
    }
    y->lo = fmax(low, lo / 100) / 1.2;
    y->hi = fmin(high, hi * 100) * 1.2;
}

static void line(ll_figure *f, const ll_gain *g, int from, int to, const char *label, ll_dash dash) {
    ll_series s = { .kind = LL_SERIES_LINE, .colour = LL_BLUE, .dash = dash };
    if (from > to) return;
    snprintf(s.label, sizeof s.label, "%s", label);
    ll_figure_add(f, s);
    for (int k = from; k <= to; k++) ll_figure_push(f, g->point[k].x, g->point[k].times.value, NAN, NAN);
}

ll_status ll_figure_gain(ll_figure **out, const ll_gain *g, const char *const name[2], const char *along,
                         const char *unit, ll_error *err) {
    const int last = ll_gain_last_inside(g);
    char note[LL_FIGURE_TEXT];
    LL_TRY(ll_figure_new(out, g->compute ? "Compute-equivalent gain" : "Gain against scale", err));
    ll_figure *f = *out;
    snprintf(note, sizeof note, "%.60s against the baseline %.60s", name[1], name[0]);
    ll_figure_note(f, NAN, 0, note);
    f->x = ll_figure_axis(along, unit);
    f->y = ll_figure_axis("what the baseline needs for the same loss", "times");
    fit_axis(&f->y, g);
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_BAND, .colour = LL_BLUE });
    for (int k = 0; k < LL_GAIN_POINTS; k++) {
        const ll_estimate *e = &g->point[k].times;
        ll_figure_push(f, g->point[k].x, e->value, fmax(e->lo, f->y.lo), fmin(e->hi, f->y.hi));
    }
    ll_figure_add(
        f, (ll_series) { .kind = LL_SERIES_LINE, .label = "no gain", .colour = LL_BLACK, .dash = LL_DOTTED });
    ll_figure_push(f, g->point[0].x, 1, NAN, NAN);
    ll_figure_push(f, g->point[LL_GAIN_POINTS - 1].x, 1, NAN, NAN);
    line(f, g, 0, last, "within the runs of both", LL_SOLID);
    line(f, g, last < 0 ? 0 : last, LL_GAIN_POINTS - 1, "extrapolated", LL_DASHED);
    return LL_OK;
}
