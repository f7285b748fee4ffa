/* Figures of the decision: how the forecasts have held, and what the planned budgets buy at each size. */
#include <math.h>
#include <stdio.h>

#include "report/figures/figures.h"
#include "report/figures/figures_calibration.h"
#include "report/show.h"

ll_status ll_figure_scored(ll_figure **out, const ll_evidence *e, ll_error *err) {
    return ll_figure_calibration(out, e->scores, e->n_scores, err);
}

static void budget(ll_figure *f, const ll_evidence *e, int k) {
    enum { STEPS = 64 };
    static const ll_colour colours[LL_EVIDENCE_PLANS] = { LL_BLUE, LL_VERMILLION };
    static const double reach = 8; /* sizes either side of the optimum */
    const ll_plan_law law = ll_plan_law_fitted(&e->study.fit);
    const ll_plan *p = &e->plan[k];
    const ll_plan_point *best = &p->point;
    char flops[LL_SHOW_SIZE];
    ll_series s = { .kind = LL_SERIES_LINE, .colour = colours[k], .dash = (ll_dash)k };
    snprintf(s.label, sizeof s.label, "%s: %s FLOPs", e->question[k].words, ll_show(best->C, 3, flops));
    ll_figure_add(f, s);
    for (int i = 0; i <= STEPS; i++) {
        const double N = best->N * pow(reach, 2.0 * i / STEPS - 1);
        ll_figure_push(f, N, ll_plan_loss(law.law, law.params, &p->ask, N, best->C / (6 * N)), NAN, NAN);
    }
    s = (ll_series) { .kind = LL_SERIES_POINTS, .marker = LL_STAR, .size = 1.6 };
    snprintf(s.label, sizeof s.label, "%s", k ? "" : "plan, with the interval of the law there");
    ll_figure_add(f, s);
    ll_figure_push(f, best->N, best->loss, p->law.lo, p->law.hi);
}

ll_status ll_figure_plan(ll_figure **out, const ll_evidence *e, ll_error *err) {
    *out = NULL;
    if (e->n_plans == 0) return LL_FAIL(err, LL_ESTATE, "%s", e->unplanned);
    LL_TRY(ll_figure_new(out, "What the next budgets buy", err));
    ll_figure *f = *out;
    f->x = ll_figure_n_axis(e);
    ll_figure_loss_axes(f, e, "loss by the fitted surface");
    for (int k = 0; k < e->n_plans; k++) budget(f, e, k);
    return LL_OK;
}
