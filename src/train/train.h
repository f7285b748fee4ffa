/* Training: one rung from its first step, or its checkpoint, to its final loss.
 *
 *     ll_train_job job = { .model = m, .kernels = k, .train = &train, .val = &val, .steps = 1000, .batch = 16 };
 *     ll_train_result r;
 *     LL_TRY(ll_train_run(&job, sink, ctx, &r, err));
 *
 * A step is `micro` micro-batches. Each leaves its gradient in a buffer of its own and the buffers are summed in
 * order, so that the bits do not depend on the number of threads, nor of ranks (ranks/ranks.h): each rank fills its
 * buffers, all have those of all before the sum, and rank 0 alone talks to the sink and writes files. Memory is
 * measured, allocated once, and a step allocates nothing. Batches come from a counter, so a resumed run sees what
 * the killed one would have seen.
 */
#ifndef LL_TRAIN_TRAIN_H
#define LL_TRAIN_TRAIN_H

#include <signal.h>

#include "data/batch.h"
#include "model/model.h"
#include "train/noise.h"
#include "train/ranks/ranks.h"
#include "train/schedule.h"
#include "train/train_parts.h"

enum { LL_TRAIN_MAX_BRANCHES = 16, LL_TRAIN_MAX_ALSO = 8 };

/* A further shard that is evaluated as the validation shard is. */
typedef struct ll_train_also {
    char name[32];
    const ll_shard *shard;
} ll_train_also;

/* What a step learns in place of the next tokens of the training shard (tuning/tuning.h). Sequences are counted
 * from the first one of step 0; count of them are weighed together. All are asked from any thread. */
typedef struct ll_train_lesson {
    bool (*sequence)(const void *ctx, uint64_t number, int32_t *x,
                     int32_t *y); /* [T] each; false: a strange token */
    /* The weights sum to the objective's gradient over the step; the mean of what is left in loss [count,T] over the
     * step is the objective. */
    void (*weigh)(const void *ctx, uint64_t number, int64_t count, ll_real *loss, ll_real *weight);
    const void *ctx;
} ll_train_lesson;

typedef struct ll_train_job {
    ll_model model;
    const ll_kernels *kernels;
    const ll_shard *train, *val;
    int64_t steps, batch, micro; /* batch: sequences a step; micro: micro-batches, at most batch */
    ll_schedule schedule;        /* its steps are the job's */
    double lr, beta1, beta2, eps, decay, clip;
    uint64_t seed;
    int64_t windows;                     /* of the training shard, seen in epochs (data/epochs.h); 0: all of it,
                                            drawn anew each time */
    int threads;                         /* at most; memory is laid out for so many */
    const volatile sig_atomic_t *active; /* how many to use, read at every step; NULL: all of them */
    const ll_ranks *ranks;               /* this process is one of them, at most micro; NULL: it is alone */
    int64_t eval_points;                 /* evaluations along the way, log-spaced in steps */
    int64_t eval_windows;                /* windows of each; the last one takes final_windows */
    int64_t final_windows;
    ll_train_also also[LL_TRAIN_MAX_ALSO];
    int n_also;
    int64_t patience;    /* ends after so many points without a new best; 0: never */
    const char *start;   /* a checkpoint to begin from (a trunk's), or NULL */
    const float *params; /* weights to begin from in place of the seed's, or NULL */
    const ll_train_lesson
        *lesson;            /* NULL: the next token of the training shard; there is no noise scale with one */
    const char *checkpoint; /* where to leave one, and to resume from when it is there; NULL: neither */
    double checkpoint_s;    /* seconds between two */
    double ask_growth; /* the sink is asked for good when the steps pass ask_from * ask_growth^k, k any whole */
    double ask_from;   /* number, and where a run goes on that was begun before; ask_growth 0: never */
    int64_t branch_step[LL_TRAIN_MAX_BRANCHES]; /* a trunk: steps whose state is kept for its branches */
    int n_branches;
    const char *branch_prefix; /* PREFIX-STEP.safetensors */
    const char *weights;       /* where to leave the final weights, or NULL */
    char identity[65];         /* names the rung: a checkpoint of another is refused */
} ll_train_job;

/* ASK is evaluated like a point, but none of the learning curve; NOTE has something to tell. */
typedef enum ll_train_kind { LL_TRAIN_PROGRESS = 1, LL_TRAIN_POINT, LL_TRAIN_ASK, LL_TRAIN_NOTE } ll_train_kind;

/* What is measured at a point besides the loss: PROBE.METRIC, over n windows or steps.
 *     also.NAME                         loss on a further shard
 *     noise.scale, noise.g2, noise.s    gradient noise scale in tokens, |G|^2, covariance of a token (noise.h), over
 *                                       every 8th step since the last such point; every 64th where there is one
 *                                       micro-batch, none where a batch is one sequence */
typedef struct ll_train_reading {
    char probe[16], metric[32];
    double value, se;
    int64_t n;
} ll_train_reading;
enum { LL_TRAIN_READINGS = 3 + LL_TRAIN_MAX_ALSO };

typedef struct ll_train_event {
    ll_train_kind kind;
    bool due;     /* a step at which the sink is asked for good; of POINT and ASK */
    bool rewound; /* of POINT: what was told of this step and later ones is void; a trainer of others went back */
    int64_t step, steps;
    double tokens, train_loss; /* running mean of the last steps, nats per token */
    double loss, se;           /* of POINT and ASK: validation loss and its standard error over windows */
    double tokens_per_s, left_s;
    const ll_train_reading *readings; /* of POINT; borrowed for the call */
    int n_readings;
    const char *note; /* of NOTE: one line; borrowed for the call */
} ll_train_event;

typedef enum ll_verdict { LL_CONTINUE = 0, LL_CHECKPOINT_AND_STOP } ll_verdict;
typedef ll_verdict ll_train_sink(void *ctx, const ll_train_event *event);

typedef struct ll_train_result {
    double loss, se, train_loss;
    double best_loss; /* least loss of the points, the end among them; at step best_step */
    int64_t best_step;
    int64_t steps;               /* fewer than the job's where its patience ended */
    double wall_s, tokens_per_s; /* of this process: a resumed run counts its own part */
    int64_t resumed_at;
    double cpu_s[LL_PARTS]; /* of this process, which trains nothing else; of a run that was stopped, too */
} ll_train_result;

/* Into how many micro-batches a step of so many sequences is best cut, for any number of threads up to eight. A
 * product takes at least 128 rows; in a recurrent one they are the sequences. */
int64_t ll_train_micro(const ll_model *model, int64_t batch);

/* Anonymous memory the job will hold, bytes, apart from the program's own few. */
double ll_train_memory(const ll_train_job *job);

/* LL_ESTOP after a checkpoint when the sink says so; LL_ENUM when the loss is no longer a number. A checkpoint of
 * its own that is damaged is renamed to .broken and noted, and the run starts over. */
ll_status ll_train_run(const ll_train_job *job, ll_train_sink *sink, void *ctx, ll_train_result *result,
                       ll_error *err);

/* Mean loss over n_windows of a shard and its standard error, with weights of one's own. */
ll_status ll_train_evaluate(const ll_model *model, const ll_kernels *kernels, const float *params,
                            const ll_shard *shard, int64_t n_windows, int threads, double *loss, double *se,
                            ll_error *err);

#endif
