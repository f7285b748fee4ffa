#include "report/figure/figure_when.h"

#include <math.h>
#include <stdio.h>

/* At most this many steps of a line are drawn. */
enum { STEPS = 200 };

static const double levels[] = { 0.05, 0.5, 0.95 };

static ll_colour line_colour(int k) {
    static const ll_colour colours[] = { LL_BLUE, LL_VERMILLION, LL_GREEN, LL_PURPLE };
    return colours[k % 4];
}

static void line(ll_figure *f, const ll_when *w, const char *label, int k) {
    ll_series s = { .kind = LL_SERIES_LINE, .colour = line_colour(k), .dash = (ll_dash)(k % LL_DASH_COUNT) };
    snprintf(s.label, sizeof s.label, "%s", label);
    ll_figure_add(f, s);
    for (int j = 0; j <= STEPS; j++) {
        const int64_t i = (w->n - 1) * j / STEPS;
        if (isfinite(w->futures[i])) ll_figure_push(f, w->futures[i], (double)(i + 1) / (double)w->n, NAN, NAN);
    }
}

/* The years by which it is as likely as that, on the line and in words. */
static void marks(ll_figure *f, const ll_when *w, const char *label, int k) {
    char text[48];
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_POINTS, .colour = line_colour(k) });
    for (size_t j = 0; j < sizeof levels / sizeof *levels; j++) {
        const int64_t i = (int64_t)ceil(levels[j] * (double)w->n) - 1;
        if (!isfinite(w->futures[i]) || levels[j] <= w->past) continue;
        ll_figure_push(f, w->futures[i], levels[j], NAN, NAN);
        ll_figure_name(f, "%.80s: %g %% by %.1f", label, 100 * levels[j], w->futures[i]);
        snprintf(text, sizeof text, "%g %%: %.1f", 100 * levels[j], w->futures[i]);
        ll_figure_note(f, w->futures[i], levels[j] - 0.02, text); /* a rising line leaves room there */
    }
}

ll_status ll_figure_when(ll_figure **out, const ll_when *const *when, const char *const *labels, int n,
                         ll_error *err) {
    bool any = false;
    *out = NULL;
    for (int k = 0; k < n; k++) any = any || (when[k]->past < 1 && when[k]->past + when[k]->never < 1);
    if (!any) return LL_FAIL(err, LL_ESTATE, "no figure: no target has a date to come");
    LL_TRY(ll_figure_new(out, "The year in which the compute is there", err));
    ll_figure *f = *out;
    f->x = (ll_axis) { .label = "year" };
    f->y = (ll_axis) { .label = "probability that it is reached by then", .lo = 0, .hi = 1 };
    for (int k = 0; k < n; k++) {
        if (when[k]->past >= 1 || when[k]->past + when[k]->never >= 1) continue;
        line(f, when[k], labels[k], k);
        marks(f, when[k], labels[k], k);
    }
    return LL_OK;
}
