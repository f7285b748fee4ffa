#include <string.h>

#include "train/tuning/tuning.h"

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

void ll_tuning_row(const ll_tuning_text *text, int64_t T, int32_t *x, int32_t *y) {
    const int64_t n = least(text->n, T + 1);
    memset(x, 0, (size_t)T * sizeof *x);
    memset(y, 0, (size_t)T * sizeof *y);
    memcpy(x, text->token, (size_t)least(n, T) * sizeof *x);
    memcpy(y, text->token + 1, (size_t)(n - 1) * sizeof *y);
}

void ll_tuning_answer(const ll_tuning_text *text, int64_t T, int64_t *first, int64_t *end) {
    *first = least(text->prompt - 1, T);
    *end = least(text->n - 1, T);
}
