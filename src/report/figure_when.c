#include "report/figure_when.h"

#include <math.h>
#include <stdio.h>

/* At most this many steps of a line are drawn. */
enum { STEPS = 200 };

static void line(ll_figure *f, const ll_when *w, const char *label, int k) {
    static const ll_colour colours[] = { LL_BLUE, LL_VERMILLION, LL_GREEN, LL_PURPLE };
    ll_series s = { .kind = LL_SERIES_LINE, .colour = colours[k % 4], .dash = (ll_dash)(k % LL_DASH_COUNT) };
    snprintf(s.label, sizeof s.label, "%s", label);
    ll_figure_add(f, s);
    for (int j = 0; j <= STEPS; j++) {
        const int64_t i = (w->n - 1) * j / STEPS;
        if (isfinite(w->futures[i])) ll_figure_push(f, w->futures[i], (double)(i + 1) / (double)w->n, NAN, NAN);
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
    for (int k = 0; k < n; k++)
        if (when[k]->past < 1 && when[k]->past + when[k]->never < 1) line(f, when[k], labels[k], k);
    return LL_OK;
}
