#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/draws/residual.h"
#include "fit/io/saved.h"
#include "fit/solve/fit_rows.h"

static const size_t LARGEST = (size_t)1 << 30; /* bytes of a file */
static const double WHOLE = 9007199254740992;  /* 2^53: above it a double skips whole numbers */
static const double ROUNDING = 1e-9;           /* by which exp(ln bound) may miss a bound */

/* ---- arrays ---- */

/* [n] finite numbers under key, into v. */
static ll_status numbers(const ll_json *object, const char *key, int64_t n, double *v, ll_error *err) {
    const ll_json *array = ll_json_get(object, key);
    if ((int64_t)ll_json_size(array) != n)
        return LL_FAIL(err, LL_EFORMAT, "runs.%s: expected an array of %lld numbers", key, (long long)n);
    for (int64_t i = 0; i < n; i++) {
        v[i] = ll_json_as_num(ll_json_at(array, (size_t)i));
        if (!isfinite(v[i])) return LL_FAIL(err, LL_EFORMAT, "runs.%s[%lld]: expected a number", key, (long long)i);
    }
    return LL_OK;
}

static ll_status whole_numbers(const ll_json *object, const char *key, int64_t n, int64_t *out, ll_error *err) {
    const ll_json *array = ll_json_get(object, key);
    if ((int64_t)ll_json_size(array) != n)
        return LL_FAIL(err, LL_EFORMAT, "runs.%s: expected an array of %lld numbers", key, (long long)n);
    for (int64_t i = 0; i < n; i++) {
        const double v = ll_json_as_num(ll_json_at(array, (size_t)i));
        if (!(fabs(v) < WHOLE) || v != floor(v))
            return LL_FAIL(err, LL_EFORMAT, "runs.%s[%lld]: expected a whole number", key, (long long)i);
        out[i] = (int64_t)v;
    }
    return LL_OK;
}

static ll_status names(const ll_json *object, int64_t n, char ***out, ll_error *err) {
    const ll_json *array = ll_json_get(object, "run");
    if (!array) return LL_OK;
    if ((int64_t)ll_json_size(array) != n)
        return LL_FAIL(err, LL_EFORMAT, "runs.run: expected an array of %lld names", (long long)n);
    *out = calloc((size_t)n, sizeof **out);
    for (int64_t i = 0; *out && i < n; i++) {
        const char *name = ll_json_as_str(ll_json_at(array, (size_t)i));
        if (!name) return LL_FAIL(err, LL_EFORMAT, "runs.run[%lld]: expected a name", (long long)i);
        if (!((*out)[i] = strdup(name))) return LL_FAIL(err, LL_ENOMEM, "out of memory for the names");
    }
    return *out ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for the names");
}

/* The columns of runs, by their keys. */
static const char *key_of(int column) {
    return column < LL_VAR_COUNT ? ll_var_name((ll_var)column) : column == LL_ROWS_LOSS ? "loss" : "weight";
}

static ll_status read_columns(ll_fit_rows *rows, const ll_json *runs, int64_t n, ll_error *err) {
    unsigned there = 0;
    for (int k = 0; k < LL_ROWS_CLUSTER; k++)
        if (ll_json_get(runs, key_of(k))) there |= 1u << k;
    if (ll_json_get(runs, "cluster")) there |= 1u << LL_ROWS_CLUSTER;
    LL_TRY(ll_fit_rows_new(rows, there, n, err));
    rows->n = n;
    for (int k = 0; k < LL_ROWS_CLUSTER; k++)
        if (rows->number[k]) LL_TRY(numbers(runs, key_of(k), n, rows->number[k], err));
    return rows->cluster ? whole_numbers(runs, "cluster", n, rows->cluster, err) : LL_OK;
}

static ll_status read_runs(ll_saved_fit *s, const ll_json *doc, ll_error *err) {
    const ll_json *runs = ll_json_get(doc, "runs");
    ll_fit *fit = &s->fit;
    fit->n = (int64_t)ll_json_size(ll_json_get(runs, "loss"));
    if (fit->n < 1 || fit->n != ll_json_get_int(doc, "n", -1))
        return LL_FAIL(err, LL_EFORMAT, "runs.loss: expected an array of as many numbers as n");
    LL_TRY(read_columns(&fit->rows, runs, fit->n, err));
    fit->data = ll_fit_rows_view(&fit->rows);
    return names(runs, fit->n, &s->run, err);
}

