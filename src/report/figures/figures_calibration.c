#include "report/figures/figures_calibration.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/figures/figures.h"
#include "stat/binomial.h"
#include "stat/quantile.h"

enum { STEPS = 50 };

/* Where Wilson's interval of the share would just not reach the level: the shares that honesty allows. */
static void band_at(double level, int64_t n, double *lo, double *hi) {
    int64_t least = 0, most = n;
    double a, b;
    for (; ll_binomial_interval(least, n, 0.9, &a, &b), b < level; least++) {
    }
    for (; ll_binomial_interval(most, n, 0.9, &a, &b), a > level; most--) {
    }
    *lo = (double)least / (double)n;
    *hi = (double)most / (double)n;
}

static void draw_honest(ll_figure *f, int64_t n) {
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_BAND,
                                   .label = "what chance allows an honest forecaster, 90 %",
                                   .colour = LL_SKY,
                                   .opacity = 0.35 });
    for (int i = 0; i <= STEPS; i++) {
        double level = (double)i / STEPS, lo, hi;
        band_at(level, n, &lo, &hi);
        ll_figure_push(f, level, level, lo, hi);
    }
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_LINE, .label = "as promised", .dash = LL_DASHED });
    ll_figure_push(f, 0, 0, NAN, NAN);
    ll_figure_push(f, 1, 1, NAN, NAN);
}

/* An outcome lies inside every central interval of a level above |2 pit - 1|. */
static ll_status draw_held(ll_figure *f, const ll_score *scores, int64_t n, ll_error *err) {
    double *needed = malloc((size_t)n * sizeof *needed);
    if (!needed) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld scores", (long long)n);
    for (int64_t i = 0; i < n; i++) needed[i] = fabs(2 * scores[i].pit - 1);
    ll_sort(needed, n);
    ll_figure_add(
        f, (ll_series) { .kind = LL_SERIES_STEP, .label = "what came", .colour = LL_VERMILLION, .size = 1.5 });
    ll_figure_push(f, 0, 0, NAN, NAN);
    for (int64_t i = 0; i < n; i++) ll_figure_push(f, needed[i], (double)(i + 1) / (double)n, NAN, NAN);
    ll_figure_push(f, 1, 1, NAN, NAN);
    free(needed);
    return LL_OK;
}

ll_status ll_figure_calibration(ll_figure **out, const ll_score *scores, int64_t n, ll_error *err) {
    *out = NULL;
    if (n < 1) return LL_FAIL(err, LL_ESTATE, "no forecast is judged yet: there is nothing to draw");
    LL_TRY(ll_figure_new(out, "How often the intervals held", err));
    ll_figure *f = *out;
    char text[LL_FIGURE_TEXT];
    f->x = (ll_axis) { .label = "level of the central interval", .lo = 0, .hi = 1 };
    f->y = (ll_axis) { .label = "share of outcomes inside", .lo = 0, .hi = 1 };
    snprintf(text, sizeof text, "%lld judged forecast%s", (long long)n, n == 1 ? "" : "s");
    ll_figure_note(f, NAN, 0, text);
    draw_honest(f, n);
    ll_status s = draw_held(f, scores, n, err);
    if (s == LL_OK) return LL_OK;
    ll_figure_free(f);
    *out = NULL;
    return s;
}
