#include "store/folds.h"

#include <stdlib.h>

ll_status ll_folds_add(ll_folds *f, uint64_t fold, ll_error *err) {
    if (f->n == f->room) {
        const int64_t room = f->room ? 2 * f->room : 64;
        uint64_t *bigger = realloc(f->at, (size_t)room * sizeof *bigger);
        if (!bigger) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld names", (long long)room);
        f->at = bigger;
        f->room = room;
    }
    f->at[f->n++] = fold;
    return LL_OK;
}

static int by_value(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void ll_folds_settle(ll_folds *f, int64_t times) {
    int64_t kept = 0;
    if (f->n) qsort(f->at, (size_t)f->n, sizeof *f->at, by_value);
    for (int64_t i = 0, end; i < f->n; i = end) {
        for (end = i + 1; end < f->n && f->at[end] == f->at[i];) end++;
        if (end - i >= times) f->at[kept++] = f->at[i];
    }
    f->n = kept;
}

bool ll_folds_has(const ll_folds *f, uint64_t fold) {
    return f->n && bsearch(&fold, f->at, (size_t)f->n, sizeof *f->at, by_value);
}

void ll_folds_clear(ll_folds *f) {
    free(f->at);
    *f = (ll_folds) { 0 };
}
