/* What the files of the training loop share: one rung's state while it is trained.
 *
 *     training.c        memory, and tasks shared out over threads
 *     step.c            a step: gradients, their sum, the update
 *     step_noise.c      the gradient noise scale of a step
 *     training_ranks.c  what several processes share out and exchange
 *     train.c           evaluations, checkpoints, the loop
 */
#ifndef LL_TRAIN_TRAINING_H
#define LL_TRAIN_TRAINING_H

#include <stdatomic.h>

#include "base/system/arena.h"
#include "base/system/threads.h"
#include "tensor/team/team.h"
#include "train/checkpoint.h"
#include "train/train.h"

enum {
    LL_SEGMENT = 16384, /* parameters that one thread reduces and updates at a time */
};

/* A stretch of parameters with one learning rate. */
typedef struct ll_segment {
    int64_t offset, n;
    double lr_factor;
    bool decays;
    double square;        /* of the summed gradient */
    double pieces_square; /* sum of those of the mean gradients of the batch's pieces */
} ll_segment;

typedef struct ll_training {
    const ll_train_job *job;
    int64_t size, n_segments, share; /* share: sequences of the largest micro-batch */
    float *params, *m, *v;           /* [size] */
    float *parts;                    /* [micro][size]; their sum comes into the first */
    float *spare;                    /* [size], where steps are sampled */
    float *packed;                   /* the matrices as products take them, of every step anew */
    float *loss;                     /* [batch][T], or [windows] means while evaluating */
    int threads, slots;              /* slots: micro-batches that may be at work at once, of the next four */
    float *weight;                   /* [slots][share][T] of a lesson */
    int32_t *x, *y;                  /* [slots][share][T] */
    char *work;                      /* [slots][work_size] */
    size_t work_size;
    ll_team team;              /* all threads at one micro-batch */
    ll_kernels shared;         /* its table */
    const ll_kernels *kernels; /* of the tasks at work: the job's, or the team's */
    double *means;             /* [max windows] */
    ll_segment *segments;
    int64_t step, last;        /* last: where it ends, the job's steps or sooner */
    const ll_shard *evaluated; /* while evaluating, and its windows */
    int64_t windows;
    int64_t mine; /* the first of the tasks that are this rank's */
    bool sampled; /* this step is one of the noise's */
    ll_train_seen seen;
    atomic_bool strange; /* a token outside the vocabulary was read */
    ll_adamw adamw;
    double train_loss, started, last_checkpoint, last_progress;
    ll_parts_clock parts_clock;
    int64_t first_step;
    ll_arena memory;
} ll_training;

/* ---- training.c ---- */

/* Room is laid out, and taken by init; slots: tasks that may be at work at once. */
void ll_training_measure(ll_training *t, const ll_train_job *job, int slots);
ll_status ll_training_init(ll_training *t, const ll_train_job *job, int slots, ll_error *err);
void ll_training_clear(ll_training *t);

int ll_training_threads(const ll_training *t); /* now */

/* task(t, i, slot) for i in [0, n): whole tasks for each thread as long as all have one, and what is left by all of
 * them together, one task after the other; where a team cannot share a task, each by one thread. */
void ll_training_each(ll_training *t, int64_t n, ll_task *task);

/* The matrices as products take them, after every change of the parameters. */
void ll_training_pack(ll_training *t);

/* Of a batch in so many pieces, piece i is sequences [first, first + count): the first ones have one more where it
 * does not divide. */
void ll_piece_range(int64_t batch, int64_t pieces, int64_t i, int64_t *first, int64_t *count);

/* ---- step.c ---- */

ll_status ll_training_step(ll_training *t, ll_error *err);
/* Sequences [first, first + count) of the step: losses, and to = scale times the gradient of their sum. */
void ll_training_gradient(ll_training *t, int64_t first, int64_t count, double scale, float *to, int slot);
/* LL_EFORMAT where a token outside the vocabulary was read. */
ll_status ll_training_check_tokens(const ll_training *t, const ll_shard *shard, ll_error *err);

/* ---- step_noise.c: the pieces of a batch against the whole ---- */

bool ll_training_is_sampled(const ll_training *t);
bool ll_training_samples(const ll_train_job *job); /* some steps of it are sampled */
/* Before the gradients of the step, where it is sampled. */
void ll_training_before_noise(ll_training *t);
/* Sum of the squares of the pieces' mean gradients; parts are whole, grad is overwritten. */
double ll_training_pieces_square(const ll_training *t, const ll_segment *s);
/* square: of the step's gradient before it is clipped. */
void ll_training_add_noise(ll_training *t, double square);

/* ---- training_ranks.c: nothing where the trainer is alone ---- */

bool ll_training_is_first(const ll_training *t);
/* How many of n tasks are this rank's, t->mine the first of them. */
int64_t ll_training_take_mine(ll_training *t, int64_t n);
/* The segments whose sums and updates are this rank's: [from, to). */
void ll_training_my_segments(const ll_training *t, int64_t *from, int64_t *to);
void ll_training_gather_strange(ll_training *t);
void ll_training_gather_losses(ll_training *t);
void ll_training_gather_means(ll_training *t, int64_t passes);
/* Every rank has its segments of every micro-batch's gradient. */
void ll_training_scatter_gradients(ll_training *t);
void ll_training_gather_squares(ll_training *t);
/* All have the parameters, or m, or v, of all segments. */
void ll_training_gather_block(ll_training *t, float *block);
/* As rank 0 has it. */
void ll_training_share(const ll_training *t, void *bytes, size_t size);

#endif
