#include "report/figures/figures_fan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "loglog/units.h"
#include "report/show.h"

/* ---- the fan ---- */

static void band(ll_figure *f, const ll_fan *fan, int lo, int hi, ll_series s) {
    s.kind = LL_SERIES_BAND;
    s.colour = LL_GREEN;
    ll_figure_add(f, s);
    for (int i = 0; i < fan->n; i++) {
        const double *q = fan->at[i].forecast.quantile;
        ll_figure_push(f, fan->at[i].flops, q[LL_FORECAST_MEDIAN], q[lo], q[hi]);
    }
}

void ll_figure_add_fan(ll_figure *f, const ll_evidence *e) {
    const ll_fan *fan = &e->fan;
    if (fan->n < 2) return;
    band(f, fan, 0, 10, (ll_series) { .label = "forecast, 99 %", .opacity = 0.12 });
    band(f, fan, LL_FORECAST_LO90, LL_FORECAST_HI90, (ll_series) { .label = "forecast, 90 %", .opacity = 0.2 });
    band(f, fan, 4, 6, (ll_series) { .label = "forecast, 50 %", .opacity = 0.35 });
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_LINE,
                                   .label = "forecast, median",
                                   .name = "forecast of the best runs, median",
                                   .colour = LL_GREEN,
                                   .size = 1.4 });
    for (int i = 0; i < fan->n; i++)
        ll_figure_push(f, fan->at[i].flops, fan->at[i].forecast.quantile[LL_FORECAST_MEDIAN], NAN, NAN);
}

/* ---- single runs ---- */

static void planned(ll_figure *f, const ll_evidence *e) {
    char N[32], D[32];
    if (e->n_plans == 0) return;
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_POINTS, .label = "planned", .marker = LL_RING, .size = 1.6 });
    for (int k = 0; k < e->n_plans; k++) {
        const ll_plan *p = &e->plan[k];
        ll_figure_push(f, 6 * p->point.N * p->point.D, p->loss.value, p->loss.lo, p->loss.hi);
        ll_figure_name(f, "%s: N %s, D %s, loss %.4g (%.4g to %.4g)", e->question[k].words,
                       ll_units_show(p->point.N, N, sizeof N), ll_units_show(p->point.D, D, sizeof D),
                       p->loss.value, p->loss.lo, p->loss.hi);
    }
}

static double compute_of(const ll_sealed *s) {
    return 6 * s->seal.forecast.x[LL_VAR_N] * s->seal.forecast.x[LL_VAR_D];
}

const char *ll_figure_seal_name(const ll_evidence *e, const ll_sealed *s) {
    if (s->run >= 0) return e->runs[s->run].name;
    const char *slash = strrchr(s->seal.forecast.run, '/');
    return slash && slash[1] ? slash + 1 : s->seal.forecast.run;
}

static void sealed(ll_figure *f, const ll_evidence *e) {
    if (e->n_sealed == 0) return;
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_POINTS,
                                   .label = "sealed forecast",
                                   .marker = LL_FRAME,
                                   .colour = LL_VERMILLION,
                                   .size = 1.6 });
    for (int64_t k = 0; k < e->n_sealed; k++) {
        const ll_sealed *s = &e->sealed[k];
        const double *q = s->seal.forecast.quantile;
        ll_figure_push(f, compute_of(s), q[LL_FORECAST_MEDIAN], q[LL_FORECAST_LO90], q[LL_FORECAST_HI90]);
        ll_figure_name(f, "%.60s: sealed %.4g (%.4g to %.4g)", ll_figure_seal_name(e, s), q[LL_FORECAST_MEDIAN],
                       q[LL_FORECAST_LO90], q[LL_FORECAST_HI90]);
    }
}

/* Of runs that are not among the figure's own. */
static void came(ll_figure *f, const ll_evidence *e) {
    bool open = false;
    for (int64_t k = 0; k < e->n_sealed; k++) {
        const ll_sealed *s = &e->sealed[k];
        if (!s->came || (s->run >= 0 && ll_evidence_done(&e->runs[s->run]))) continue;
        if (!open)
            ll_figure_add(f, (ll_series) { .kind = LL_SERIES_POINTS,
                                           .label = "what came",
                                           .marker = LL_DIAMOND,
                                           .colour = LL_ORANGE,
                                           .size = 1.9 });
        open = true;
        ll_figure_push(f, compute_of(s), s->score.outcome, NAN, NAN);
        ll_figure_name(f, "%.60s: %.5g came", ll_figure_seal_name(e, s), s->score.outcome);
    }
}

void ll_figure_add_outlooks(ll_figure *f, const ll_evidence *e) {
    planned(f, e);
    sealed(f, e);
    came(f, e);
}

/* ---- the axis ---- */

static void see(ll_axis *y, double lo, double hi) {
    if (lo > 0) y->lo = fmin(y->lo, lo / 1.01);
    if (isfinite(hi)) y->hi = fmax(y->hi, 1.01 * hi);
}

/* The 99 % interval may leave the page: the runs would be squeezed to a line. */
void ll_figure_see_fan(ll_axis *y, const ll_evidence *e) {
    for (int i = 0; i < e->fan.n; i++)
        see(y, e->fan.at[i].forecast.quantile[LL_FORECAST_LO90],
            e->fan.at[i].forecast.quantile[LL_FORECAST_MEDIAN]);
    for (int k = 0; k < e->n_plans; k++) see(y, e->plan[k].loss.lo, e->plan[k].loss.value);
    for (int64_t k = 0; k < e->n_sealed; k++) {
        const ll_sealed *s = &e->sealed[k];
        see(y, s->seal.forecast.quantile[LL_FORECAST_LO90], s->seal.forecast.quantile[LL_FORECAST_HI90]);
        if (s->came) see(y, s->score.outcome, s->score.outcome);
    }
}
