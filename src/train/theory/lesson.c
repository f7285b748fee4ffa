#include "train/theory/lesson.h"

#include <math.h>
#include <stdlib.h>

#include "train/theory/zeta.h"

ll_status ll_lesson_open(ll_lesson *l, const ll_theory *t, int64_t seed, ll_error *err) {
    *l = (ll_lesson) { .of = t, .seed = (uint64_t)seed };
    return ll_theory_find(t->kind)->lesson->open(l, err);
}

void ll_lesson_close(ll_lesson *l) {
    free(l->reach);
    free(l->number);
}

ll_status ll_lesson_tasks(ll_lesson *l, ll_error *err) {
    const int64_t n = l->of->tasks;
    const double s = 1 + l->of->alpha, all = 1 - ll_zipf_tail(s, (double)n), zeta = ll_zeta(s, 1);
    double sum = 0;
    l->reach = malloc((size_t)n * sizeof *l->reach);
    l->number = malloc((size_t)n * sizeof *l->number);
    if (!l->reach || !l->number) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    for (int64_t k = 0; k < n; k++) l->reach[k] = (sum += pow((double)(k + 1), -s) / zeta) / all;
    return LL_OK;
}

int64_t ll_lesson_task(const ll_lesson *l, ll_rng *r) {
    const double u = ll_rng_uniform(r);
    int64_t lo = 0, hi = l->of->tasks - 1;
    while (lo < hi) {
        const int64_t mid = (lo + hi) / 2;
        if (l->reach[mid] > u) hi = mid;
        else lo = mid + 1;
    }
    return lo;
}

ll_status ll_lesson_finite(const ll_theory_row *at, ll_error *err) {
    if (isfinite(at->loss)) return LL_OK;
    return LL_FAIL(err, LL_ENUM, "width %lld, seed %lld: the loss is %g at step %lld; a lower lr may help",
                   (long long)at->width, (long long)at->seed, at->loss, (long long)at->step);
}
