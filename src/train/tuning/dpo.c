#include <math.h>

#include "loglog/random.h"
#include "train/tuning/tuning.h"

/* ln(1 + e^x) without overflow. */
static double softplus(double x) {
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

double ll_dpo_loss(const ll_dpo_pair *p, double beta, double a, double b, double *by_a) {
    const double z = beta * ((a - p->ref_a) - (b - p->ref_b)), t = p->better;
    *by_a = beta * (1 / (1 + exp(-z)) - t);
    return t * softplus(-z) + (1 - t) * softplus(z);
}

int64_t ll_dpo_micro(int64_t micro, int64_t batch) {
    while (micro > 1 && batch % (2 * micro)) micro--;
    return micro;
}

static const ll_dpo_pair *pair_at(const ll_dpo *d, uint64_t number) {
    ll_rng r = ll_rng_at(d->seed, LL_STREAM_TUNING, number / 2);
    return &d->pair[ll_rng_below(&r, d->n)];
}

static bool sequence(const void *ctx, uint64_t number, int32_t *x, int32_t *y) {
    const ll_dpo *d = ctx;
    const ll_dpo_pair *p = pair_at(d, number);
    ll_tuning_row(number % 2 ? &p->b : &p->a, d->T, x, y);
    return true;
}

/* Minus the sum of an answer's losses is its log-probability. */
static double logprob(const ll_tuning_text *text, int64_t T, const ll_real *loss) {
    int64_t first, end;
    double sum = 0;
    ll_tuning_answer(text, T, &first, &end);
    for (int64_t t = first; t < end; t++) sum -= loss[t];
    return sum;
}

static void put(const ll_tuning_text *text, int64_t T, double w, ll_real *loss, ll_real *weight) {
    int64_t first, end;
    ll_tuning_answer(text, T, &first, &end);
    for (int64_t t = 0; t < T; t++) {
        weight[t] = t >= first && t < end ? (ll_real)w : 0;
        loss[t] = 0;
    }
}

static void weigh(const void *ctx, uint64_t number, int64_t count, ll_real *loss, ll_real *weight) {
    const ll_dpo *d = ctx;
    const int64_t T = d->T;
    const double pairs = (double)d->batch / 2;
    for (int64_t i = 0; i + 1 < count; i += 2) {
        const ll_dpo_pair *p = pair_at(d, number + (uint64_t)i);
        ll_real *a = loss + i * T, *b = a + T;
        double by_a;
        const double value = ll_dpo_loss(p, d->beta, logprob(&p->a, T, a), logprob(&p->b, T, b), &by_a);
        put(&p->a, T, -by_a / pairs, a, weight + i * T);
        put(&p->b, T, by_a / pairs, b, weight + (i + 1) * T);
        a[0] = (ll_real)(2 * (double)T * value);
    }
}

ll_train_lesson ll_dpo_lesson(const ll_dpo *d) {
    return (ll_train_lesson) { .sequence = sequence, .weigh = weigh, .ctx = d };
}
