#include "sweep/command/lowest.h"

#include <math.h>

double ll_lowest_loss(const ll_lowest *l) {
    return l->n ? l->loss[l->n - 1] : INFINITY;
}

int64_t ll_lowest_step(const ll_lowest *l) {
    return l->n ? l->step[l->n - 1] : 0;
}

/* The newest stays. */
static void thin(ll_lowest *l) {
    const int half = l->n / 2;
    for (int k = 0; k < half; k++) {
        l->step[k] = l->step[2 * k + 1];
        l->loss[k] = l->loss[2 * k + 1];
    }
    l->n = half;
}

void ll_lowest_take(ll_lowest *l, int64_t step, double loss) {
    while (l->n && l->step[l->n - 1] >= step) l->n--;
    if (!(loss < ll_lowest_loss(l))) return;
    if (l->n == LL_LOWEST_KEPT) thin(l);
    l->step[l->n] = step;
    l->loss[l->n++] = loss;
}
