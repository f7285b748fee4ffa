#include "cli/fitting.h"
#include "cli/store_named.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fit/fit_json.h"
#include "loglog/units.h"
#include "store/store.h"

/* "E=1.6,beta=0.37" */
static ll_status parse_fix(const ll_law *law, const char *text, ll_fit_opts *o, ll_error *err) {
    char copy[LL_OPTION_TEXT], *rest = copy;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *item; rest && *rest;) {
        item = rest;
        if ((rest = strchr(rest, ','))) *rest++ = 0;
        char *equal = strchr(item, '=');
        int j = 0;
        if (equal) *equal++ = 0;
        while (j < law->n_params && strcmp(law->params[j].name, item) != 0) j++;
        if (j == law->n_params)
            return LL_FAIL(err, LL_EINPUT, "--fix: law %s has no parameter '%.40s'", law->name, item);
        if (!equal || !ll_units_parse(equal, &o->fixed_value[j]))
            return LL_FAIL(err, LL_EINPUT, "--fix: expected %s=NUMBER", item);
        o->fixed |= 1u << j;
    }
    return LL_OK;
}

/* Both are among the option table's words. */
static ll_objective objective_named(const char *name) {
    ll_objective o = LL_OBJ_HUBER_LOG;
    while (strcmp(ll_objective_name(o), name) != 0) o++;
    return o;
}

static ll_resample resample_named(const char *name) {
    ll_resample r = LL_RESAMPLE_CASE;
    if (strcmp(name, "auto") == 0) return (ll_resample)0;
    while (strcmp(ll_resample_name(r), name) != 0) r++;
    return r;
}

ll_status ll_fitting_opts(const ll_fitting *a, const ll_law *law, ll_fit_opts *o, ll_error *err) {
    double starts = 0;
    if (strcmp(a->starts, "grid") != 0 &&
        (!ll_units_parse(a->starts, &starts) || !(starts >= 1 && starts <= 1e6) || starts != floor(starts)))
        return LL_FAIL(err, LL_EINPUT, "--starts is '%s', expected grid or a whole number from 1 to 1000000",
                       a->starts);
    *o = (ll_fit_opts) { .objective = objective_named(a->objective),
                         .resample = resample_named(a->resample),
                         .delta = a->delta,
                         .n_boot = a->bootstrap ? a->bootstrap : -1,
                         .level = a->level,
                         .n_starts = (int64_t)starts,
                         .seed = (uint64_t)a->seed,
                         .threads = (int)a->threads };
    return parse_fix(law, a->fix, o, err);
}

static ll_status read_store(const ll_fitting *a, const ll_input *in, ll_table *t, ll_error *err) {
    ll_store *store;
    if (*in->cluster || *in->col || *in->set || in->last || *in->params_are || *in->loss_unit ||
        ll_input_along(in) == LL_VAR_X)
        return LL_FAIL(err, LL_EINPUT,
                       "--cluster, --col, --set, --last, --params-are, --loss-unit and a column for --x speak of a "
                       "table's columns: name a table");
    LL_TRY(ll_cli_open_store(&store, a->store, LL_STORE_READ, err));
    ll_status s = ll_store_export(store, "", in->where, t, err);
    ll_store_close(store);
    if (s == LL_OK && t->rows == 0) {
        ll_table_clear(t);
        return LL_FAIL(err, LL_EINPUT, "%s holds no finished runs to fit: name a table, or run a ladder first",
                       a->store);
    }
    return s;
}

ll_status ll_fitting_read(const ll_fitting *f, const ll_input *in, const char *path, ll_table *t, ll_error *err) {
    return path ? ll_input_read(in, path, t, err) : read_store(f, in, t, err);
}

ll_status ll_fitting_weights(const ll_fitting *a, const ll_columns *c, const double **weight, double **owned,
                             ll_error *err) {
    *weight = c->weight;
    *owned = NULL;
    if (strcmp(a->weight_is, "se") != 0) return LL_OK;
    if (!c->weight) return LL_FAIL(err, LL_EINPUT, "--weight-is se needs a column: --col weight=HEADER");
    *owned = malloc((size_t)(c->n + 1) * sizeof **owned);
    if (!*owned) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)c->n);
    for (int64_t i = 0; i < c->n; i++) (*owned)[i] = 1 / (c->weight[i] * c->weight[i]);
    *weight = *owned;
    return LL_OK;
}

ll_status ll_fitting_run(const ll_fitting *f, const ll_input *in, const ll_law *law, const ll_table *t,
                         const char *source, ll_fitted *out, ll_error *err) {
    ll_fit_opts opts;
    *out = (ll_fitted) { 0 };
    LL_TRY(ll_fitting_opts(f, law, &opts, err));
    LL_TRY(ll_input_data(in, law, t, source, 0, &out->columns, &out->data, err));
    ll_status s = ll_fitting_weights(f, &out->columns, &out->data.weight, &out->weight, err);
    if (s == LL_OK) s = ll_fit_run(&out->fit, law, &out->data, &opts, err);
    if (s != LL_OK) ll_fitted_clear(out);
    return s;
}

void ll_fitted_clear(ll_fitted *f) {
    ll_fit_clear(&f->fit);
    ll_columns_free(&f->columns);
    free(f->weight);
    *f = (ll_fitted) { 0 };
}
