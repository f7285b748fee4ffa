#include "fit/procedure_json.h"

ll_json *ll_procedure_json(const ll_procedure *p, const ll_fit_context *context, ll_json *derived,
                           ll_json *warnings) {
    ll_json *o = ll_json_object(), *objective = ll_json_object(), *r;
    ll_json_set_str(o, "schema", "loglog.fit/1");
    ll_json_set_str(o, "law", p->law);
    ll_json_set_str(o, "form", p->form);
    if (context->convention) ll_json_set(o, "convention", context->convention);
    ll_json_set_int(o, "n", p->n);
    ll_json_set_int(o, "dropped", context->dropped);
    ll_json_set_str(objective, "name", p->objective);
    ll_json_set(o, "objective", objective);
    ll_json_group(o, "params");
    ll_json_set(o, "derived", derived);
    r = ll_json_group(o, "resampling");
    ll_json_set_str(r, "kind", p->n_draws ? ll_resample_name(p->resample) : "none");
    ll_json_set_int(r, "draws", p->n_draws);
    ll_json_set_int(r, "seed", (int64_t)p->seed);
    ll_json_set_int(ll_json_group(o, "diagnostics"), "short", p->n_short);
    ll_json_set(ll_json_group(o, "diagnostics"), "warnings", warnings);
    ll_json_set_num(o, "wall_s", p->wall_s);
    return o;
}
