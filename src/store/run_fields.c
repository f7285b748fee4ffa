#include <math.h>
#include <string.h>

#include "loglog/units.h"
#include "store/store.h"

const ll_run_field ll_run_fields[] = {
#define FIELD(field, kind) { #field, kind, offsetof(ll_run, field), sizeof(((ll_run *)0)->field) },
#define TEXT(field, bytes) FIELD(field, LL_FIELD_TEXT)
#define STATE(field) FIELD(field, LL_FIELD_STATE)
#define INT(field) FIELD(field, LL_FIELD_INT)
#define REAL(field) FIELD(field, LL_FIELD_REAL)
    LL_RUN_FIELDS(TEXT, STATE, INT, REAL) { 0 }
#undef TEXT
#undef STATE
#undef INT
#undef REAL
#undef FIELD
};

const char *ll_run_state_name(ll_run_state state) {
    static const char *const names[] = { "planned", "running", "done", "failed", "stopped" };
    return names[state];
}

int ll_run_state_named(const char *name) {
    for (int k = LL_RUN_PLANNED; k <= LL_RUN_STOPPED; k++)
        if (strcmp(name, ll_run_state_name((ll_run_state)k)) == 0) return k;
    return -1;
}

void ll_run_init(ll_run *run) {
#define TEXT(field, bytes) .field = "",
#define STATE(field) .field = LL_RUN_PLANNED,
#define INT(field) .field = 0,
#define REAL(field) .field = NAN,
    static const ll_run unknown = { LL_RUN_FIELDS(TEXT, STATE, INT, REAL) };
#undef TEXT
#undef STATE
#undef INT
#undef REAL
    *run = unknown;
}

double ll_run_count(const ll_run *run) {
    if (!isnan(run->params)) return run->params;
    return isnan(run->params_total) ? run->params_unstated : run->params_total;
}

double ll_run_bits_per_byte(const ll_run *run) {
    return ll_units_bits_per_byte(run->loss, run->bytes_per_token);
}

ll_json *ll_run_json(const ll_run *run) {
    ll_json *o = ll_json_object();
    for (const ll_run_field *f = ll_run_fields; f->name; f++) {
        const void *at = (const char *)run + f->offset;
        switch (f->kind) {
        case LL_FIELD_TEXT:
            if (*(const char *)at) ll_json_set_str(o, f->name, at);
            break;
        case LL_FIELD_STATE: ll_json_set_str(o, f->name, ll_run_state_name(*(const ll_run_state *)at)); break;
        case LL_FIELD_INT: ll_json_set_int(o, f->name, *(const int64_t *)at); break;
        case LL_FIELD_REAL:
            if (!isnan(*(const double *)at)) ll_json_set_num(o, f->name, *(const double *)at);
        }
    }
    if (!isnan(ll_run_bits_per_byte(run))) ll_json_set_num(o, "bits_per_byte", ll_run_bits_per_byte(run));
    return o;
}

ll_json *ll_runs_json(const ll_run *runs, int64_t n) {
    ll_json *doc = ll_json_object(), *list = ll_json_array();
    ll_json_set_str(doc, "schema", "loglog.runs/1");
    ll_json_set_int(doc, "n", n);
    for (int64_t i = 0; i < n; i++) ll_json_push(list, ll_run_json(&runs[i]));
    ll_json_set(doc, "runs", list);
    return doc;
}