/* ---- parameters ---- */

static bool within(const ll_law_param *p, double v) {
    double slack = ROUNDING * fabs(v);
    return v >= p->lo - slack && v <= p->hi + slack;
}

static ll_status read_params(ll_fit *fit, const ll_json *doc, ll_error *err) {
    for (int j = 0; j < fit->law->n_params; j++) {
        const ll_law_param *p = &fit->law->params[j];
        const ll_json *o = ll_json_get(ll_json_get(doc, "params"), p->name), *ci = ll_json_get(o, "ci");
        ll_estimate *e = &fit->params[j];
        *e = (ll_estimate) { ll_json_get_num(o, "value"), ll_json_get_num(o, "se"),
                             ll_json_as_num(ll_json_at(ci, 0)), ll_json_as_num(ll_json_at(ci, 1)) };
        if (!within(p, e->value))
            return LL_FAIL(err, LL_EFORMAT, "params.%s.value: expected a number from %g to %g", p->name, p->lo,
                           p->hi);
        fit->opts.level = ll_json_get_num(o, "level");
        if (ll_json_get(o, "fixed")) fit->opts.fixed |= 1u << j;
        fit->opts.fixed_value[j] = fit->optima[0].params[j] = e->value;
    }
    fit->n_optima = 1;
    if (fit->opts.level > 0 && fit->opts.level < 1) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "params.%s.level: expected a number between 0 and 1",
                   fit->law->params[fit->law->n_params - 1].name);
}

static ll_status read_draws(ll_fit *fit, const ll_json *doc, ll_error *err) {
    const int p = fit->law->n_params;
    const ll_json *draws = ll_json_get(doc, "draws");
    const int64_t n = (int64_t)ll_json_size(draws);
    if (!draws || n != ll_json_get_int(ll_json_get(doc, "resampling"), "draws", -1))
        return LL_FAIL(err, LL_EFORMAT, "draws: expected an array of as many draws as resampling.draws");
    fit->n_draws = n;
    fit->draws = malloc((size_t)(n * p + 1) * sizeof *fit->draws);
    if (!fit->draws) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)n);
    for (int64_t i = 0; i < n; i++) {
        const ll_json *draw = ll_json_at(draws, (size_t)i);
        if ((int)ll_json_size(draw) != p)
            return LL_FAIL(err, LL_EFORMAT, "draws[%lld]: expected an array of %d numbers", (long long)i, p);
        for (int j = 0; j < p; j++) {
            double v = fit->draws[i * p + j] = ll_json_as_num(ll_json_at(draw, (size_t)j));
            if (!within(&fit->law->params[j], v))
                return LL_FAIL(err, LL_EFORMAT, "draws[%lld][%d]: expected a number from %g to %g", (long long)i, j,
                               fit->law->params[j].lo, fit->law->params[j].hi);
        }
    }
    return LL_OK;
}

/* ---- how it was fitted ---- */

static ll_status read_law(ll_saved_fit *s, const ll_json *doc, ll_error *err) {
    const char *schema = ll_json_get_str(doc, "schema"), *law = ll_json_get_str(doc, "law");
    const char *x = ll_json_get_str(doc, "x");
    if (!schema || strcmp(schema, "loglog.fit/1") != 0)
        return LL_FAIL(err, LL_EFORMAT, "schema is '%.40s', expected 'loglog.fit/1'", schema ? schema : "");
    s->fit.law = law ? ll_law_find(law) : NULL;
    if (!s->fit.law)
        return LL_FAIL(err, LL_EFORMAT, "law is '%.40s', expected one of 'loglog laws'", law ? law : "");
    if (!(s->fit.law->vars >> LL_VAR_X & 1)) return LL_OK;
    if (x && ll_var_named(x, &s->along) && s->along <= LL_VAR_X) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "x is '%.40s', expected params, tokens, flops or x", x ? x : "");
}

