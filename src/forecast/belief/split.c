#include "forecast/belief/split.h"

#include <math.h>
#include <stdlib.h>

static const double SAME = 1 + 1e-9; /* two budgets this close are one */

double ll_split_compute(const ll_law *law, const ll_fit_data *data, int64_t i) {
    if (data->x[LL_VAR_C]) return data->x[LL_VAR_C][i];
    if (ll_law_is_of_x(law)) return data->x[LL_VAR_X][i];
    return 6 * data->x[LL_VAR_N][i] * data->x[LL_VAR_D][i];
}

double ll_split_largest(const ll_law *law, const ll_fit_data *data) {
    double largest = 0;
    for (int64_t i = 0; i < data->n; i++) largest = fmax(largest, ll_split_compute(law, data, i));
    return largest;
}

static void take(ll_split *s, const ll_fit_data *from, int64_t i) {
    int64_t at = s->below.n++;
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (from->x[v]) ((double *)s->below.x[v])[at] = from->x[v][i];
    ((double *)s->below.loss)[at] = from->loss[i];
    if (from->weight) ((double *)s->below.weight)[at] = from->weight[i];
    if (from->cluster) s->cluster[at] = from->cluster[i];
}

ll_status ll_split_new(ll_split *s, const ll_law *law, const ll_fit_data *from, double cut, ll_error *err) {
    const size_t n = (size_t)from->n;
    *s = (ll_split) { .block = malloc((LL_VAR_COUNT + 2) * n * sizeof(double)),
                      .cluster = malloc(n * sizeof(int64_t)),
                      .above = malloc(n * sizeof(int64_t)) };
    if (!s->block || !s->cluster || !s->above) {
        ll_split_free(s);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %zu runs", n);
    }
    for (int v = 0; v < LL_VAR_COUNT; v++) s->below.x[v] = from->x[v] ? s->block + (size_t)v * n : NULL;
    s->below.loss = s->block + LL_VAR_COUNT * n;
    s->below.weight = from->weight ? s->block + (LL_VAR_COUNT + 1) * n : NULL;
    s->below.cluster = from->cluster ? s->cluster : NULL;
    for (int64_t i = 0; i < from->n; i++) {
        if (ll_split_compute(law, from, i) <= cut * SAME) take(s, from, i);
        else s->above[s->n_above++] = i;
    }
    return LL_OK;
}

void ll_split_free(ll_split *s) {
    free(s->block);
    free(s->cluster);
    free(s->above);
    *s = (ll_split) { 0 };
}
