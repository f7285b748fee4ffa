#include "train/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/starved.h"
#include "base/system/threads.h"

#define STRETCH_S 0.2
enum { ROUNDS = 20000, BLOCK = 1 << 27 }; /* BLOCK: bytes a thread reads, well above its share of any cache */

/* One stretch of work: returns how much was done. i: of which thread. */
typedef struct race {
    double (*work)(const struct race *r, int64_t i);
    const ll_kernels *kernels;
    uint64_t *block; /* [threads][BLOCK bytes] */
    double *rate;    /* [threads], the best so far */
} race;

static void race_task(void *ctx, int64_t i, int worker) {
    (void)worker;
    const race *r = ctx;
    double start = ll_clock_now(), before = start, now;
    do {
        double done = r->work(r, i);
        now = ll_clock_now();
        if (done / (now - before) > r->rate[i]) r->rate[i] = done / (now - before);
        before = now;
    } while (now - start < STRETCH_S);
}

static double best_of(race *r, int threads) {
    double sum = 0;
    r->rate = ll_counted(calloc((size_t)threads, sizeof *r->rate));
    if (!r->rate) return 0;
    ll_threads_for(threads, threads, race_task, r);
    for (int i = 0; i < threads; i++) sum += r->rate[i];
    free(r->rate);
    return sum;
}

static double spin(const race *r, int64_t i) {
    (void)i;
    float sink;
    return r->kernels->peak(ROUNDS, &sink);
}

/* Eight sums side by side: the loads, not the additions, are what takes time. */
static double read_block(const race *r, int64_t i) {
    const uint64_t *x = r->block + i * (int64_t)(BLOCK / sizeof *x);
    uint64_t sum[8] = { 0 };
    for (size_t j = 0; j < BLOCK / sizeof *x; j += 8)
        for (size_t k = 0; k < 8; k++) sum[k] += x[j + k];
    volatile uint64_t sink = sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] + sum[7];
    (void)sink;
    return BLOCK;
}

double ll_machine_flops(const ll_kernels *kernels, int threads) {
    return best_of(&(race) { .work = spin, .kernels = kernels }, threads);
}

double ll_machine_bandwidth(int threads) {
    size_t size = (size_t)threads * BLOCK;
    race r = { .work = read_block, .block = aligned_alloc(64, size) };
    if (!r.block) return 0;
    memset(r.block, 1, size); /* pages that are there, and not all the one page of zeros */
    double rate = best_of(&r, threads);
    free(r.block);
    return rate;
}
