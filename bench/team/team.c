/* A lone rung of one sequence a step, on one thread and on several: what a step takes, and how many times its share
 * of the cores that is. They take turns on one trainer, each step is timed, and of each kind the shortest fiftieth
 * counts: what else the machine does hits both. Bar: 1.15. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "tensor/choice/kernel_tables.h"
#include "train/timed_run.h"
#include "train/training.h"

#define TURN_S 0.1
#define BAR 1.15

enum { MOST_STEPS = 100000 };

static volatile sig_atomic_t active;

typedef struct times {
    double *s; /* of a step */
    int64_t n;
} times;

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const times *t, double q) {
    return t->s[(int64_t)(q * (double)(t->n - 1))];
}

/* The first steps of a turn are not counted: threads wake up, and the caches fill. */
static ll_status turn(ll_training *t, int threads, times *to, ll_error *err) {
    const double start = ll_clock_now();
    active = threads;
    for (int64_t i = 0; i < 8 || ll_clock_now() - start < TURN_S; i++) {
        const double before = ll_clock_now();
        LL_TRY(ll_training_step(t, err));
        if (i >= 4 && to->n < MOST_STEPS) to->s[to->n++] = ll_clock_now() - before;
    }
    return LL_OK;
}

static ll_status race(ll_training *t, int threads, double seconds, times both[2], ll_error *err) {
    const double start = ll_clock_now();
    for (int i = 0; i < 2 || ll_clock_now() - start < seconds; i++)
        for (int k = 0; k < 2; k++) LL_TRY(turn(t, k ? threads : 1, &both[k], err));
    for (int k = 0; k < 2; k++) qsort(both[k].s, (size_t)both[k].n, sizeof(double), by_size);
    return LL_OK;
}

static ll_status measure(const ll_model *m, const ll_kernels *k, int threads, double seconds, ll_error *err) {
    ll_timed_run run;
    ll_training t;
    times both[2] = { { malloc(MOST_STEPS * sizeof(double)), 0 }, { malloc(MOST_STEPS * sizeof(double)), 0 } };
    LL_TRY(ll_timed_run_init(&run, m, k, 1, threads, err));
    run.job.micro = 1;
    run.job.active = &active;
    ll_status s =
        both[0].s && both[1].s ? ll_training_init(&t, &run.job, 1, err) : LL_FAIL(err, LL_ENOMEM, "out of memory");
    if (s == LL_OK) {
        ll_model_init(m, t.params, 1);
        ll_training_pack(&t);
        s = race(&t, threads, seconds, both, err);
        ll_training_clear(&t);
    }
    if (s == LL_OK) {
        double share[3];
        static const double at[] = { 0.02, 0.005, 0.1 };
        for (int q = 0; q < 3; q++) share[q] = threads * quantile(&both[1], at[q]) / quantile(&both[0], at[q]);
        printf("| %s | %lld | %lld | %.0f us | %.0f us | %.2f (%.2f at 0.5 %%, %.2f at 10 %%) | %s |\n", k->name,
               (long long)m->width, (long long)m->context, 1e6 * quantile(&both[0], at[0]),
               1e6 * quantile(&both[1], at[0]), share[0], share[1], share[2], share[0] <= BAR ? "holds" : "MISSED");
        fflush(stdout);
    }
    ll_timed_run_clear(&run);
    free(both[0].s), free(both[1].s);
    return s;
}

int main(int argc, char **argv) {
    static const struct {
        int64_t layers, width, heads, context;
    } shapes[] = { { 2, 32, 2, 128 },  { 2, 64, 4, 128 }, { 4, 128, 4, 128 },
                   { 6, 256, 8, 128 }, { 2, 64, 4, 256 }, { 4, 128, 4, 256 } };
    const double seconds = argc > 1 ? atof(argv[1]) : 3;
    const int threads = argc > 2 ? atoi(argv[2]) : 2;
    char list[128];
    printf("| kernels | width | context | a step, 1 thread | %d threads | times its share (bar %.2f) | "
           "|\n|---|---|---|---|---|---|---|\n",
           threads, BAR);
    snprintf(list, sizeof list, "%.*s %.*s", (int)strcspn(ll_kernels_list("fp32"), " "), ll_kernels_list("fp32"),
             (int)strcspn(ll_kernels_list("bf16"), " "), ll_kernels_list("bf16"));
    for (char *name = strtok(list, " "); name; name = strtok(NULL, " "))
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            const ll_kernels *k;
            ll_error err = { 0 };
            ll_model m = { .family = LL_FAMILY_LLAMA,
                           .layers = shapes[i].layers,
                           .width = shapes[i].width,
                           .heads = shapes[i].heads,
                           .ffw = ll_family_ffw(LL_FAMILY_LLAMA, shapes[i].width),
                           .context = shapes[i].context,
                           .vocab = 257,
                           .base_width = 32,
                           .base_head = 16 };
            ll_status s = ll_kernels_named(name, NULL, &k, &err);
            if (s == LL_OK) s = measure(&m, k, threads, seconds, &err);
            if (s != LL_OK) return fprintf(stderr, "%s\n", err.msg), 1;
        }
    return 0;
}
