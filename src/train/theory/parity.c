/* Multitask sparse parity (Michaud et al. 2023): a one says which task it is, and the answer is the parity of a few of
 * the bits, others for each task. Tasks are quanta: each is learned all at once, in the order of their frequencies
 * k^-(1+alpha). */
#include <math.h>

#include "train/theory/lesson.h"
#include "train/theory/zeta.h"

enum { REPEATS = 32 }; /* rows of a task in the test */

static double predicted(const ll_theory *t, ll_var along) {
    return along == LL_VAR_N ? t->alpha : t->alpha / (1 + t->alpha);
}

static double guess(const ll_theory *t) {
    (void)t;
    return log(2);
}

/* Each task's bits as a mask. */
static ll_status open(ll_lesson *l, ll_error *err) {
    const ll_theory *t = l->of;
    l->inputs = t->tasks + t->bits;
    l->outputs = 2;
    l->group = REPEATS;
    l->tests = t->tasks * REPEATS;
    LL_TRY(ll_lesson_tasks(l, err));
    ll_rng r = ll_rng_at(l->seed, LL_STREAM_THEORY, 0);
    for (int64_t k = 0; k < t->tasks; k++) {
        uint32_t mask = 0;
        for (int64_t chosen = 0; chosen < t->subset;) {
            const uint32_t bit = 1u << ll_rng_below(&r, t->bits);
            chosen += !(mask & bit);
            mask |= bit;
        }
        l->number[k] = mask;
    }
    return LL_OK;
}

static void put(const ll_lesson *l, int64_t task, uint32_t bits, ll_real *x, int32_t *label) {
    const ll_theory *t = l->of;
    for (int64_t k = 0; k < t->tasks; k++) x[k] = k == task;
    for (int64_t b = 0; b < t->bits; b++) x[t->tasks + b] = bits >> b & 1 ? 1 : -1;
    bits &= (uint32_t)l->number[task];
    for (*label = 0; bits; bits &= bits - 1) *label ^= 1;
}

static void sample(const ll_lesson *l, uint64_t number, ll_real *x, ll_real *y, int32_t *label) {
    ll_rng r = ll_rng_at(l->seed, LL_STREAM_THEORY_SAMPLE, number);
    (void)y;
    const int64_t task = ll_lesson_task(l, &r);
    put(l, task, ll_rng_u32(&r), x, label);
}

static double test(const ll_lesson *l, int64_t row, ll_real *x, ll_real *y, int32_t *label) {
    ll_rng r = ll_rng_at(l->seed, LL_STREAM_THEORY_TEST, (uint64_t)row);
    (void)y;
    put(l, row / REPEATS, ll_rng_u32(&r), x, label);
    return ll_zipf(1 + l->of->alpha, (double)(row / REPEATS + 1)) / REPEATS;
}

static const ll_lesson_kind lesson = { open, sample, test };

const ll_theory_kind ll_theory_parity = {
    .name = "parity",
    .question = "multitask sparse parity: is each task learned at once, in the order of frequency?",
    .source = "Michaud et al. 2023, arXiv:2303.13506",
    .preset = { .seeds = 5,
                .alpha = 1,
                .tasks = 100,
                .bits = 12,
                .subset = 2,
                .widths = { 4, { 8, 16, 32, 64 } },
                .samples = { 1, { 0 } },
                .depth = 1,
                .batch = 512,
                .steps = 16000,
                .lr = 0.01,
                .schedule = "cosine",
                .optimizer = "adam" },
    .guess = guess,
    .predicted = predicted,
    .lesson = &lesson,
};
