/* Facts to be memorised (Hutter 2021): the question is one of many, asked by Zipf's law of 1 + alpha, and the answer is
 * random but always the same. Zipf teaches them to a network; lookup writes them down. */
#include <math.h>
#include <stdlib.h>

#include "train/theory/lesson.h"
#include "train/theory/zeta.h"

static double predicted(const ll_theory *t, ll_var along) {
    return along == LL_VAR_N ? t->alpha : t->alpha / (1 + t->alpha);
}

/* ---- a network ---- */

static double guess(const ll_theory *t) {
    return log((double)t->answers);
}

static ll_status open(ll_lesson *l, ll_error *err) {
    const ll_theory *t = l->of;
    l->inputs = l->tests = t->tasks;
    l->outputs = t->answers;
    l->group = 1;
    LL_TRY(ll_lesson_tasks(l, err));
    ll_rng r = ll_rng_at(l->seed, LL_STREAM_THEORY, 0);
    for (int64_t k = 0; k < t->tasks; k++) l->number[k] = (double)ll_rng_below(&r, t->answers);
    return LL_OK;
}

static void put(const ll_lesson *l, int64_t task, ll_real *x, int32_t *label) {
    for (int64_t k = 0; k < l->of->tasks; k++) x[k] = k == task;
    *label = (int32_t)l->number[task];
}

static void sample(const ll_lesson *l, uint64_t number, ll_real *x, ll_real *y, int32_t *label) {
    ll_rng r = ll_rng_at(l->seed, LL_STREAM_THEORY_SAMPLE, number);
    (void)y;
    put(l, ll_lesson_task(l, &r), x, label);
}

static double test(const ll_lesson *l, int64_t row, ll_real *x, ll_real *y, int32_t *label) {
    (void)y;
    put(l, row, x, label);
    return ll_zipf(1 + l->of->alpha, (double)(row + 1));
}

static const ll_lesson_kind lesson = { open, sample, test };

const ll_theory_kind ll_theory_zipf = {
    .name = "zipf",
    .question =
        "facts of Zipf's frequencies, taught to a network: does what it gets wrong fall as the unseen mass?",
    .source = "Hutter 2021, arXiv:2102.04074",
    .preset = { .seeds = 5,
                .alpha = 1,
                .tasks = 256,
                .answers = 16,
                .widths = { 1, { 64 } },
                .samples = { 5, { 100, 300, 1000, 3000, 10000 } },
                .depth = 1,
                .batch = 256,
                .steps = 1000,
                .lr = 0.01,
                .schedule = "cosine",
                .optimizer = "adam" },
    .guess = guess,
    .predicted = predicted,
    .lesson = &lesson,
};

/* ---- a table ---- */

static double nothing_known(const ll_theory *t) {
    (void)t;
    return 1;
}

static int by_number(const void *a, const void *b) {
    const int64_t *p = a, *q = b;
    return (*p > *q) - (*p < *q);
}

/* The mass of what was not among the samples, or lies beyond the most frequent of which there is room for width. */
static double unseen(const ll_theory *t, const ll_theory_row *at) {
    const int64_t n = at->samples;
    const double s = 1 + t->alpha;
    int64_t *seen = malloc((size_t)n * sizeof *seen);
    double known = 0;
    if (!seen) return NAN;
    for (int64_t i = 0; i < n; i++) {
        ll_rng r = ll_rng_at((uint64_t)at->seed, LL_STREAM_THEORY_SAMPLE, (uint64_t)i);
        seen[i] = ll_zipf_draw(s, &r);
    }
    qsort(seen, (size_t)n, sizeof *seen, by_number);
    for (int64_t i = n - 1; i >= 0; i--) /* small ones first */
        if ((i == 0 || seen[i] != seen[i - 1]) && (at->width == 0 || seen[i] <= at->width))
            known += pow((double)seen[i], -s);
    free(seen);
    return 1 - known / ll_zeta(s, 1);
}

const ll_theory_kind ll_theory_lookup = {
    .name = "lookup",
    .question = "facts of Zipf's frequencies, written down: what is still new after so many samples?",
    .source = "Hutter 2021, arXiv:2102.04074",
    .preset = { .seeds = 5,
                .alpha = 1,
                .widths = { 1, { 0 } },
                .samples = { 7, { 100, 300, 1000, 3000, 10000, 30000, 100000 } } },
    .guess = nothing_known,
    .predicted = predicted,
    .computed = unseen,
};
