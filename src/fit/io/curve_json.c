#include "fit/io/curve_json.h"

static void put_score(ll_json *o, const ll_curve_score *s) {
    ll_json_set_int(o, "n", s->n);
    ll_json_set_num(o, "r2", s->r2);
    ll_json_set_num(o, "mean_abs_rel_err", s->mean_abs_rel_err);
    ll_json_set_num(o, "worst_abs_rel_err", s->worst_abs_rel_err);
}

static void put_params(ll_json *o, const ll_curve_fit *f) {
    for (int j = 0; j < f->law->law.n_params; j++) {
        ll_json *e = ll_estimate_json(&f->params[j], f->opts.level);
        if (f->opts.fixed >> j & 1) ll_json_set_bool(e, "fixed", true);
        ll_json_set(o, f->law->law.params[j].name, e);
    }
}

static void put_judged(ll_json *o, const ll_curve_fit *f, const char *const *runs) {
    ll_json *curves = ll_json_array();
    put_score(o, &f->judged);
    put_score(ll_json_group(o, "mean_of_curves"), &f->of_curves);
    ll_json_set_num(o, "mean_abs_end_err", f->of_curves.end_rel_err);
    for (int64_t k = 0; k < f->n_judged_curves; k++) {
        ll_json *e = ll_json_object();
        const char *run = runs ? runs[f->curve[k].row] : NULL;
        ll_json_set_str(e, "run", run ? run : "");
        put_score(e, &f->curve[k]);
        ll_json_set_num(e, "end_rel_err", f->curve[k].end_rel_err);
        ll_json_push(curves, e);
    }
    ll_json_set(o, "curves", curves);
}

ll_json *ll_curve_fit_json(const ll_curve_fit *f, const ll_fit_context *context) {
    ll_json *o = ll_json_object(), *warnings = ll_json_array(), *g;
    char text[LL_FIT_WARNING];
    ll_json_set_str(o, "schema", "loglog.fit/1");
    ll_json_set_str(o, "law", f->law->law.name);
    ll_json_set_str(o, "form", f->law->law.form);
    if (context->convention) ll_json_set(o, "convention", context->convention);
    ll_json_set_int(o, "n", f->n);
    ll_json_set_int(o, "n_curves", f->n_curves);
    ll_json_set_int(o, "dropped", context->dropped);
    g = ll_json_group(o, "objective");
    ll_json_set_str(g, "name", ll_objective_name(f->opts.objective));
    if (f->opts.objective == LL_OBJ_HUBER_LOG) ll_json_set_num(g, "delta", f->opts.delta);
    ll_json_set_num(g, "value", f->objective);
    put_params(ll_json_group(o, "params"), f);
    ll_json_group(o, "derived");
    put_score(ll_json_group(o, "fitted"), &f->fitted);
    if (f->judged.n) put_judged(ll_json_group(o, "judged"), f, context->runs);
    g = ll_json_group(o, "resampling");
    ll_json_set_str(g, "kind", f->n_draws ? ll_resample_name(LL_RESAMPLE_WILD) : "none");
    ll_json_set_int(g, "draws", f->n_draws);
    ll_json_set_int(g, "seed", (int64_t)f->opts.seed);
    g = ll_json_group(o, "diagnostics");
    ll_json_set_int(g, "starts", f->starts);
    ll_json_set_str(g, "stop", ll_fit_stop_name(f->stop));
    ll_json_set_num(g, "residual_sd", f->residual_sd);
    for (int k = 0; ll_curve_fit_warning(f, k, text, sizeof text); k++) ll_json_push(warnings, ll_json_str(text));
    ll_json_set(g, "warnings", warnings);
    ll_json_set_num(o, "wall_s", f->wall_s);
    return o;
}
