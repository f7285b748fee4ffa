#include "fit/io/diagnosis_json.h"

#include <math.h>

#include "fit/io/fit_json.h"

static ll_json *values(const ll_fit *fit, const double *params) {
    ll_json *o = ll_json_object();
    for (int j = 0; j < fit->law->n_params; j++) ll_json_set_num(o, fit->law->params[j].name, params[j]);
    return o;
}

static ll_json *asymptote(const ll_diagnosis *d, const ll_fit *fit) {
    ll_json *list = ll_json_array();
    for (int k = 0; d->asymptote.at >= 0 && k < LL_ASYMPTOTE_ENDS; k++) {
        const double *p = d->asymptote.end[k].params;
        ll_json *o = ll_json_object();
        ll_json_set(o, "params", values(fit, p));
        ll_json_set_num(o, "objective", d->asymptote.end[k].objective);
        if (d->aims) ll_json_set_num(o, "forecast", ll_reach_loss_at(&d->reach, fit, p));
        ll_json_push(list, o);
    }
    return list;
}

static ll_json *conventions(const ll_diagnosis *d, const ll_fit *fit) {
    ll_json *list = ll_json_array();
    for (int k = 0; k < d->conventions.n; k++) {
        const ll_convention *c = &d->conventions.of[k];
        ll_json *o = ll_json_object();
        ll_json_set_str(o, "params", c->params);
        ll_json_set_str(o, "flops", c->flops);
        ll_json_set_bool(o, "used", c->used);
        ll_json_set(o, "values", values(fit, c->value));
        ll_json_set_num(o, "a", c->a);
        ll_json_set_num(o, "b", c->b);
        ll_json_push(list, o);
    }
    return list;
}

static ll_json *undertuned(const ll_diagnosis *d) {
    ll_json *o = ll_json_object(), *list = ll_json_array();
    ll_json_set_int(o, "rungs", d->undertuned.rungs);
    ll_json_set_num(o, "false_alarm", LL_UNDERTUNED_ALARM);
    for (int k = 0; k < d->undertuned.n; k++) {
        ll_json *rung = ll_json_object();
        ll_json_set_num(rung, "params", d->undertuned.rung[k].params);
        ll_json_set_int(rung, "runs", d->undertuned.rung[k].runs);
        ll_json_set_int(rung, "row", d->undertuned.rung[k].row + 1);
        ll_json_set_num(rung, "miss", d->undertuned.rung[k].miss);
        ll_json_set_num(rung, "z", d->undertuned.rung[k].z);
        ll_json_push(list, rung);
    }
    ll_json_set(o, "suspect", list);
    return o;
}

static ll_json *reach(const ll_reach *r, const ll_fit *fit, const char *const *runs) {
    static const char *const parts[LL_REACH_PARTS] = { "smallest_third", "middle_third", "largest_third" };
    ll_json *o = ll_json_object(), *at = ll_json_group(o, "at"), *share = ll_json_group(o, "variance_share");
    ll_json_set_str(o, "axis", r->axis);
    ll_json_set_num(o, "target", r->target);
    ll_json_set_num(o, "factor", r->factor);
    ll_json_set(o, "runs", ll_json_nums((double[]) { r->lo, r->hi }, 2));
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (r->x[v] > 0) ll_json_set_num(at, ll_var_name((ll_var)v), r->x[v]);
    ll_json_set(o, "loss", ll_estimate_json(&r->loss, fit->opts.level));
    for (int k = 0; k < LL_REACH_PARTS; k++) ll_json_set_num(share, parts[k], r->share[k]);
    ll_json_set(o, "influence", ll_influence_json(r->influence, fit->n, runs));
    return o;
}

static ll_json *bend(const ll_diagnosis *d) {
    ll_json *o = ll_json_object(), *p = ll_json_group(o, "p");
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (!isnan(d->bend[v])) ll_json_set_num(p, ll_var_name((ll_var)v), d->bend[v]);
    ll_json_set_num(o, "false_alarm", LL_BEND_ALARM);
    return o;
}

void ll_diagnosis_json(const ll_diagnosis *d, const ll_fit *fit, const char *const *runs, ll_json *o) {
    ll_json_set(o, "asymptote", asymptote(d, fit));
    ll_json_set(o, "conventions", conventions(d, fit));
    ll_json_set(o, "undertuned", undertuned(d));
    if (d->aims) ll_json_set(o, "reach", reach(&d->reach, fit, runs));
    ll_json_set(o, "bend", bend(d));
}
