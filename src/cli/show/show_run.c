#include "cli/show/show_run.h"

#include <math.h>
#include <string.h>

#include "cli/print.h"
#include "loglog/units.h"

double ll_run_count(const ll_run *run) {
    if (!isnan(run->params)) return run->params;
    return isnan(run->params_total) ? run->params_unstated : run->params_total;
}

double ll_run_bits_per_byte(const ll_run *run) {
    return ll_units_bits_per_byte(run->loss, run->bytes_per_token);
}

ll_json *ll_show_run_json(const ll_run *run) {
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

ll_status ll_show_ladder_id(ll_store *s, const char *word, char id[17], ll_error *err) {
    ll_ladder l;
    id[0] = 0;
    if (!*word) return LL_OK;
    LL_TRY(ll_store_get_ladder(s, word, &l, err));
    memcpy(id, l.id, sizeof l.id);
    ll_ladder_clear(&l);
    return LL_OK;
}

void ll_show_fixed(double v, int width, int decimals) {
    if (isnan(v)) ll_say(" %*s", width, "-");
    else ll_say(" %*.*f", width, decimals, v);
}
