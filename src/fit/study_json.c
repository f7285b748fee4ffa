#include <math.h>

#include "fit/fit_json.h"
#include "fit/study.h"

static const char *const line_names[LL_STUDY_LINES] = { "L(N)", "L(D)", "L(C)" };

static ll_json *fit_or_null(const ll_fit *fit, ll_var along) {
    return fit->law ? ll_fit_json(fit, &(ll_fit_context) { .along = along }) : ll_json_num(NAN);
}

static ll_json *line_json(const ll_study_line *l) {
    ll_json *o = ll_json_object(), *rows = ll_json_array();
    ll_json_set_str(o, "chosen", l->chosen);
    if (*l->missing) ll_json_set_str(o, "missing", l->missing);
    for (int64_t i = 0; i < l->n; i++) ll_json_push(rows, ll_json_int(l->rows[i]));
    ll_json_set(o, "rows", rows);
    ll_json_set(o, "power", fit_or_null(&l->power, l->along));
    ll_json_set(o, "power_floor", fit_or_null(&l->floor, l->along));
    ll_json_set_num(o, "bend_p_power", l->bend_power);
    ll_json_set_num(o, "bend_p_power_floor", l->bend_floor);
    return o;
}

static ll_json *valley_json(const ll_valley *v) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "flops", v->flops);
    ll_json_set_int(o, "n", v->n);
    ll_json_set_num(o, "params", v->n_opt);
    ll_json_set_num(o, "loss", v->loss_min);
    ll_json_set_num(o, "curvature", v->curvature);
    ll_json_set_bool(o, "edge", v->edge);
    ll_json_set_bool(o, "concave", v->concave);
    return o;
}

static ll_json *surface_json(const ll_study *s) {
    ll_json *o = ll_json_object();
    ll_json_set(o, "fit", fit_or_null(&s->surface, LL_VAR_X));
    if (!s->surface.law) {
        ll_json_set_str(o, "missing", s->missing);
        return o;
    }
    ll_json_set(o, "residuals", ll_json_nums(s->surface.residual, (size_t)s->surface.n));
    for (int k = 0; k < LL_STUDY_LINES; k++)
        ll_json_set_num(ll_json_group(o, "bend_p"), ll_var_name(s->line[k].along), s->bend[k]);
    return o;
}

ll_json *ll_study_json(const ll_study *s) {
    ll_json *o = ll_json_object(), *valleys = ll_json_array();
    ll_json_set_str(o, "schema", "loglog.study/1");
    ll_json_set_int(o, "n", s->data.n);
    ll_json_set_num(o, "evaluation_sd", s->evaluation_sd);
    ll_json_set(o, "surface", surface_json(s));
    for (int k = 0; k < LL_STUDY_LINES; k++) ll_json_set(o, line_names[k], line_json(&s->line[k]));
    for (int i = 0; i < s->n_valleys; i++) ll_json_push(valleys, valley_json(&s->valleys[i]));
    ll_json_set(o, "isoflop", valleys);
    return o;
}
