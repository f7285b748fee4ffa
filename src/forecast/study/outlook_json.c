#include "forecast/study/outlook_json.h"

#include <math.h>
#include <stdio.h>

static ll_json *number(const ll_estimate *e, double level) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "value", e->value);
    ll_json_set(o, "ci", ll_json_interval(isfinite(e->lo), e->lo, e->hi));
    ll_json_set_num(o, "level", level);
    return o;
}

ll_json *ll_repeats_json(const ll_repeats *r) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "R_D", r->R_D);
    ll_json_set_num(o, "R_N", r->R_N);
    ll_json_set_bool(o, "borrowed", r->borrowed);
    ll_json_set_str(o, "source", r->source);
    return o;
}

ll_json *ll_outlook_json(const ll_outlook *k) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "params", k->params);
    ll_json_set_num(o, "tokens", k->tokens);
    ll_json_set_num(o, "flops", k->flops);
    ll_json_set_num(o, "reach", k->reach);
    ll_json *forecast = number(&k->loss, k->level);
    ll_json_set(forecast, "quantiles", ll_quantiles_json(&k->forecast));
    ll_json_set(o, "forecast", forecast);
    ll_json_set(o, "law", number(&k->law, k->level));
    return o;
}

/* The rows that the forecast does not stand on. */
static ll_json *faults(const ll_study *s) {
    ll_json *list = ll_json_array();
    for (int64_t i = 0; i < s->triage.n; i++) {
        const ll_triage_row *v = &s->triage.row[i];
        if (v->fault == LL_FAULT_NONE) continue;
        ll_json *o = ll_json_object();
        ll_json_set_int(o, "row", i + 1);
        if (s->run) ll_json_set_str(o, "run", s->run[i]);
        ll_json_set_str(o, "fault", ll_fault_names[v->fault]);
        if (v->fault == LL_FAULT_COPY) ll_json_set_int(o, "of", v->twin + 1);
        else ll_json_set_num(o, "miss", v->miss);
        ll_json_push(list, o);
    }
    return list;
}

static ll_json *runs(const ll_outlook *o, int64_t n) {
    ll_json *list = ll_json_array();
    for (int64_t i = 0; i < n; i++) ll_json_push(list, ll_outlook_json(&o[i]));
    return list;
}

ll_json *ll_outlook_document(const ll_outlook *o, int64_t n, const ll_study *s) {
    ll_json *doc = ll_outlook_json(o);
    if (n > 1) ll_json_set(doc, "runs", runs(o, n));
    ll_json_set_str(doc, "schema", "loglog.forecast-at/1");
    ll_json_set_str(doc, "law_name", s->law->name);
    ll_json_set_str(doc, "loss_unit", s->loss_unit);
    ll_json_set(doc, "convention", ll_study_convention(s));
    ll_json_set_int(doc, "n", s->data.n);
    ll_json_set(doc, "prior", ll_borrowed_json(&s->borrowed));
    if (s->triage.bad > 0) ll_json_set(doc, "faults", faults(s));
    if (o->unique_tokens > 0) {
        ll_json_set_num(doc, "unique_tokens", o->unique_tokens);
        ll_json_set(doc, "repeats", ll_repeats_json(&o->repeats));
    }
    return doc;
}
