#include "fit/io/compare_json.h"

#include <math.h>

#include "fit/io/fit_json.h"

/* {"E": {"kind": "difference", "value": ...}} of the parameters in own. */
static ll_json *changes(const ll_compare *c, const ll_estimate *change, uint32_t own) {
    ll_json *o = ll_json_object();
    for (int j = 0; j < c->law->n_params; j++) {
        if (!(own >> j & 1)) continue;
        ll_json *e = ll_estimate_json(&change[j], c->opts.fit.level);
        ll_json_set_str(e, "kind", ll_compare_part(c->law, j) == LL_OFFSET ? "ratio" : "difference");
        ll_json_set_str(e, "part", ll_hypothesis_name(ll_compare_part(c->law, j)));
        ll_json_set(o, c->law->params[j].name, e);
    }
    return o;
}

void ll_compare_json(const ll_compare *c, ll_json *into) {
    ll_json *could = ll_json_array(), *models = ll_json_object();
    for (int h = 0; h < LL_HYPOTHESES; h++) {
        const ll_compare_model *m = &c->model[h];
        if (!m->there) continue;
        if (m->enough) ll_json_push(could, ll_json_str(ll_hypothesis_name((ll_hypothesis)h)));
        ll_json *o = ll_json_group(models, ll_hypothesis_name((ll_hypothesis)h));
        ll_json_set_num(o, "objective", m->objective);
        ll_json_set_num(o, "p", m->p);
        ll_json_set_bool(o, "enough", m->enough);
        ll_json_set(o, "change", changes(c, m->change, m->own));
    }
    ll_json_set_str(into, "answer", ll_answer_name(c->answer));
    ll_json_set_num(into, "alarm", c->opts.alarm);
    ll_json_set_bool(into, "paired", c->paired);
    ll_json_set(into, "could_be", could);
    ll_json_set(into, "models", models);
    ll_json_set(into, "change", changes(c, c->change, ~c->opts.fit.fixed));
    ll_json_set_num(into, "objective", c->objective);
}

void ll_isoflop_compare_json(const ll_isoflop_compare *c, ll_json *into) {
    ll_json_set_str(into, "answer", ll_answer_name(c->answer));
    ll_json_set_num(into, "alarm", c->alarm);
    ll_json_set_num(into, "p", c->p);
    ll_json_set_str(into, "p_from", c->by_resamples ? "resamples" : "bottoms");
    ll_json *a = ll_estimate_json(&c->change, c->fit[0].opts.level);
    ll_json_set_str(a, "kind", "difference");
    ll_json_set_str(a, "part", ll_answer_name(LL_ANSWER_EXPONENT));
    ll_json_set(ll_json_group(into, "change"), "a", a);
}
