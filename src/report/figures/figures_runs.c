/* Figures that need no law: learning curves, and the forecast against its outcome. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "loglog/units.h"
#include "report/figures/figures.h"
#include "report/figures/figures_fan.h"

/* Every curve over the tokens seen, or the FLOPs spent. Whether there is any mark. */
static bool curves(ll_figure *f, const ll_evidence *e, bool compute) {
    bool any = false;
    ll_figure_loss_axes(f, e, "validation loss");
    f->shade = ll_figure_n_axis(e);
    *f->shade.unit = 0;
    for (int64_t i = 0; i < e->n_runs; i++) {
        const ll_run *r = &e->runs[i];
        const ll_learning_curve *c = &e->curves[i];
        const double per_token = compute ? ll_evidence_c(e, r) / r->tokens : 1;
        if (c->n == 0) continue;
        ll_series s = { .kind = c->n > 1 ? LL_SERIES_LINE : LL_SERIES_POINTS,
                        .shade = ll_evidence_n(e, r),
                        .dash = ll_evidence_held_out(r) ? LL_DASHED : LL_SOLID,
                        .size = ll_evidence_held_out(r) ? 1.5 : 0.8 };
        ll_units_show(ll_evidence_n(e, r), s.end, sizeof s.end);
        ll_figure_run_words(e, r, s.name, sizeof s.name);
        ll_figure_add(f, s);
        for (int64_t j = 0; j < c->n; j++) {
            ll_figure_push(f, c->at[j].tokens * per_token, c->at[j].loss, NAN, NAN);
            any = any || (c->at[j].tokens * per_token > 0 && c->at[j].loss > 0);
        }
    }
    return any;
}

/* Over tokens, and where it is known beside them over compute. */
ll_status ll_figure_curves(ll_figure **out, const ll_evidence *e, ll_error *err) {
    static const char title[] = "Learning curves, by the size of the model";
    LL_TRY(ll_figure_new(out, title, err));
    ll_figure *f = *out;
    f->x = ll_figure_axis("tokens seen", "");
    f->x.counts = true;
    const bool any = curves(f, e, false);
    const ll_status s =
        any ? ll_figure_new(&f->beside, title, err) : LL_FAIL(err, LL_ESTATE, "no learning curve is recorded");
    if (s != LL_OK) {
        ll_figure_free(f);
        *out = NULL;
        return s;
    }
    f->beside->x = ll_figure_axis("compute spent, 6N a token", "FLOPs");
    if (curves(f->beside, e, true)) f->right_scale = 0;
    else ll_figure_free(f->beside), f->beside = NULL;
    return LL_OK;
}

enum { MEDIAN = 5 }; /* of ll_forecast_levels */

/* One forecast takes two units of height: its words, and the bar under them. */
static const double HEIGHT = 2;

/* Where the bar of forecast k of n lies, the first on top. */
static double bar_at(int64_t n, int64_t k) {
    return HEIGHT * (double)(n - k) - 1.4;
}

static void bar(ll_figure *f, const double *q, double y, bool first) {
    static const struct {
        int lo, hi;
        const char *label;
        double opacity;
    } bars[] = { { 0, 10, "99 %", 0.2 }, { 2, 8, "90 %", 0.4 }, { 4, 6, "50 %", 0.75 } };
    for (int i = 0; i < 3; i++) {
        ll_series s = { .kind = LL_SERIES_BAND, .colour = LL_BLUE, .opacity = bars[i].opacity };
        snprintf(s.label, sizeof s.label, "%s", first ? bars[i].label : "");
        ll_figure_add(f, s);
        ll_figure_push(f, q[bars[i].lo], y, y - 0.4, y + 0.4);
        ll_figure_push(f, q[bars[i].hi], y, y - 0.4, y + 0.4);
    }
    ll_series line = { .kind = LL_SERIES_LINE, .size = 1.2 };
    snprintf(line.label, sizeof line.label, "%s", first ? "median" : "");
    ll_figure_add(f, line);
    ll_figure_push(f, q[MEDIAN], y - 0.5, NAN, NAN);
    ll_figure_push(f, q[MEDIAN], y + 0.5, NAN, NAN);
}

static void outcomes(ll_figure *f, const ll_evidence *e, int64_t n) {
    const ll_series s = {
        .kind = LL_SERIES_POINTS, .label = "what came", .marker = LL_DIAMOND, .colour = LL_ORANGE, .size = 2.2
    };
    bool open = false;
    for (int64_t k = 0; k < n; k++) {
        const ll_sealed *o = &e->sealed[e->n_sealed - n + k];
        if (!o->came) continue;
        if (!open) ll_figure_add(f, s);
        open = true;
        ll_figure_push(f, o->score.outcome, bar_at(n, k), NAN, NAN);
    }
}

/* At the left edge, whatever the bar: they are longer than a narrow one. */
static void words(ll_figure *f, const ll_evidence *e, const ll_sealed *s, double x, double y) {
    const double *q = s->seal.forecast.quantile;
    char text[LL_FIGURE_TEXT];
    const int n = snprintf(text, sizeof text, "%.60s: median %.4g, 90 %%: %.4g to %.4g", ll_figure_seal_name(e, s),
                           q[MEDIAN], q[2], q[8]);
    if (s->came) snprintf(text + n, sizeof text - (size_t)n, "; %.5g came", s->score.outcome);
    ll_figure_note(f, x, y + 0.9, text);
}

ll_status ll_figure_forecast(ll_figure **out, const ll_evidence *e, ll_error *err) {
    enum { SHOWN_MAX = 6 }; /* the newest; a ladder seals one or a few */
    *out = NULL;
    if (e->n_sealed == 0) return LL_FAIL(err, LL_ESTATE, "no forecast of these runs is sealed");
    LL_TRY(ll_figure_new(out, "What was forecast, and what came", err));
    ll_figure *f = *out;
    const int64_t n = e->n_sealed < SHOWN_MAX ? e->n_sealed : SHOWN_MAX;
    double lo = INFINITY, hi = -INFINITY;
    for (int64_t k = 0; k < n; k++) { /* the newest at the bottom */
        const ll_sealed *s = &e->sealed[e->n_sealed - n + k];
        bar(f, s->seal.forecast.quantile, bar_at(n, k), k == 0);
        lo = fmin(lo, fmin(s->seal.forecast.quantile[LL_FORECAST_LO99], s->came ? s->score.outcome : INFINITY));
        hi = fmax(hi, fmax(s->seal.forecast.quantile[LL_FORECAST_HI99], s->came ? s->score.outcome : -INFINITY));
    }
    outcomes(f, e, n);
    const double room = fmax(hi - lo, 1e-3 * hi);
    f->x = ll_figure_axis("loss", "nats/token");
    f->x.log = false;
    f->x.lo = lo - 0.1 * room;
    f->x.hi = hi + 0.1 * room;
    for (int64_t k = 0; k < n; k++) words(f, e, &e->sealed[e->n_sealed - n + k], f->x.lo, bar_at(n, k));
    const double spare = fmax(0, HEIGHT * (3 - (double)n) / 2); /* one alone is no wall */
    f->y = (ll_axis) { .hidden = true, .lo = -spare, .hi = HEIGHT * (double)n + spare };
    return LL_OK;
}
