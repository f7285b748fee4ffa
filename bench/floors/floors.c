/* A training step on one thread beside its two floors: its operations over what the multiply-add units can do, and
 * the bytes that it must move over what memory can give. By the processor's time of the thread, so that what else the
 * machine does counts little; peak and steps take turns, the highest peak and the best tenth of the steps count.
 *
 *     build/bench/bench_floors [seconds of each shape] [context]
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/system/threads.h"
#include "model/count.h"
#include "tensor/choice/kernel_tables.h"
#include "train/machine.h"
#include "train/timed_run.h"
#include "train/training.h"

enum { BATCH = 16, MOST = 100000, ROUNDS = 20000 };

static double spent_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Floats: parameters, m and v are read and written, each micro-batch's gradient is written and read, their sum too;
 * of gpt's activations, per token and layer eight of the width (three of them q, k, v) and two of the feed-forward's
 * are written forward and read backward, and so are the logits. What caches keep is less. */
static double bytes_of(const ll_model *m, int64_t micro) {
    const double size = (double)ll_model_size(m), tokens = (double)(BATCH * m->context);
    const double kept = (double)m->layers * (8.0 * (double)m->width + 2.0 * (double)m->ffw) +
                        2.0 * (double)m->width + (double)m->vocab;
    return 4 * (size * (double)(6 + 2 * micro + 2) + 2 * tokens * kept);
}

typedef struct floors {
    double step, peak; /* seconds; FLOPs per second, the best of all shapes so far */
} floors;

static ll_status time_steps(const ll_model *m, const ll_kernels *k, double seconds, floors *out, int64_t *micro,
                            ll_error *err) {
    static double step[MOST];
    ll_timed_run run;
    ll_training t;
    float sink;
    int64_t n = 0;
    LL_TRY(ll_timed_run_init(&run, m, k, BATCH, 1, err));
    *micro = run.job.micro;
    ll_status s = ll_training_init(&t, &run.job, 1, err);
    if (s == LL_OK) ll_model_init(m, t.params, 1), ll_training_pack(&t);
    for (const double start = spent_now(); s == LL_OK && (n < 8 || spent_now() - start < seconds) && n < MOST;
         n++) {
        double before = spent_now();
        s = ll_training_step(&t, err);
        step[n] = spent_now() - before;
        before = spent_now();
        const double done = k->peak(ROUNDS, &sink);
        out->peak = fmax(out->peak, done / (spent_now() - before));
    }
    if (s == LL_OK) {
        qsort(step, (size_t)n, sizeof *step, by_size);
        out->step = step[n / 10];
        ll_training_clear(&t);
    }
    ll_timed_run_clear(&run);
    return s;
}

static ll_status measure(const ll_model *m, const ll_kernels *k, double seconds, double bandwidth, floors *f,
                         ll_error *err) {
    int64_t micro;
    LL_TRY(time_steps(m, k, seconds, f, &micro, err));
    const double flops = ll_count_of(m).flops_token * (double)(BATCH * m->context), by_flops = flops / f->peak,
                 by_bytes = bytes_of(m, micro) / bandwidth;
    printf("| %s | %lld, %lld, %lld | %.3f ms | %.3f ms | %.3f ms | %.1f %% |\n", k->name, (long long)m->layers,
           (long long)m->width, (long long)m->heads, 1e3 * f->step, 1e3 * by_flops, 1e3 * by_bytes,
           100 * by_flops / f->step);
    fflush(stdout);
    return LL_OK;
}

int main(int argc, char **argv) {
    static const struct {
        int64_t layers, width, heads;
    } shapes[] = { { 2, 32, 2 }, { 2, 64, 4 }, { 4, 128, 4 }, { 6, 256, 8 }, { 8, 384, 6 } };
    const double seconds = argc > 1 ? atof(argv[1]) : 5;
    const int64_t context = argc > 2 ? atoll(argv[2]) : 256;
    const double bandwidth = ll_machine_bandwidth(1);
    char list[128];
    printf("Context %lld, %d sequences a step, one thread; memory %.1f GB/s.\n\n", (long long)context, BATCH,
           bandwidth / 1e9);
    printf("| kernels | layers, width, heads | a step | operations over peak | bytes over bandwidth | share of the "
           "peak "
           "|\n|---|---|---|---|---|---|\n");
    snprintf(list, sizeof list, "%.*s %.*s", (int)strcspn(ll_kernels_list("fp32"), " "), ll_kernels_list("fp32"),
             (int)strcspn(ll_kernels_list("bf16"), " "), ll_kernels_list("bf16"));
    ll_threads_flush_denormals();
    for (char *name = strtok(list, " "); name; name = strtok(NULL, " ")) {
        floors f = { 0 };
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            const ll_kernels *k;
            ll_error err = { 0 };
            const int64_t width = shapes[i].width, head = width / shapes[i].heads;
            const ll_model m = { .family = LL_FAMILY_GPT,
                                 .layers = shapes[i].layers,
                                 .width = width,
                                 .heads = shapes[i].heads,
                                 .ffw = ll_family_ffw(LL_FAMILY_GPT, width),
                                 .context = context,
                                 .vocab = 256,
                                 .base_width = width,
                                 .base_head = head };
            ll_status s = ll_kernels_named(name, NULL, &k, &err);
            if (s == LL_OK) s = measure(&m, k, seconds, bandwidth, &f, &err);
            if (s != LL_OK) return fprintf(stderr, "%s\n", err.msg), 1;
        }
    }
    return 0;
}
