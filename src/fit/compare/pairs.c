#include "fit/compare/pairs.h"

#include <math.h>
#include <stdlib.h>

typedef struct place {
    double ln_x[LL_VAR_COUNT]; /* of the law's variables, the others 0 */
    int64_t row;
} place;

static int by_place(const void *a, const void *b) {
    const place *p = a, *q = b;
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (p->ln_x[v] != q->ln_x[v]) return p->ln_x[v] > q->ln_x[v] ? 1 : -1;
    return (p->row > q->row) - (p->row < q->row);
}

static void sort(place *at, const ll_law *law, const ll_fit_data *data, int64_t *order) {
    for (int64_t i = 0; i < data->n; i++) {
        at[i] = (place) { .row = i };
        for (int v = 0; v < LL_VAR_COUNT; v++)
            if (law->vars >> v & 1) at[i].ln_x[v] = log(data->x[v][i]);
    }
    qsort(at, (size_t)data->n, sizeof *at, by_place);
    for (int64_t i = 0; i < data->n; i++) order[i] = at[i].row;
}

static bool same(const place *a, const place *b, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        for (int v = 0; v < LL_VAR_COUNT; v++)
            if (!(fabs(a[i].ln_x[v] - b[i].ln_x[v]) < 1e-6)) return false;
    return true;
}

ll_status ll_pairs_match(bool *matched, const ll_law *law, const ll_fit_data *const data[2],
                         int64_t *const order[2], ll_error *err) {
    place *at = malloc((size_t)(data[0]->n + data[1]->n) * sizeof *at);
    if (!at) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)(data[0]->n + data[1]->n));
    sort(at, law, data[0], order[0]);
    sort(at + data[0]->n, law, data[1], order[1]);
    *matched = data[0]->n == data[1]->n && same(at, at + data[0]->n, data[0]->n);
    free(at);
    return LL_OK;
}
