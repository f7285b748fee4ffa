#include <math.h>
#include <string.h>

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
    memset(run, 0, sizeof *run);
    for (const ll_run_field *f = ll_run_fields; f->name; f++)
        if (f->kind == LL_FIELD_REAL) *(double *)((char *)run + f->offset) = NAN;
}
