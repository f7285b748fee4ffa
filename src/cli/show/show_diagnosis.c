#include "cli/show/show_diagnosis.h"

#include <math.h>
#include <stdio.h>

#include "cli/print.h"
#include "cli/show/show_outlook.h"
#include "fit/doubt/influence.h"
#include "fit/io/fit_json.h"
#include "fit/warn.h"
#include "loglog/units.h"

static void show_row(const ll_fit_told *told, int64_t row) {
    char name[LL_FIT_ROW];
    ll_say("%s", ll_fit_row_name(&told->study->data, row, name));
}

static void show_influence(const ll_fit_told *told) {
    const ll_fit *fit = &told->study->fit;
    const double *forecast = told->diagnosis->reach.influence;
    int64_t rows[5];
    int n = ll_fit_most_influential(fit->influence, fit->n, rows, 5);
    if (n)
        ll_say("most influential runs: what changes without each, in standard errors\n  last exponent%s\n",
               forecast ? "  law at the target" : "");
    for (int k = 0; k < n; k++) {
        ll_say("  %+13.2f  ", fit->influence[rows[k]]);
        if (forecast) ll_say("%+17.2f  ", forecast[rows[k]]);
        show_row(told, rows[k]);
        ll_say("\n");
    }
}

static void show_values(const ll_fit *fit, const double *params) {
    for (int j = 0; j < fit->law->n_params; j++) ll_say(" %s %.5g", fit->law->params[j].name, params[j]);
}

static void show_optima(const ll_fit *fit) {
    for (int k = 1; k < fit->n_optima; k++) {
        ll_say("competing optimum %.10g:", fit->optima[k].objective);
        show_values(fit, fit->optima[k].params);
        ll_say("\n");
    }
}

static void show_asymptote(const ll_fit_told *told) {
    const ll_diagnosis *d = told->diagnosis;
    const ll_fit *fit = &told->study->fit;
    if (d->asymptote.at < 0) return;
    ll_say("the asymptote's band: the fit with E held at the ends of its interval\n");
    for (int k = 0; k < LL_ASYMPTOTE_ENDS; k++) {
        const double *p = d->asymptote.end[k].params;
        ll_say(" ");
        show_values(fit, p);
        ll_say("\n    ");
        if (d->aims) ll_say("the law at the target %.5g; ", ll_reach_loss_at(&d->reach, fit, p));
        ll_say("the objective %.4g times the fit's\n", d->asymptote.end[k].objective / fit->objective);
    }
}

/* The exponents alone: coefficients of other counts are in other units. */
static void show_conventions(const ll_fit_told *told) {
    const ll_conventions *c = &told->diagnosis->conventions;
    const ll_law *law = told->study->law;
    if (c->n < 2) return;
    ll_say("the exponents under every count in the table (* the fit's own)\n");
    for (int k = 0; k < c->n; k++) {
        ll_say("  %c N %-20s C %-16s", c->of[k].used ? '*' : ' ', c->of[k].params, c->of[k].flops);
        for (int j = 0; j < law->n_params; j++)
            if (!law->params[j].log) ll_say("  %s %.4f", law->params[j].name, c->of[k].value[j]);
        if (!isnan(c->of[k].a)) ll_say("  a %.4f  b %.4f", c->of[k].a, c->of[k].b);
        ll_say("\n");
    }
}

static void show_undertuned(const ll_fit_told *told) {
    const ll_undertuned *u = &told->diagnosis->undertuned;
    char N[32];
    if (u->n == 0) return;
    ll_say("undertuned? sizes above the law, of %lld (false alarm: %g %% of sound tables, normal noise)\n",
           (long long)u->rungs, 100 * LL_UNDERTUNED_ALARM);
    for (int k = 0; k < u->n; k++) {
        ll_say("  N %-9s %+.2f %%, %.1f standard errors, %lld run%s, first at ",
               ll_units_show(u->rung[k].params, N, sizeof N), 100 * u->rung[k].miss, u->rung[k].z,
               (long long)u->rung[k].runs, u->rung[k].runs == 1 ? "" : "s");
        show_row(told, u->rung[k].row);
        ll_say("\n");
    }
}

static void show_reach(const ll_fit_told *told) {
    const ll_diagnosis *d = told->diagnosis;
    const ll_reach *r = &d->reach;
    int64_t row;
    if (!d->aims) return;
    ll_say("the law at %s = %.4g, %.3g times the largest run (runs from %.3g to %.3g)\n", r->axis, r->target,
           r->factor, r->lo, r->hi);
    ll_show_loss("the law alone", &r->loss, told->study->fit.opts.level, told->study->loss_unit);
    if (isnan(r->share[0])) return;
    ll_say("  of its variance the smallest third of the runs carries %.0f %%, the middle %.0f %%, the largest %.0f "
           "%%\n",
           100 * r->share[0], 100 * r->share[1], 100 * r->share[2]);
    if (!ll_fit_most_influential(r->influence, told->study->fit.n, &row, 1)) return;
    ll_say("  it leans most on ");
    show_row(told, row);
    ll_say(": %+.2f standard errors without it\n", r->influence[row]);
}

static void show_bend(const ll_diagnosis *d) {
    const char *before = "bend of the residuals:";
    for (int v = 0; v < LL_VAR_COUNT; v++) {
        if (isnan(d->bend[v])) continue;
        ll_say("%s along %s p = %.3g", before, ll_var_name((ll_var)v), d->bend[v]);
        before = ",";
    }
    if (*before == ',')
        ll_say(" (a straight law falls below %g in %g %% of tables)\n", LL_BEND_ALARM, 100 * LL_BEND_ALARM);
}

void ll_show_diagnosis(const ll_fit_told *told) {
    show_influence(told);
    show_optima(&told->study->fit);
    show_asymptote(told);
    show_conventions(told);
    show_undertuned(told);
    show_reach(told);
    show_bend(told->diagnosis);
}
