/* What the gradient noise scale costs, on one thread.
 *
 *     cmake --build build --target bench_noise && build/bench/bench_noise [ROUNDS]
 *
 * Norms of single micro-batches are what training asks of reduce for nothing else. Share: their processor time of the
 * run's. Ratio: runs with them and runs whose table skips them in turns, the median. Where a batch is one micro-batch
 * the noise costs half a gradient in every 64th step, less than 1 / 128.
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tensor/choice/kernel_tables.h"
#include "train/timed_run.h"

static const ll_kernels *under;
static double norms_s;

static double without_norms(float *out, const float *part, int64_t stride, int64_t k, int64_t n) {
    return k == 1 ? 0 : under->reduce(out, part, stride, k, n);
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double timed_norms(float *out, const float *part, int64_t stride, int64_t k, int64_t n) {
    if (k != 1) return under->reduce(out, part, stride, k, n);
    const double began = seconds(), square = under->reduce(out, part, stride, k, n);
    norms_s += seconds() - began;
    return square;
}

static ll_verdict go_on(void *ctx, const ll_train_event *e) {
    (void)ctx, (void)e;
    return LL_CONTINUE;
}

static double time_run(ll_train_job job, const ll_kernels *kernels, int64_t steps) {
    ll_train_result r;
    ll_error err;
    job.kernels = kernels;
    job.steps = job.schedule.steps = steps;
    const double began = seconds();
    if (ll_train_run(&job, go_on, NULL, &r, &err) != LL_OK) exit(fprintf(stderr, "%s\n", err.msg));
    return seconds() - began;
}

static int ascending(const void *a, const void *b) {
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static double median(double *v, int n) {
    qsort(v, (size_t)n, sizeof *v, ascending);
    return 0.5 * (v[n / 2] + v[(n - 1) / 2]);
}

int main(int argc, char **argv) {
    static const struct {
        int64_t width, context, batch, micro;
    } shapes[] = { { 16, 16, 16, 2 },  { 32, 128, 2, 2 },   { 64, 128, 8, 8 },
                   { 128, 128, 8, 8 }, { 128, 128, 64, 8 }, { 256, 256, 8, 8 } };
    enum { MOST = 100 };
    const int rounds = argc > 1 ? atoi(argv[1]) : 41;
    double ratio[MOST];
    ll_error err;
    if (rounds < 1 || rounds > MOST) return fprintf(stderr, "ROUNDS: 1 to %d\n", MOST), 2;
    if (ll_kernels_named("auto", "fp32", &under, &err) != LL_OK) return fprintf(stderr, "%s\n", err.msg), 1;
    ll_kernels without_table = *under, timed_table = *under;
    without_table.reduce = without_norms;
    timed_table.reduce = timed_norms;
    printf("width context batch micro   share   with / without\n");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        ll_timed_run t;
        const int64_t d = shapes[i].width;
        const ll_model m = { LL_FAMILY_GPT, 2, d, d / 16, 4 * d, shapes[i].context, 257, 32, 16 };
        if (ll_timed_run_init(&t, &m, under, shapes[i].batch, 1, &err) != LL_OK)
            return fprintf(stderr, "%s\n", err.msg), 1;
        t.job.micro = shapes[i].micro;
        const double step = time_run(t.job, under, 8) / 8;
        const int64_t steps = 8 * (int64_t)ceil(0.1 / step / 8);
        for (int r = 0; r < rounds; r++) {
            double with, without;
            if (r % 2) with = time_run(t.job, under, steps), without = time_run(t.job, &without_table, steps);
            else without = time_run(t.job, &without_table, steps), with = time_run(t.job, under, steps);
            ratio[r] = with / without;
        }
        norms_s = 0;
        const double whole = time_run(t.job, &timed_table, 4 * steps);
        printf("%5lld %7lld %5lld %5lld   %.2f %%  %.4f\n", (long long)d, (long long)shapes[i].context,
               (long long)shapes[i].batch, (long long)shapes[i].micro, 100 * norms_s / whole,
               median(ratio, rounds));
        fflush(stdout);
        ll_timed_run_clear(&t);
    }
    return 0;
}
