#include "store/copies.h"

#include <math.h>
#include <stdlib.h>

#include "base/words/fold.h"

bool ll_copies_exact(double loss) {
    static const double TOLERANCE = 1e-9;
    return fabs(loss * 1e4 - round(loss * 1e4)) > TOLERANCE * loss * 1e4;
}

/* What two rows of one run share, and others do not. */
static uint64_t key_of(const ll_table *t, int64_t i) {
    static const ll_column sizes[] = { LL_COL_PARAMS,        LL_COL_PARAMS_TOTAL, LL_COL_TOKENS,      LL_COL_FLOPS,
                                       LL_COL_UNIQUE_TOKENS, LL_COL_STEP,         LL_COL_BATCH_TOKENS };
    enum { SIZES = sizeof sizes / sizeof *sizes };
    const double loss = t->num[LL_COL_LOSS][i];
    double of[SIZES + 2];
    if (!ll_copies_exact(loss)) return t->cells[i];
    for (int k = 0; k < SIZES; k++) of[k] = ll_table_num(t, i, sizes[k]);
    of[SIZES] = t->x ? t->x[i] : NAN;
    of[SIZES + 1] = loss;
    for (int k = 0; k < SIZES + 2; k++)
        if (isnan(of[k])) of[k] = NAN; /* of one pattern of bits */
    return ll_fold(LL_FOLD_START, of, sizeof of);
}

typedef struct keyed {
    uint64_t key;
    int64_t row;
} keyed;

static int by_key(const void *a, const void *b) {
    const keyed *x = a, *y = b;
    return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (x->row > y->row) - (x->row < y->row);
}

ll_status ll_copies_find(const ll_table *t, bool *keep, int64_t *n, ll_error *err) {
    keyed *of = malloc(((size_t)t->rows + 1) * sizeof *of);
    *n = 0;
    if (!of) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)t->rows);
    for (int64_t i = 0; i < t->rows; i++) of[i] = (keyed) { key_of(t, i), i };
    qsort(of, (size_t)t->rows, sizeof *of, by_key);
    for (int64_t k = 0; k < t->rows; k++) {
        const bool copy = k > 0 && of[k].key == of[k - 1].key;
        keep[of[k].row] = !copy;
        *n += copy;
    }
    free(of);
    return LL_OK;
}
