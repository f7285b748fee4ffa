#include "train/training.h"

bool ll_training_is_first(const ll_training *t) {
    return !t->job->ranks || t->job->ranks->rank == 0;
}

int64_t ll_training_take_mine(ll_training *t, int64_t n) {
    int64_t count = n;
    t->mine = 0;
    if (t->job->ranks) ll_piece_range(n, t->job->ranks->n, t->job->ranks->rank, &t->mine, &count);
    return count;
}

void ll_training_share(const ll_training *t, void *bytes, size_t size) {
    if (t->job->ranks) ll_ranks_share(t->job->ranks, bytes, size);
}

/* ---- tasks ---- */

/* What every rank has done of n tasks, of which task i leaves bytes [place(i), place(i + 1)). */
static void gather(const ll_training *t, void *all, int64_t n, size_t (*place)(const ll_training *t, int64_t i)) {
    const ll_ranks *r = t->job->ranks;
    size_t begin[LL_RANKS_MAX + 1];
    int64_t first, count;
    if (!r) return;
    for (int k = 0; k < r->n; k++) {
        ll_piece_range(n, r->n, k, &first, &count);
        begin[k] = place(t, first);
    }
    begin[r->n] = place(t, n);
    ll_ranks_gather(r, all, begin);
}

static size_t loss_place(const ll_training *t, int64_t i) {
    const ll_train_job *j = t->job;
    int64_t first = j->batch, count;
    if (i < j->micro) ll_piece_range(j->batch, j->micro, i, &first, &count);
    return (size_t)(first * j->model.context) * sizeof *t->loss;
}

static size_t means_place(const ll_training *t, int64_t i) {
    const int64_t first = i * t->share;
    return (size_t)(first < t->windows ? first : t->windows) * sizeof *t->means;
}

void ll_training_gather_losses(ll_training *t) {
    gather(t, t->loss, t->job->micro, loss_place);
}

void ll_training_gather_means(ll_training *t, int64_t passes) {
    gather(t, t->means, passes, means_place);
}

/* A token that one rank has found strange stops all. */
void ll_training_gather_strange(ll_training *t) {
    const ll_ranks *r = t->job->ranks;
    bool strange[LL_RANKS_MAX] = { false };
    size_t begin[LL_RANKS_MAX + 1];
    if (!r) return;
    for (int k = 0; k <= r->n; k++) begin[k] = (size_t)k * sizeof *strange;
    strange[r->rank] = atomic_load(&t->strange);
    ll_ranks_gather(r, strange, begin);
    for (int k = 0; k < r->n; k++)
        if (strange[k]) atomic_store(&t->strange, true);
}

/* ---- parameters: each rank sums and updates its own segments ---- */

/* The first segment of rank k: about as many parameters for each. */
static int64_t first_segment(const ll_training *t, int k) {
    const int n = t->job->ranks ? t->job->ranks->n : 1;
    int64_t i = 0;
    while (i < t->n_segments && t->segments[i].offset < t->size / n * k) i++;
    return k == n ? t->n_segments : i;
}

void ll_training_my_segments(const ll_training *t, int64_t *from, int64_t *to) {
    const int k = t->job->ranks ? t->job->ranks->rank : 0;
    *from = first_segment(t, k);
    *to = first_segment(t, k + 1);
}

/* Where each rank's parameters begin, bytes of a block of them. */
static void own_places(const ll_training *t, size_t begin[LL_RANKS_MAX + 1]) {
    for (int k = 0; k <= t->job->ranks->n; k++) {
        const int64_t i = first_segment(t, k);
        begin[k] = (size_t)(i < t->n_segments ? t->segments[i].offset : t->size) * sizeof(float);
    }
}

void ll_training_scatter_gradients(ll_training *t) {
    const ll_ranks *r = t->job->ranks;
    size_t begin[LL_RANKS_MAX + 1];
    int64_t first[LL_RANKS_MAX + 1], count;
    if (!r) return;
    own_places(t, begin);
    for (int k = 0; k < r->n; k++) ll_piece_range(t->job->micro, r->n, k, &first[k], &count);
    first[r->n] = t->job->micro;
    ll_ranks_scatter(r, t->parts, (size_t)t->size * sizeof *t->parts, first, begin);
}

void ll_training_gather_squares(ll_training *t) {
    const ll_ranks *r = t->job->ranks;
    size_t begin[LL_RANKS_MAX + 1];
    if (!r) return;
    for (int k = 0; k <= r->n; k++) begin[k] = (size_t)first_segment(t, k) * sizeof *t->segments;
    ll_ranks_gather(r, t->segments, begin);
}

void ll_training_gather_block(ll_training *t, float *block) {
    size_t begin[LL_RANKS_MAX + 1];
    if (!t->job->ranks) return;
    own_places(t, begin);
    ll_ranks_gather(t->job->ranks, block, begin);
}
