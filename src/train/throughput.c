#include "train/throughput.h"

#include <stdlib.h>

#include "base/system/clock.h"
#include "base/system/threads.h"
#include "model/count.h"
#include "train/timed_run.h"

typedef struct race {
    const ll_train_job *job;
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
    ll_train_run(r->job, on_event, &l, &result, NULL);
    r->rate[i] = l.rate;
}

ll_status ll_throughput_measure(ll_throughput *out, const ll_model *model, const ll_kernels *kernels, int64_t batch,
                                int trainers, int threads, double peak, double seconds, ll_error *err) {
    ll_timed_run trial;
    LL_TRY(ll_timed_run_init(&trial, model, kernels, batch, threads, err));
    race r = { .job = &trial.job, .seconds = seconds, .rate = calloc((size_t)trainers, sizeof *r.rate) };
    *out = (ll_throughput) { .trainers = trainers, .threads = threads };
    if (r.rate) ll_threads_for(trainers, trainers, race_task, &r);
    for (int i = 0; r.rate && i < trainers; i++) out->tokens_per_s += r.rate[i];
    ll_timed_run_clear(&trial);
    if (!r.rate) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    free(r.rate);
    out->flops_per_s = out->tokens_per_s * ll_count_of(model).flops_token;
    out->share_of_peak = out->flops_per_s / peak;
    return out->tokens_per_s > 0 ? LL_OK : LL_FAIL(err, LL_ENUM, "not a single step in %g s", seconds);
}
