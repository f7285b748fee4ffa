#include "report/figure/figure_cost.h"

#include <math.h>
#include <stdio.h>

#include "loglog/units.h"

/* Dollars: what cost less than that is left out. */
#define CHEAPEST 1.0

/* The days that the figure spans: those of the models, and half as many years again to come, four at most. */
static void span(const ll_spending *s, double *first, double *last) {
    *first = fmax(s->models->at[0].year, s->growth.origin - 10);
    *last = s->models->at[s->models->n - 1].year;
    *last += fmin(4, (*last - *first) / 2);
}

static void models(ll_figure *f, const ll_spending *s, bool frontier, double first) {
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_POINTS,
                                   .label = "",
                                   .colour = frontier ? LL_BLUE : LL_SKY,
                                   .marker = frontier ? LL_CIRCLE : LL_RING,
                                   .size = frontier ? 0.9 : 0.5 });
    snprintf(f->series[f->n_series - 1].label, LL_FIGURE_TEXT, "%s",
             frontier ? "among the largest of their day" : "other models");
    for (int64_t i = 0; i < s->models->n; i++)
        if (s->frontier[i] == frontier && s->models->at[i].year >= first && s->bill[i].usd >= CHEAPEST)
            ll_figure_push(f, s->models->at[i].year, s->bill[i].usd, frontier ? s->bill[i].usd_lo : NAN,
                           frontier ? s->bill[i].usd_hi : NAN);
}

static void trend(ll_figure *f, const ll_spending *s, double last) {
    const ll_trend *t = &s->growth;
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_LINE, .colour = LL_BLACK, .size = 1.4 });
    snprintf(f->series[f->n_series - 1].label, LL_FIGURE_TEXT, "their trend: %.2g times a year, %.2g to %.2g",
             t->times_per_year.value, t->times_per_year.lo, t->times_per_year.hi);
    const double first = 2 * t->origin - last; /* as far back as forth */
    for (int k = 0; k <= 1; k++) {
        const double year = k ? last : first;
        ll_figure_push(f, year, ll_trend_at(t, year), NAN, NAN);
    }
}

static void budget(ll_figure *f, double usd, double first, double last) {
    char money[32], text[64];
    ll_figure_add(f,
                  (ll_series) { .kind = LL_SERIES_LINE, .colour = LL_VERMILLION, .dash = LL_DASHED, .size = 0.8 });
    ll_figure_push(f, first, usd, NAN, NAN);
    ll_figure_push(f, last, usd, NAN, NAN);
    snprintf(text, sizeof text, "$%s", ll_units_show(usd, money, sizeof money));
    ll_figure_note(f, first, 2.4 * usd, text);
}

ll_status ll_figure_cost(ll_figure **out, const ll_spending *s, const double *budgets, int64_t n, ll_error *err) {
    double first, last;
    LL_TRY(ll_figure_new(out, "What training cost, and who could pay", err));
    ll_figure *f = *out;
    span(s, &first, &last);
    f->x = (ll_axis) { .label = "published", .lo = first, .hi = last };
    f->y = (ll_axis) { .label = "cost of one training", .unit = "dollars, rented", .log = true };
    f->y.counts = true;
    f->y.lo = CHEAPEST;
    f->y.hi = 4 * ll_trend_at(&s->growth, last);
    for (int64_t k = 0; k < n; k++) f->y.hi = fmax(f->y.hi, 4 * budgets[k]);
    models(f, s, false, first);
    models(f, s, true, first);
    trend(f, s, last);
    for (int64_t k = 0; k < n; k++) budget(f, budgets[k], first, last);
    return LL_OK;
}
