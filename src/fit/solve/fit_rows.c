#include "fit/solve/fit_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ll_status positive(const double *v, int64_t n, const char *what, ll_error *err) {
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(v[i]) || v[i] <= 0)
            return LL_FAIL(err, LL_EINPUT, "row %lld: %s is %g, expected a finite number above 0", (long long)i + 1,
                           what, v[i]);
    return LL_OK;
}

static ll_status losses(const ll_law *law, const ll_fit_data *data, ll_error *err) {
    if (!law->below_zero) return positive(data->loss, data->n, "loss", err);
    for (int64_t i = 0; i < data->n; i++)
        if (!isfinite(data->loss[i]))
            return LL_FAIL(err, LL_EINPUT, "row %lld: loss is %g, expected a finite number", (long long)i + 1,
                           data->loss[i]);
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
            return LL_FAIL(err, LL_EINPUT, "law %s needs %s for every run", law->name, ll_var_name((ll_var)v));
        LL_TRY(positive(data->x[v], data->n, ll_var_name((ll_var)v), err));
    }
    LL_TRY(losses(law, data, err));
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
        return LL_FAIL(err, LL_EINPUT, "%lld run%s cannot fix the %d parameters of %s", (long long)n,
                       n == 1 ? "" : "s", n_free, law->name);
    return informative(law, data, n_free, err);
}

/* ---- rows of one's own ---- */

static void *column(ll_fit_rows *rows, size_t place) {
    return rows->block + place * (size_t)rows->room;
}

ll_status ll_fit_rows_new(ll_fit_rows *rows, unsigned columns, int64_t room, ll_error *err) {
    size_t places = 0;
    *rows = (ll_fit_rows) { .room = room };
    for (int k = 0; k < LL_ROWS_COLUMNS; k++) places += columns >> k & 1;
    rows->block = malloc((places * (size_t)room + 1) * sizeof *rows->block);
    if (!rows->block) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)room);
    size_t place = 0;
    for (int k = 0; k < LL_ROWS_CLUSTER; k++)
        if (columns >> k & 1) rows->number[k] = column(rows, place++);
    if (columns >> LL_ROWS_CLUSTER & 1) rows->cluster = column(rows, place);
    return LL_OK;
}

unsigned ll_fit_rows_like(const ll_fit_data *data) {
    unsigned columns = 1u << LL_ROWS_LOSS;
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (data->x[v]) columns |= 1u << v;
    if (data->weight) columns |= 1u << LL_ROWS_WEIGHT;
    if (data->cluster) columns |= 1u << LL_ROWS_CLUSTER;
    return columns;
}

void ll_fit_rows_add(ll_fit_rows *rows, const ll_fit_data *from, int64_t i) {
    const int64_t at = rows->n++;
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (rows->number[v]) rows->number[v][at] = from->x[v][i];
    rows->number[LL_ROWS_LOSS][at] = from->loss[i];
    if (rows->number[LL_ROWS_WEIGHT]) rows->number[LL_ROWS_WEIGHT][at] = from->weight[i];
    if (rows->cluster) rows->cluster[at] = from->cluster[i];
}

ll_status ll_fit_rows_copy(ll_fit_rows *rows, const ll_fit_data *from, const int64_t *row, ll_error *err) {
    LL_TRY(ll_fit_rows_new(rows, ll_fit_rows_like(from), from->n, err));
    for (int64_t i = 0; i < from->n; i++) ll_fit_rows_add(rows, from, row ? row[i] : i);
    return LL_OK;
}

ll_fit_data ll_fit_rows_view(const ll_fit_rows *rows) {
    ll_fit_data view = { .n = rows->n,
                         .loss = rows->number[LL_ROWS_LOSS],
                         .weight = rows->number[LL_ROWS_WEIGHT],
                         .cluster = rows->cluster };
    for (int v = 0; v < LL_VAR_COUNT; v++) view.x[v] = rows->number[v];
    return view;
}

void ll_fit_rows_free(ll_fit_rows *rows) {
    free(rows->block);
    *rows = (ll_fit_rows) { 0 };
}
