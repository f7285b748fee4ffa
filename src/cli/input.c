#include "cli/input.h"

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "fit/fit_json.h"

const ll_law *ll_input_law(const ll_input *in, ll_error *err) {
    const ll_law *law = ll_law_find(in->law);
    char known[512] = "", hint[LL_NEAREST_HINT];
    ll_nearest near = { .word = in->law };
    if (law) return law;
    for (const ll_law *const *l = ll_laws; *l; l++) {
        size_t used = strlen(known);
        ll_nearest_try(&near, (*l)->name);
        snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", (*l)->name);
    }
    LL_FAIL(err, LL_EINPUT, "--law is '%s', expected one of: %s%s", in->law, known, ll_nearest_hint(&near, hint));
    return NULL;
}

ll_var ll_input_along(const ll_input *in) {
    for (int v = LL_VAR_N; v <= LL_VAR_C; v++)
        if (strcmp(in->x, ll_var_name((ll_var)v)) == 0) return (ll_var)v;
    return *in->x ? LL_VAR_X : LL_VAR_C;
}

ll_status ll_input_read(const ll_input *in, const char *path, ll_table *t, ll_error *err) {
    ll_table_opts o = { .where = in->where,
                        .columns = in->col,
                        .params_are = in->params_are,
                        .loss_unit = in->loss_unit,
                        .cluster = in->cluster,
                        .set = in->set,
                        .last = in->last,
                        .x = ll_input_along(in) == LL_VAR_X ? in->x : NULL };
    return ll_table_read(t, path, &o, err);
}

/* X is what --x names, and --x only speaks of a law that has one. */
static ll_status check_x(const ll_input *in, const ll_law *law, ll_error *err) {
    bool has = law->vars >> LL_VAR_X & 1;
    if (has && law->x && !*in->x)
        return LL_FAIL(err, LL_EINPUT, "law %s: name the column of X with --x HEADER: %s", law->name, law->x);
    if (!has && ll_input_along(in) == LL_VAR_X)
        return LL_FAIL(err, LL_EINPUT, "--x is '%.60s': law %s has no variable X", in->x, law->name);
    return LL_OK;
}

ll_status ll_input_data(const ll_input *in, const ll_law *law, const ll_table *t, const char *source, unsigned also,
                        ll_columns *c, ll_fit_data *data, ll_error *err) {
    const unsigned X = 1u << LL_VAR_X;
    ll_var along = ll_input_along(in);
    LL_TRY(check_x(in, law, err));
    LL_TRY(ll_columns_new(c, t, source, also | (law->vars & ~X) | (law->vars & X ? 1u << along : 0), err));
    const double *x = along == LL_VAR_X ? c->x : c->v[along];
    *data = (ll_fit_data) { .n = c->n,
                            .x = { c->v[LL_VAR_N], c->v[LL_VAR_D], c->v[LL_VAR_C], law->vars & X ? x : NULL,
                                   c->unique, c->steps },
                            .loss = c->loss,
                            .weight = c->weight,
                            .cluster = c->cluster };
    return LL_OK;
}
