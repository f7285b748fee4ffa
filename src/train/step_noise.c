#include "train/training.h"

enum {
    NOISE_EVERY = 8, /* steps between two at which the norms of the micro-batches' gradients are taken, or, where */
    HALVES_EVERY = 64 /* there is one micro-batch, that of half the batch, which is a gradient more */
};

/* The micro-batches, or, where there is one, its halves. */
static int64_t pieces_of(const ll_train_job *j) {
    return j->micro > 1 ? j->micro : 2;
}

bool ll_training_samples(const ll_train_job *j) {
    return j->batch > 1 && !j->lesson;
}

bool ll_training_is_sampled(const ll_training *t) {
    const ll_train_job *j = t->job;
    return ll_training_samples(j) && (t->step + 1) % (j->micro > 1 ? NOISE_EVERY : HALVES_EVERY) == 0;
}

static void half_task(void *ctx, int64_t i, int slot) {
    ll_threads_flush_denormals();
    ll_training *t = ctx;
    int64_t first, count;
    ll_piece_range(t->job->batch, 2, i, &first, &count);
    ll_training_gradient(t, first, count, 1.0 / (double)(count * t->job->model.context), t->spare, slot);
}

/* The mean gradient of the first half, into spare, before the whole step's comes into its one part. */
void ll_training_before_noise(ll_training *t) {
    if (t->job->micro == 1) ll_training_each(t, 1, half_task);
}

/* Squares of the two halves' mean gradients: the second is what the first leaves of the whole. */
static double halves_square(const ll_training *t, const ll_segment *s) {
    const double B = (double)t->job->batch, second = (double)(t->job->batch / 2), first = B - second;
    const float *half = t->spare + s->offset, *whole = t->parts + s->offset;
    double sum = 0;
    for (int64_t i = 0; i < s->n; i++) {
        const double a = half[i], b = (B * (double)whole[i] - first * a) / second;
        sum += a * a + b * b;
    }
    return sum;
}

/* A micro-batch leaves its share of the step's mean; its own mean is batch / count times that. */
static double micros_square(const ll_training *t, const ll_segment *s) {
    const ll_train_job *j = t->job;
    double sum = 0;
    for (int64_t i = 0; i < j->micro; i++) {
        int64_t first, count;
        ll_piece_range(j->batch, j->micro, i, &first, &count);
        const double up = (double)j->batch / (double)count;
        sum += up * up * j->kernels->reduce(t->spare + s->offset, t->parts + i * t->size + s->offset, 0, 1, s->n);
    }
    return sum;
}

double ll_training_pieces_square(const ll_training *t, const ll_segment *s) {
    return t->job->micro > 1 ? micros_square(t, s) : halves_square(t, s);
}

void ll_training_add_noise(ll_training *t, double square) {
    const ll_train_job *j = t->job;
    const double n = (double)pieces_of(j), T = (double)j->model.context;
    double pieces = 0, inverse = 0;
    for (int64_t i = 0; i < t->n_segments; i++) pieces += t->segments[i].pieces_square / n;
    for (int64_t i = 0; i < pieces_of(j); i++) {
        int64_t first, count;
        ll_piece_range(j->batch, pieces_of(j), i, &first, &count);
        inverse += 1 / (double)count / n;
    }
    ll_noise_add(&t->seen.noise, (double)j->batch * T, square, T / inverse, pieces);
}