static ll_status read_opts(ll_fit *fit, const ll_json *doc, ll_error *err) {
    const ll_json *objective = ll_json_get(doc, "objective"), *resampling = ll_json_get(doc, "resampling");
    const char *kind = ll_json_get_str(resampling, "kind");
    const int64_t seed = ll_json_get_int(resampling, "seed", -1);
    ll_fit_opts *o = &fit->opts;
    const char *name = ll_json_get_str(objective, "name");
    if (!name || !ll_objective_named(name, &o->objective))
        return LL_FAIL(err, LL_EFORMAT, "objective.name: expected huber_log, lad_log, ls_log or ls");
    if (!kind || !ll_resample_named(kind, &o->resample))
        return LL_FAIL(err, LL_EFORMAT, "resampling.kind: expected none, case, cluster, wild or residual");
    if (seed < 0) return LL_FAIL(err, LL_EFORMAT, "resampling.seed: expected a whole number of at least 0");
    o->seed = (uint64_t)seed;
    o->delta = o->objective == LL_OBJ_HUBER_LOG ? ll_json_get_num(objective, "delta") : 0;
    o->n_boot = fit->n_draws > 0 ? fit->n_draws : -1;
    fit->objective = fit->optima[0].objective = ll_json_get_num(objective, "value");
    fit->taken = ll_json_get_int(resampling, "taken", 0);
    return ll_fit_opts_resolve(o, o, err);
}

static ll_status read_convention(ll_saved_fit *s, const ll_json *doc, ll_error *err) {
    const ll_json *convention = ll_json_get(doc, "convention");
    if (!ll_json_get_str(convention, "loss_unit"))
        return LL_FAIL(err, LL_EFORMAT, "convention.loss_unit: expected the unit of the losses");
    s->convention = ll_json_copy(convention);
    s->loss_unit = ll_json_get_str(s->convention, "loss_unit");
    return s->loss_unit ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory");
}

static ll_status read_belief(ll_saved_fit *s, const ll_json *doc, ll_error *err) {
    const ll_json *belief = ll_json_get(doc, "belief");
    if (!belief) return LL_OK;
    s->spread = ll_json_get_num(belief, "spread");
    if (s->spread > 0 && isfinite(s->spread)) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "belief.spread: expected a number above 0");
}

/* ---- the whole ---- */

/* The sum goes out of the document. A file of before there was one has none. */
static ll_status check_sum(ll_json *doc, ll_error *err) {
    char hex[LL_HASH_HEX], wanted[LL_HASH_HEX] = "";
    if (!ll_json_get(doc, "sum")) return LL_OK;
    const char *sum = ll_json_get_str(doc, "sum");
    if (sum && strlen(sum) < sizeof wanted) strcpy(wanted, sum);
    ll_json_drop(doc, "sum");
    if (!ll_saved_sum(doc, hex)) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    if (strcmp(hex, wanted) == 0) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "sum: the file is not as it was saved; without this key it is taken as it is");
}

static ll_status read_document(ll_saved_fit *s, const ll_json *doc, ll_error *err) {
    LL_TRY(read_law(s, doc, err));
    LL_TRY(read_convention(s, doc, err));
    LL_TRY(read_params(&s->fit, doc, err));
    LL_TRY(read_draws(&s->fit, doc, err));
    LL_TRY(read_opts(&s->fit, doc, err));
    LL_TRY(read_runs(s, doc, err));
    LL_TRY(read_belief(s, doc, err));
    LL_TRY(ll_fit_check(s->fit.law, &s->fit.data, &s->fit.opts, err));
    LL_TRY(ll_fit_residuals(&s->fit, err));
    for (int64_t i = 0; i < s->fit.n; i++)
        if (!isfinite(s->fit.residual[i]))
            return LL_FAIL(err, LL_EFORMAT, "params: the law gives run %lld no loss", (long long)i + 1);
    return LL_OK;
}

ll_status ll_saved_read(ll_saved_fit *out, const char *path, ll_error *err) {
    ll_json *doc;
    ll_error own;
    if (!err) err = &own; /* the status is the same for who does not ask why */
    *out = (ll_saved_fit) { 0 };
    if (ll_json_load(path, LARGEST, &doc, err) != LL_OK) {
        if (err->code == LL_EFORMAT) return ll_error_prefix(err, "expected a fit of 'loglog fit --save'");
        return err->code;
    }
    ll_status status = check_sum(doc, err);
    if (status == LL_OK) status = read_document(out, doc, err);
    ll_json_free(doc);
    if (status == LL_OK) return LL_OK;
    ll_saved_clear(out);
    return ll_error_prefix(err, "%s", path);
}

void ll_saved_clear(ll_saved_fit *s) {
    for (int64_t i = 0; s->run && i < s->fit.n; i++) free(s->run[i]);
    free(s->run);
    ll_fit_clear(&s->fit);
    ll_json_free(s->convention);
    *s = (ll_saved_fit) { 0 };
}
