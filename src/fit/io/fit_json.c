#include "fit/io/fit_json.h"

#include <math.h>
#include <string.h>

#include "base/system/file.h"
#include "base/words/number.h"
#include "fit/approach/frontier.h"
#include "fit/approach/overfit.h"
#include "fit/doubt/influence.h"

enum { LISTED = 5 };

ll_json *ll_estimate_json(const ll_estimate *e, double level) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "value", e->value);
    ll_json_set_num(o, "se", e->se);
    ll_json_set(o, "ci", ll_json_interval(isfinite(e->lo), e->lo, e->hi));
    ll_json_set_num(o, "level", level);
    return o;
}

void ll_frontier_json(ll_json *into, const ll_estimate *a, const ll_estimate *b, const ll_estimate *G,
                      double level) {
    ll_json_set(into, "a", ll_estimate_json(a, level));
    ll_json_set(into, "b", ll_estimate_json(b, level));
    ll_json_set(into, "G", ll_estimate_json(G, level));
}

static ll_json *objective(const ll_fit *fit) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "name", ll_objective_name(fit->opts.objective));
    if (fit->opts.objective == LL_OBJ_HUBER_LOG) ll_json_set_num(o, "delta", fit->opts.delta);
    ll_json_set_num(o, "value", fit->objective);
    return o;
}

static ll_json *params(const ll_fit *fit, const ll_profile *profile) {
    ll_json *o = ll_json_object();
    for (int j = 0; j < fit->law->n_params; j++) {
        ll_json *e = ll_estimate_json(&fit->params[j], fit->opts.level);
        if (fit->opts.fixed >> j & 1) ll_json_set_bool(e, "fixed", true);
        else if (profile) ll_json_set(e, "profile", ll_json_nums((double[]) { profile[j].lo, profile[j].hi }, 2));
        ll_json_set(o, fit->law->params[j].name, e);
    }
    return o;
}

static ll_json *overfit(const ll_fit *fit) {
    ll_json *o = ll_json_object();
    const ll_overfit f = ll_fit_overfit(fit, LL_OVERFIT_GAP);
    ll_json_set(o, "k", ll_estimate_json(&f.k, fit->opts.level));
    ll_json_set(o, "x", ll_estimate_json(&f.x, fit->opts.level));
    ll_json_set_num(o, "at_gap", f.at_gap);
    return o;
}

static ll_json *derived(const ll_fit *fit) {
    ll_json *o = ll_json_object();
    if (strcmp(fit->law->name, "kaplan_nd") == 0) ll_json_set(o, "overfit", overfit(fit));
    if (strcmp(fit->law->name, "chinchilla") != 0) return o;
    const ll_frontier_estimate f = ll_fit_frontier(fit);
    ll_frontier_json(o, &f.a, &f.b, &f.G, fit->opts.level);
    return o;
}

static ll_json *resampling(const ll_fit *fit) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "kind", fit->n_draws ? ll_resample_name(fit->opts.resample) : "none");
    ll_json_set_int(o, "draws", fit->n_draws);
    if (fit->taken) ll_json_set_int(o, "taken", fit->taken);
    ll_json_set_int(o, "seed", (int64_t)fit->opts.seed);
    return o;
}

static ll_json *optima(const ll_fit *fit) {
    ll_json *list = ll_json_array();
    for (int k = 0; k < fit->n_optima; k++) {
        ll_json *o = ll_json_object(), *p = ll_json_group(o, "params");
        ll_json_set_num(o, "objective", fit->optima[k].objective);
        for (int j = 0; j < fit->law->n_params; j++)
            ll_json_set_num(p, fit->law->params[j].name, fit->optima[k].params[j]);
        ll_json_push(list, o);
    }
    return list;
}

ll_json *ll_influence_json(const double *influence, int64_t n, const char *const *runs) {
    ll_json *list = ll_json_array();
    int64_t rows[LISTED];
    int listed = ll_fit_most_influential(influence, n, rows, LISTED);
    for (int k = 0; k < listed; k++) {
        ll_json *o = ll_json_object();
        ll_json_set_int(o, "row", rows[k] + 1);
        if (runs && runs[rows[k]]) ll_json_set_str(o, "run", runs[rows[k]]);
        ll_json_set_num(o, "se", influence[rows[k]]);
        ll_json_push(list, o);
    }
    return list;
}

static ll_json *diagnostics(const ll_fit *fit, const ll_fit_context *context) {
    ll_json *o = ll_json_object(), *weak = ll_json_array(), *warnings = ll_json_array();
    ll_json_set_int(o, "starts", fit->starts);
    ll_json_set_str(o, "stop", ll_fit_stop_name(fit->stop));
    ll_json_set_num(o, "residual_sd", fit->residual_sd);
    ll_json_set(o, "optima", optima(fit));
    ll_json_set(o, "influence", ll_influence_json(fit->influence, fit->n, context->runs));
    for (int j = 0; j < fit->law->n_params; j++)
        if (fit->weak >> j & 1) ll_json_push(weak, ll_json_str(fit->law->params[j].name));
    ll_json_set(o, "weak", weak);
    for (int i = 0; i < fit->n_warnings; i++) ll_json_push(warnings, ll_json_str(fit->warnings[i]));
    ll_json_set(o, "warnings", warnings);
    return o;
}

ll_json *ll_fit_json(const ll_fit *fit, const ll_fit_context *context) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "schema", "loglog.fit/1");
    ll_json_set_str(o, "law", fit->law->name);
    ll_json_set_str(o, "form", fit->law->form);
    if (fit->law->vars & 1u << LL_VAR_X) ll_json_set_str(o, "x", ll_var_name(context->along));
    if (context->convention) ll_json_set(o, "convention", context->convention);
    ll_json_set_int(o, "n", fit->n);
    ll_json_set_int(o, "dropped", context->dropped);
    ll_json_set(o, "objective", objective(fit));
    ll_json_set(o, "params", params(fit, context->profile));
    ll_json_set(o, "derived", derived(fit));
    ll_json_set(o, "resampling", resampling(fit));
    ll_json_set(o, "diagnostics", diagnostics(fit, context));
    ll_json_set_num(o, "wall_s", fit->wall_s);
    return o;
}

ll_status ll_fit_draws_write(const ll_fit *fit, const char *path, ll_error *err) {
    const int p = fit->law->n_params;
    ll_file f;
    if (fit->n_draws < 1) return LL_FAIL(err, LL_EINPUT, "%s: the fit has no draws to write", path);
    LL_TRY(ll_file_create(&f, path, err));
    for (int j = 0; j < p; j++) fprintf(f.out, "%s%s", j ? "," : "", fit->law->params[j].name);
    fputc('\n', f.out);
    const ll_number_scope scope = ll_number_begin();
    for (int64_t i = 0; i < fit->n_draws; i++)
        for (int j = 0; j < p; j++) fprintf(f.out, "%.17g%c", fit->draws[i * p + j], j + 1 < p ? ',' : '\n');
    ll_number_end(scope);
    return ll_file_commit(&f, err);
}
