#include "forecast/belief/split.h"

#include <math.h>
#include <stdlib.h>

#include "fit/solve/fit_rows.h"

static const double SAME = 1 + 1e-9; /* two budgets this close are one */

double ll_split_compute(const ll_law *law, const ll_fit_data *data, int64_t i) {
    if (data->x[LL_VAR_C]) return data->x[LL_VAR_C][i];
    if (ll_law_is_of_x(law)) return data->x[LL_VAR_X][i];
    return 6 * data->x[LL_VAR_N][i] * data->x[LL_VAR_D][i];
}

double ll_split_largest(const ll_law *law, const ll_fit_data *data) {
    double largest = 0;
    for (int64_t i = 0; i < data->n; i++)
        if (!data->weight || data->weight[i] > 0) largest = fmax(largest, ll_split_compute(law, data, i));
    return largest;
}

ll_status ll_split_new(ll_split *s, const ll_law *law, const ll_fit_data *from, double cut, ll_error *err) {
    const size_t n = (size_t)from->n;
    *s = (ll_split) { .above = malloc((n + 1) * sizeof(int64_t)) };
    if (!s->above) return LL_FAIL(err, LL_ENOMEM, "out of memory for %zu runs", n);
    const ll_status status = ll_fit_rows_new(&s->rows, ll_fit_rows_like(from), from->n, err);
    for (int64_t i = 0; status == LL_OK && i < from->n; i++) {
        if (ll_split_compute(law, from, i) <= cut * SAME) ll_fit_rows_add(&s->rows, from, i);
        else s->above[s->n_above++] = i;
    }
    s->below = ll_fit_rows_view(&s->rows);
    if (status != LL_OK) ll_split_free(s);
    return status;
}

void ll_split_free(ll_split *s) {
    ll_fit_rows_free(&s->rows);
    free(s->above);
    *s = (ll_split) { 0 };
}
