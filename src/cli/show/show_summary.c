#include "cli/show/show_summary.h"

#include <math.h>
#include <string.h>

#include "cli/print.h"
#include "fit/approach/isoflop.h"
#include "loglog/units.h"
#include "report/show.h"

static void print_param(FILE *out, const ll_fit *f, int i) {
    const ll_estimate *p = &f->params[i];
    char v[LL_SHOW_SIZE], lo[LL_SHOW_SIZE], hi[LL_SHOW_SIZE];
    ll_say_to(out, "  %s %s [%s, %s]", f->law->params[i].name, ll_show_in(p->value, p->lo, p->hi, v),
              ll_show_in(p->lo, p->lo, p->hi, lo), ll_show_in(p->hi, p->lo, p->hi, hi));
}

static void print_fit(FILE *out, const char *name, const ll_fit *f, double bytes_per_token) {
    if (!f->law) return;
    ll_say_to(out, "  %-8s %-26s", name, f->law->form);
    for (int i = 0; i < f->law->n_params; i++) print_param(out, f, i);
    for (int i = 0; i < f->law->n_params; i++)
        if (!strcmp(f->law->params[i].name, "E") && bytes_per_token > 0)
            ll_say_to(out, "  (floor %.4f bits/byte)", ll_units_bits_per_byte(f->params[i].value, bytes_per_token));
    ll_say_to(out, "\n");
}

static void print_sealed(FILE *out, const ll_sealed *s, double bytes_per_token) {
    const ll_forecast *f = &s->seal.forecast;
    ll_say_to(out, "\nforecast of %s, sealed %s at %.3g times the largest fitted compute\n",
              strrchr(f->run, '/') ? strrchr(f->run, '/') + 1 : f->run, f->sealed, f->reach);
    ll_say_to(out, "  median %.4f nats/token, 90 %% interval %.4f to %.4f", f->quantile[LL_FORECAST_MEDIAN],
              f->quantile[LL_FORECAST_LO90], f->quantile[LL_FORECAST_HI90]);
    if (bytes_per_token > 0)
        ll_say_to(out, " (%.4f bits/byte, %.4f to %.4f)",
                  ll_units_bits_per_byte(f->quantile[LL_FORECAST_MEDIAN], bytes_per_token),
                  ll_units_bits_per_byte(f->quantile[LL_FORECAST_LO90], bytes_per_token),
                  ll_units_bits_per_byte(f->quantile[LL_FORECAST_HI90], bytes_per_token));
    if (!s->came) {
        ll_say_to(out, "\n  not judged yet\n");
        return;
    }
    ll_say_to(out, "\n  outcome %.4f: the 90 %% interval %s\n", s->score.outcome,
              s->score.covered90 ? "covered it" : "did NOT cover it");
    if (!s->score.covered99)
        ll_say_to(out, "  BEND ALARM: outside the 99 %% interval %.4f to %.4f\n", f->quantile[LL_FORECAST_LO99],
                  f->quantile[LL_FORECAST_HI99]);
}

/* How far the interval goes from its estimate towards the other one: of a skewed one the sides differ. */
static double side_towards(const ll_estimate *e, const ll_estimate *other) {
    return other->value > e->value ? e->hi - e->value : e->value - e->lo;
}

/* The exponent that the surface has, approach 3, beside that of the valleys, approach 2. */
static void print_optimum(FILE *out, const ll_evidence *e) {
    const ll_estimate *a = &e->frontier.a, *b = &e->frontier.b;
    const ll_fit_data *d = &e->study.data;
    const ll_isoflop_data data = { .n = d->n,
                                   .params = d->x[LL_VAR_N],
                                   .tokens = d->x[LL_VAR_D],
                                   .flops = d->x[LL_VAR_C],
                                   .loss = d->loss,
                                   .weight = d->weight,
                                   .cluster = d->cluster };
    ll_isoflop f;
    ll_say_to(out, "  compute-optimal N ~ C^%.3f [%.3f, %.3f], D ~ C^%.3f [%.3f, %.3f]\n", a->value, a->lo, a->hi,
              b->value, b->lo, b->hi);
    if (!data.params || !data.tokens || !data.flops || ll_isoflop_run(&f, &data, &e->study.opts, NULL) != LL_OK)
        return;
    const double apart = fabs(f.a.value - a->value);
    const double allowed = hypot(side_towards(&f.a, a), side_towards(a, &f.a));
    ll_say_to(out, "  by the isoFLOP valleys N ~ C^%.3f [%.3f, %.3f]: %s\n", f.a.value, f.a.lo, f.a.hi,
              apart <= allowed  ? "the two agree within their intervals"
              : apart > allowed ? "the two are further apart than their intervals allow"
                                : "without both intervals nothing says whether the two agree");
    ll_isoflop_clear(&f);
}

void ll_summary_print(FILE *out, const ll_evidence *e) {
    static const char *const names[LL_UNIVARIATES] = { "L(N)", "L(D)", "L(C)" };
    ll_say_to(out, "\nlaws, nats per token, 90 %% bootstrap intervals\n");
    if (!e->study.fit.law) ll_say_to(out, "  L(N,D)   %s\n", ll_evidence_no_surface(e));
    print_fit(out, "L(N,D)", &e->study.fit, e->bytes_per_token);
    for (int i = 0; i < LL_UNIVARIATES; i++) {
        print_fit(out, names[i], &e->lines.along[i].power, e->bytes_per_token);
        print_fit(out, names[i], &e->lines.along[i].floor, e->bytes_per_token);
    }
    if (e->study.fit.law) print_optimum(out, e);
    for (int64_t i = 0; i < e->n_sealed; i++) print_sealed(out, &e->sealed[i], e->bytes_per_token);
}
