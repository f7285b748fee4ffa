#include "store/copies.h"

#include <math.h>
#include <stdlib.h>

bool ll_copies_exact(double loss) {
    static const double TOLERANCE = 1e-9;
    const bool decimal = fabs(loss * 1e4 - round(loss * 1e4)) <= TOLERANCE * fabs(loss) * 1e4;
    return !decimal && loss * 1024 != round(loss * 1024); /* of bf16 a loss has eight bits */
}

typedef struct keyed {
    uint64_t key;
    int64_t row;
} keyed;

static int by_key(const void *a, const void *b) {
    const keyed *x = a, *y = b;
    return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (x->row > y->row) - (x->row < y->row);
}

/* Whether rows that are equal in every cell are one run: their names or seeds are equal, too, or their losses are by
 * no chance. A score is a share of right answers, which many runs have. */
static bool tells_apart(const ll_table *t, int64_t i, bool losses) {
    return t->text[LL_COL_RUN] || t->num[LL_COL_SEED] || (losses && ll_copies_exact(t->num[LL_COL_LOSS][i]));
}

ll_status ll_copies_find(const ll_table *t, bool losses, bool *keep, int64_t *n, ll_error *err) {
    keyed *of = malloc(((size_t)t->rows + 1) * sizeof *of);
    *n = 0;
    if (!of) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)t->rows);
    for (int64_t i = 0; i < t->rows; i++) of[i] = (keyed) { t->cells[i], i };
    qsort(of, (size_t)t->rows, sizeof *of, by_key);
    for (int64_t k = 0; k < t->rows; k++) {
        const bool copy = k > 0 && of[k].key == of[k - 1].key && tells_apart(t, of[k].row, losses);
        keep[of[k].row] = !copy;
        *n += copy;
    }
    free(of);
    return LL_OK;
}
