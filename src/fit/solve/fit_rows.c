#include "fit/solve/fit_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const var_names[LL_VAR_COUNT] = { "params", "tokens", "flops", "x", "unique_tokens", "steps" };

static ll_status positive(const double *v, int64_t n, const char *what, ll_error *err) {
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(v[i]) || v[i] <= 0)
            return LL_FAIL(err, LL_EINPUT, "row %lld: %s is %g, expected a finite number above 0", (long long)i + 1,
                           what, v[i]);
    return LL_OK;
}

static ll_status weights(const ll_fit_data *data, ll_error *err) {
    for (int64_t i = 0; data->weight && i < data->n; i++)
        if (!isfinite(data->weight[i]) || data->weight[i] < 0)
            return LL_FAIL(err, LL_EINPUT, "row %lld: weight is %g, expected a number of at least 0",
                           (long long)i + 1, data->weight[i]);
    return LL_OK;
}

static ll_status fixed(const ll_law *law, const ll_fit_opts *o, ll_error *err) {
    if (o->fixed >> law->n_params)
        return LL_FAIL(err, LL_EINPUT, "law %s has %d parameters, one beyond them is fixed", law->name,
                       law->n_params);
    for (int j = 0; j < law->n_params; j++) {
        const ll_law_param *a = &law->params[j];
        double v = o->fixed_value[j];
        if ((o->fixed >> j & 1) && !(v >= a->lo && v <= a->hi))
            return LL_FAIL(err, LL_EINPUT, "%s is fixed at %g, expected %g to %g", a->name, v, a->lo, a->hi);
    }
    return LL_OK;
}

static int64_t counted_rows(const ll_fit_data *data) {
    int64_t n = 0;
    for (int64_t i = 0; i < data->n; i++) n += !data->weight || data->weight[i] > 0;
    return n;
}

/* Equal but for the rounding of a product such as 6 N D. */
static bool same_value(double a, double b) {
    return fabs(a - b) <= 1e-9 * b;
}

/* Rows that count whose variables differ from those of every earlier one; stops at enough. */
static int64_t distinct_rows(const ll_law *law, const ll_fit_data *data, int64_t enough) {
    int64_t first[LL_LAW_MAX_PARAMS], distinct = 0;
    for (int64_t i = 0; i < data->n && distinct < enough; i++) {
        bool seen = data->weight && !(data->weight[i] > 0);
        for (int64_t k = 0; k < distinct && !seen; k++) {
            seen = true;
            for (int v = 0; v < LL_VAR_COUNT; v++)
                if (law->vars >> v & 1) seen = seen && same_value(data->x[v][i], data->x[v][first[k]]);
        }
        if (!seen) first[distinct++] = i;
    }
    return distinct;
}

/* What the rows cannot carry whatever their number. */
static ll_status informative(const ll_law *law, const ll_fit_data *data, int n_free, ll_error *err) {
    int64_t distinct = distinct_rows(law, data, n_free), same = 1;
    if (distinct < n_free)
        return LL_FAIL(err, LL_EINPUT, "%lld runs at %lld distinct point%s cannot fix the %d parameters of %s",
                       (long long)data->n, (long long)distinct, distinct == 1 ? "" : "s", n_free, law->name);
    while (same < data->n && data->loss[same] == data->loss[0]) same++;
    if (n_free > 1 && same == data->n)
        return LL_FAIL(err, LL_EINPUT, "all %lld losses are %g: there is no slope to fit", (long long)data->n,
                       data->loss[0]);
    return LL_OK;
}

ll_status ll_fit_check(const ll_law *law, const ll_fit_data *data, const ll_fit_opts *opts, ll_error *err) {
    LL_TRY(fixed(law, opts, err));
    if (data->n > 0 && !data->loss) return LL_FAIL(err, LL_EINPUT, "law %s needs a loss for every run", law->name);
    for (int v = 0; v < LL_VAR_COUNT; v++) {
        if (!(law->vars >> v & 1)) continue;
        if (data->n > 0 && !data->x[v])
            return LL_FAIL(err, LL_EINPUT, "law %s needs %s for every run", law->name, var_names[v]);
        LL_TRY(positive(data->x[v], data->n, var_names[v], err));
    }
    LL_TRY(positive(data->loss, data->n, "loss", err));
    LL_TRY(weights(data, err));
    if (opts->resample == LL_RESAMPLE_CLUSTER && !data->cluster)
        return LL_FAIL(err, LL_EINPUT, "resampling by cluster needs a cluster column");
    if (opts->resample == LL_RESAMPLE_RESIDUAL && data->cluster)
        return LL_FAIL(
            err, LL_EINPUT,
            "resampling residuals takes every row for independent: with clusters resample cluster or wild");
    int n_free = 0;
    for (int j = 0; j < law->n_params; j++) n_free += !(opts->fixed >> j & 1);
    int64_t n = counted_rows(data);
    if (n < n_free || n < 1)
        return LL_FAIL(err, LL_EINPUT, "%lld runs cannot fix the %d parameters of %s", (long long)n, n_free,
                       law->name);
    return informative(law, data, n_free, err);
}

/* Both kinds of column are of 8 bytes. */
static bool pick(const void **slot, const void *from, const int64_t *row, int64_t n) {
    const size_t cell = sizeof(double);
    if (!from) return true;
    char *copy = malloc((size_t)(n + 1) * cell);
    for (int64_t i = 0; copy && i < n; i++)
        memcpy(copy + (size_t)i * cell, (const char *)from + (size_t)row[i] * cell, cell);
    *slot = copy;
    return copy != NULL;
}

ll_status ll_fit_data_pick(ll_fit_data *to, const ll_fit_data *from, const int64_t *row, int64_t n, ll_error *err) {
    *to = (ll_fit_data) { .n = n };
    bool ok = pick((const void **)&to->loss, from->loss, row, n) &&
              pick((const void **)&to->weight, from->weight, row, n) &&
              pick((const void **)&to->cluster, from->cluster, row, n);
    for (int v = 0; v < LL_VAR_COUNT; v++) ok = ok && pick((const void **)&to->x[v], from->x[v], row, n);
    if (ok) return LL_OK;
    ll_fit_data_free(to);
    return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)n);
}

static bool dup(const void **slot, const void *from, size_t bytes) {
    if (!from) return true;
    void *copy = malloc(bytes);
    if (copy) memcpy(copy, from, bytes);
    *slot = copy;
    return copy != NULL;
}

ll_status ll_fit_data_copy(ll_fit_data *to, const ll_fit_data *from, ll_error *err) {
    size_t bytes = (size_t)from->n * sizeof(double);
    *to = (ll_fit_data) { .n = from->n };
    bool ok = dup((const void **)&to->loss, from->loss, bytes) &&
              dup((const void **)&to->weight, from->weight, bytes) &&
              dup((const void **)&to->cluster, from->cluster, bytes);
    for (int v = 0; v < LL_VAR_COUNT; v++) ok = ok && dup((const void **)&to->x[v], from->x[v], bytes);
    if (ok) return LL_OK;
    ll_fit_data_free(to);
    return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)from->n);
}

void ll_fit_data_free(ll_fit_data *data) {
    free((void *)data->loss);
    free((void *)data->weight);
    free((void *)data->cluster);
    for (int v = 0; v < LL_VAR_COUNT; v++) free((void *)data->x[v]);
    *data = (ll_fit_data) { 0 };
}
