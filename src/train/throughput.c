#include "train/throughput.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/threads.h"
#include "loglog/random.h"
#include "model/count.h"
#include "train/train.h"

enum { TOKENS = 1 << 20, FOREVER = 1 << 30 };
#define PEAK_S 0.2

/* ---- peak ---- */

typedef struct spin {
    const ll_kernels *kernels;
    double *rate;
} spin;

static void spin_task(void *ctx, int64_t i, int worker) {
    (void)worker;
    const spin *s = ctx;
    float sink;
    double start = ll_clock_now(), before = start, now;
    do { /* the best of many short stretches: what nothing disturbed */
        double flops = s->kernels->peak(20000, &sink);
        now = ll_clock_now();
        if (flops / (now - before) > s->rate[i]) s->rate[i] = flops / (now - before);
        before = now;
    } while (now - start < PEAK_S);
}

double ll_throughput_peak(const ll_kernels *kernels, int threads) {
    double sum = 0, *rate = calloc((size_t)threads, sizeof *rate);
    if (!rate) return 0;
    ll_threads_for(threads, threads, spin_task, &(spin) { kernels, rate });
    for (int i = 0; i < threads; i++) sum += rate[i];
    free(rate);
    return sum;
}

/* ---- training ---- */

typedef struct race {
    ll_train_job job;
    double seconds, *rate; /* [trainers] tokens per second of each */
} race;

typedef struct lap {
    const race *race;
    double started, rate;
    int64_t first;
} lap;

/* The clock starts at the first event, when memory is warm. */
static ll_verdict on_event(void *ctx, const ll_train_event *e) {
    lap *l = ctx;
    double now = ll_clock_now();
    if (l->started == 0) {
        l->started = now;
        l->first = e->step;
        return LL_CONTINUE;
    }
    double per_step = e->tokens / (double)e->step;
    l->rate = (double)(e->step - l->first) * per_step / (now - l->started);
    return now - l->started < l->race->seconds ? LL_CONTINUE : LL_CHECKPOINT_AND_STOP;
}

static void race_task(void *ctx, int64_t i, int worker) {
    (void)worker;
    race *r = ctx;
    lap l = { .race = r };
    ll_train_result result;
    ll_train_run(&r->job, on_event, &l, &result, NULL);
    r->rate[i] = l.rate;
}

static double run_race(race *r, int trainers, int threads) {
    double sum = 0;
    r->job.threads = threads;
    for (int i = 0; i < trainers; i++) r->rate[i] = 0;
    ll_threads_for(trainers, trainers, race_task, r);
    for (int i = 0; i < trainers; i++) sum += r->rate[i];
    return sum;
}

ll_status ll_throughput_measure(ll_throughput *out, const ll_model *model, const ll_kernels *kernels, int64_t batch,
                                int threads, double seconds, ll_error *err) {
    LL_TRY(ll_model_check(model, err));
    uint16_t *tokens = malloc(TOKENS * sizeof *tokens);
    double *rate = calloc((size_t)threads, sizeof *rate);
    if (!tokens || !rate) {
        free(tokens);
        free(rate);
        return LL_FAIL(err, LL_ENOMEM, "out of memory");
    }
    ll_rng rng = ll_rng_at(1, LL_STREAM_SAMPLE, 0);
    for (int i = 0; i < TOKENS; i++) tokens[i] = (uint16_t)ll_rng_below(&rng, model->vocab);
    const ll_shard shard = { .tokens = tokens, .n = TOKENS, .info = { .vocab = model->vocab } };
    race r = { .job = { .model = *model,
                        .kernels = kernels,
                        .train = &shard,
                        .val = &shard,
                        .steps = FOREVER,
                        .batch = batch,
                        .micro = batch < 8 ? batch : 8,
                        .lr = 1e-3,
                        .beta1 = 0.9,
                        .beta2 = 0.99,
                        .eps = 1e-8,
                        .decay = 0.1,
                        .clip = 1,
                        .seed = 1,
                        .eval_points = 1,
                        .eval_windows = 2,
                        .final_windows = 2,
                        .schedule = { .kind = LL_SCHEDULE_CONSTANT, .steps = FOREVER } },
               .seconds = seconds,
               .rate = rate };
    double together = run_race(&r, 1, threads), apart = threads > 1 ? run_race(&r, threads, 1) : 0;
    bool split = apart > together;
    free(tokens);
    free(rate);
    *out = (ll_throughput) { .tokens_per_s = split ? apart : together,
                             .trainers = split ? threads : 1,
                             .threads = split ? 1 : threads,
                             .peak = ll_throughput_peak(kernels, threads) };
    out->flops_per_s = out->tokens_per_s * ll_count_of(model).flops_token;
    out->share_of_peak = out->flops_per_s / out->peak;
    return out->tokens_per_s > 0 ? LL_OK : LL_FAIL(err, LL_ENUM, "not a single step in %g s", seconds);
}
