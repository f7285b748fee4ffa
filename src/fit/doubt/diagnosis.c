#include "fit/doubt/diagnosis.h"

#include <math.h>
#include <stdio.h>

#include "fit/bend.h"
#include "fit/doubt/influence.h"
#include "fit/warn.h"

/* Where X is a column of its own nothing says what it will be at another C. */
static ll_status aim_at(ll_diagnosis *d, const ll_fit *fit, ll_var along, const ll_aim *aim, ll_error *err) {
    const bool named = aim->flops > 0;
    if (along == LL_VAR_X)
        return named ? LL_FAIL(err, LL_EINPUT,
                               "--target-flops: law %s reads a column beside FLOPs, of which "
                               "there is no forecast",
                               fit->law->name)
                     : LL_OK;
    ll_status s = ll_reach_new(&d->reach, fit, aim, err);
    d->aims = s == LL_OK;
    return s == LL_EINPUT && !named ? LL_OK : s;
}

static ll_status look(ll_diagnosis *d, const ll_fit *fit, const ll_table *t, const ll_columns *columns,
                      ll_var along, const ll_aim *aim, ll_error *err) {
    LL_TRY(aim_at(d, fit, along, aim, err));
    LL_TRY(ll_asymptote_find(&d->asymptote, fit, err));
    LL_TRY(ll_conventions_find(&d->conventions, fit, t, columns, along, err));
    LL_TRY(ll_undertuned_find(&d->undertuned, fit, err));
    ll_fit_bends(fit, &fit->data, fit->law->vars, fit->opts.seed, d->bend);
    return LL_OK;
}

ll_status ll_diagnose(ll_diagnosis *d, const ll_fit *fit, const ll_table *t, const ll_columns *columns,
                      ll_var along, const ll_aim *aim, ll_error *err) {
    *d = (ll_diagnosis) { 0 };
    ll_status s = look(d, fit, t, columns, along, aim, err);
    if (s != LL_OK) ll_diagnosis_free(d);
    return s;
}

void ll_diagnosis_free(ll_diagnosis *d) {
    ll_reach_free(&d->reach);
    *d = (ll_diagnosis) { 0 };
}

static void warn_of_influence(const ll_reach *r, ll_fit *fit, const ll_fit_data *data) {
    char name[LL_FIT_ROW];
    int64_t row;
    if (ll_fit_most_influential(r->influence, fit->n, &row, 1) && fabs(r->influence[row]) > 1)
        ll_fit_add_warning(fit, "without %s the forecast at %s = %.3g moves by %.2g standard errors",
                           ll_fit_row_name(data, row, name), r->axis, r->target, r->influence[row]);
}

static void warn_of_tuning(const ll_undertuned *u, ll_fit *fit) {
    if (u->n == 0) return;
    char more[48] = "";
    if (u->n > 1) snprintf(more, sizeof more, "; %d more", u->n - 1);
    ll_fit_add_warning(
        fit,
        "undertuned? N = %.3g (%lld run%s) lies %.2g %% above the law, %.2g standard errors%s (false "
        "alarm: %g %% of sound tables)",
        u->rung[0].params, (long long)u->rung[0].runs, u->rung[0].runs == 1 ? "" : "s", 100 * u->rung[0].miss,
        u->rung[0].z, more, 100 * LL_UNDERTUNED_ALARM);
}

void ll_diagnosis_warn(const ll_diagnosis *d, ll_fit *fit, const ll_fit_data *data) {
    if (d->aims) warn_of_influence(&d->reach, fit, data);
    warn_of_tuning(&d->undertuned, fit);
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (d->bend[v] < LL_BEND_ALARM)
            ll_fit_add_warning(
                fit,
                "the residuals bend along %s (p = %.3g, false alarm %g %%): the law is not the whole of "
                "it",
                ll_var_name((ll_var)v), d->bend[v], 100 * LL_BEND_ALARM);
}
