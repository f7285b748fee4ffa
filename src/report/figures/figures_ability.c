#include "report/figures/figures_ability.h"

#include <math.h>
#include <stdio.h>

#include "report/figures/figures.h"

enum { POINTS = 200 };

static const ll_colour colours[LL_ABILITY_METRICS] = { LL_VERMILLION, LL_BLUE, LL_GREEN, LL_PURPLE,
                                                       LL_ORANGE,     LL_SKY,  LL_BLACK, LL_YELLOW };

/* Of a metric's way from where it begins to where it ends. */
static double share_of(const ll_rise *r, double y) {
    return (y - r->curve.before) / (r->curve.after - r->curve.before);
}

static void points(ll_figure *f, const ll_score_study *s, const ll_ability *a, int k) {
    ll_series dots = { .kind = LL_SERIES_POINTS, .colour = colours[k], .marker = (ll_marker)k, .size = 0.8 };
    ll_figure_add(f, dots);
    for (int64_t i = 0; i < s->n; i++) {
        ll_figure_push(f, s->x[i], share_of(&a->metric[k].rise, s->score[k][i]), NAN, NAN);
        ll_figure_name(f, "%s %.4g", a->metric[k].name, s->score[k][i]);
    }
}

static void curve(ll_figure *f, const ll_ability *a, int k, double lo, double hi) {
    const ll_rise *r = &a->metric[k].rise;
    ll_series line = { .kind = LL_SERIES_LINE, .colour = colours[k] };
    snprintf(line.label, sizeof line.label, "%.60s, %.3g to %.3g: %s", a->metric[k].name, r->before.value,
             r->after.value, ll_sharpness_name(a->metric[k].sharp.answer));
    ll_figure_add(f, line);
    for (int i = 0; i < POINTS; i++) {
        const double x = lo * pow(hi / lo, (double)i / (POINTS - 1));
        ll_figure_push(f, x, share_of(r, ll_rise_at(r, x)), NAN, NAN);
    }
}

/* The tenth and the nine tenths between which a rise is measured. */
static void level(ll_figure *f, double at, double lo, double hi) {
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_LINE, .colour = LL_GREY, .dash = LL_DOTTED });
    ll_figure_push(f, lo, at, NAN, NAN);
    ll_figure_push(f, hi, at, NAN, NAN);
}

ll_status ll_figure_ability(ll_figure **out, const ll_score_study *s, const ll_ability *a, ll_error *err) {
    double lo = INFINITY, hi = 0;
    char note[LL_FIGURE_TEXT];
    LL_TRY(ll_figure_new(out, "Sharp or smooth", err));
    ll_figure *f = *out;
    snprintf(note, sizeof note, "%s: %.120s", ll_sharpness_name(a->verdict), a->why);
    ll_figure_note(f, NAN, 0, note);
    f->x = ll_figure_axis(s->along, "");
    f->y = ll_figure_axis("share of the metric's own rise", "");
    f->y.log = false;
    for (int64_t i = 0; i < s->n; i++) lo = fmin(lo, s->x[i]), hi = fmax(hi, s->x[i]);
    level(f, 0.1, lo, hi);
    level(f, 0.9, lo, hi);
    for (int k = 0; k < a->n_metrics; k++) {
        points(f, s, a, k);
        curve(f, a, k, lo, hi);
    }
    return LL_OK;
}
