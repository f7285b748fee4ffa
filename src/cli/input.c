#include "cli/input.h"

#include <stdio.h>
#include <string.h>

const ll_law *ll_input_law(const ll_input *in, ll_error *err) {
    const ll_law *law = ll_law_find(in->law);
    char known[512] = "";
    if (law) return law;
    for (const ll_law *const *l = ll_laws; *l; l++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", (*l)->name);
    }
    LL_FAIL(err, LL_EINPUT, "--law is '%s', expected one of: %s", in->law, known);
    return NULL;
}

ll_var ll_input_along(const ll_input *in) {
    return strcmp(in->x, "params") == 0 ? LL_VAR_N : strcmp(in->x, "tokens") == 0 ? LL_VAR_D : LL_VAR_C;
}

ll_status ll_input_read(const ll_input *in, const char *path, ll_table *t, ll_error *err) {
    ll_table_opts o = { .where = in->where,
                        .columns = in->col,
                        .params_are = in->params_are,
                        .loss_unit = in->loss_unit,
                        .cluster = in->cluster,
                        .set = in->set,
                        .last = in->last };
    return ll_table_read(t, path, &o, err);
}

ll_status ll_input_data(const ll_input *in, const ll_law *law, const ll_table *t, const char *source, unsigned also,
                        ll_columns *c, ll_fit_data *data, ll_error *err) {
    bool one = law->vars >> LL_VAR_X & 1;
    ll_var along = ll_input_along(in);
    LL_TRY(ll_columns_new(c, t, source, also | (one ? 1u << along : law->vars), err));
    *data = (ll_fit_data) { .n = c->n,
                            .x = { c->v[LL_VAR_N], c->v[LL_VAR_D], c->v[LL_VAR_C], one ? c->v[along] : NULL,
                                   c->unique, c->steps },
                            .loss = c->loss,
                            .weight = c->weight,
                            .cluster = c->cluster };
    return LL_OK;
}
