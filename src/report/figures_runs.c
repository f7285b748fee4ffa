/* Figures that need no law: learning curves, and the forecast against its outcome. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "loglog/units.h"
#include "report/figures.h"

ll_status ll_figure_curves(ll_figure **out, const ll_evidence *e, ll_error *err) {
    LL_TRY(ll_figure_new(out, "Learning curves", err));
    ll_figure *f = *out;
    bool any = false;
    f->x = ll_figure_axis("tokens seen", "");
    f->x.counts = true;
    ll_figure_loss_axes(f, e, "validation loss");
    f->shade = ll_figure_n_axis(e);
    *f->shade.unit = 0;
    for (int64_t i = 0; i < e->n_runs; i++) {
        const ll_run *r = &e->runs[i];
        const ll_curve *c = &e->curves[i];
        if (c->n == 0) continue;
        ll_series s = { .kind = c->n > 1 ? LL_SERIES_LINE : LL_SERIES_POINTS,
                        .shade = ll_evidence_n(e, r),
                        .dash = ll_evidence_held_out(r) ? LL_DASHED : LL_SOLID,
                        .size = ll_evidence_held_out(r) ? 1.5 : 0.8 };
        ll_units_show(ll_evidence_n(e, r), s.end, sizeof s.end);
        ll_figure_run_words(e, r, s.name, sizeof s.name);
        ll_figure_add(f, s);
        for (int64_t j = 0; j < c->n; j++) {
            ll_figure_push(f, c->at[j].tokens, c->at[j].loss, NAN, NAN);
            any = any || (c->at[j].tokens > 0 && c->at[j].loss > 0);
        }
    }
    if (any) return LL_OK;
    ll_figure_free(f);
    *out = NULL;
    return LL_FAIL(err, LL_ESTATE, "no learning curve is recorded");
}

/* One forecast takes four units of height: its words, then 50, 90 and 99 %, the widest at the bottom. */
static void intervals(ll_figure *f, const ll_evidence *e, const ll_sealed *s, double top, bool first) {
    static const struct {
        int lo, hi, per_cent;
        double opacity;
    } bars[] = { { 0, 10, 99, 0.25 }, { 2, 8, 90, 0.5 }, { 4, 6, 50, 0.8 } };
    const double *q = s->seal.forecast.quantile;
    char text[LL_FIGURE_TEXT];
    for (int i = 0; i < 3; i++) {
        double lo = q[bars[i].lo], hi = q[bars[i].hi], y = top - 3.2 + 0.9 * i;
        ll_figure_add(f, (ll_series) { .kind = LL_SERIES_BAND, .colour = LL_BLUE, .opacity = bars[i].opacity });
        ll_figure_push(f, lo, y, y - 0.3, y + 0.3);
        ll_figure_push(f, hi, y, y - 0.3, y + 0.3);
        snprintf(text, sizeof text, "%d %%: %.4g to %.4g", bars[i].per_cent, lo, hi);
        ll_figure_note(f, hi, y, text);
    }
    ll_series line = { .kind = LL_SERIES_LINE, .dash = LL_DASHED };
    snprintf(line.label, sizeof line.label, "%s", first ? "median of the forecast" : "");
    ll_figure_add(f, line);
    ll_figure_push(f, q[5], top - 3.7, NAN, NAN);
    ll_figure_push(f, q[5], top - 0.9, NAN, NAN);
    const char *name = s->run >= 0 ? e->runs[s->run].name : s->seal.forecast.run;
    int n = snprintf(text, sizeof text, "%.60s: median %.4g", name, q[5]);
    if (s->came) {
        line = (ll_series) { .kind = LL_SERIES_LINE, .colour = LL_VERMILLION, .size = 1.6 };
        snprintf(line.label, sizeof line.label, "%s", first ? "what came" : "");
        ll_figure_add(f, line);
        ll_figure_push(f, s->score.outcome, top - 3.7, NAN, NAN);
        ll_figure_push(f, s->score.outcome, top - 0.9, NAN, NAN);
        snprintf(text + n, sizeof text - (size_t)n, "; %.5g came", s->score.outcome);
    }
    ll_figure_note(f, q[0], top - 0.5, text);
}

ll_status ll_figure_forecast(ll_figure **out, const ll_evidence *e, ll_error *err) {
    enum { SHOWN_MAX = 6 }; /* the newest; a ladder seals one or a few */
    *out = NULL;
    if (e->n_sealed == 0) return LL_FAIL(err, LL_ESTATE, "no forecast of this ladder is sealed");
    LL_TRY(ll_figure_new(out, "What was forecast, and what came", err));
    ll_figure *f = *out;
    int64_t n = e->n_sealed < SHOWN_MAX ? e->n_sealed : SHOWN_MAX;
    double lo = INFINITY, hi = -INFINITY;
    for (int64_t k = 0; k < n; k++) {
        const ll_sealed *s = &e->sealed[e->n_sealed - n + k];
        intervals(f, e, s, 4.0 * (double)(n - k), k == 0);
        lo = fmin(lo, fmin(s->seal.forecast.quantile[0], s->came ? s->score.outcome : INFINITY));
        hi = fmax(hi, fmax(s->seal.forecast.quantile[10], s->came ? s->score.outcome : -INFINITY));
    }
    double room = fmax(hi - lo, 1e-3 * hi);
    f->x = ll_figure_axis("loss", "nats/token");
    f->x.log = false;
    f->x.lo = lo - 0.1 * room;
    f->x.hi = hi + 0.4 * room; /* the words stand right of the bars */
    f->y = (ll_axis) { .hidden = true, .lo = 0.1, .hi = 4.0 * (double)n };
    return LL_OK;
}
