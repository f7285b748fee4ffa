/* Tuning: a trained model goes on with texts that were chosen, or with pairs of which one is preferred. Each is a
 * lesson of train.h: checkpoints, threads and the order of sums are the trainer's.
 *
 *     ll_finetune f = { .text = texts, .n = 64, .plain = 4, .shard = &train, .batch = 16, .T = 64, .seed = 1 };
 *     const ll_train_lesson lesson = ll_finetune_lesson(&f);
 *     job.lesson = &lesson, job.params = parent;
 *     LL_TRY(ll_train_run(&job, sink, ctx, &result, err));
 *
 *     LL_TRY(ll_tuning_logprobs(&of, texts, n, logprob, err));           of the reference, for the pairs
 *     ll_dpo d = { .pair = pairs, .n = 64, .beta = 0.1, .batch = 32, .T = 64, .seed = 1 };
 *     const ll_train_lesson lesson = ll_dpo_lesson(&d);
 *
 * A text is a prompt and an answer, and only the answer's tokens are learnt. What is behind a text in its row of T
 * tokens is padding without weight.
 */
#ifndef LL_TRAIN_TUNING_TUNING_H
#define LL_TRAIN_TUNING_TUNING_H

#include "train/train.h"

typedef struct ll_tuning_text {
    const int32_t *token; /* [n] borrowed; at most T + 1 are read */
    int64_t n, prompt;    /* the first so many are the prompt's: at least one, and below n */
} ll_tuning_text;

/* The text as a row: x and y [T], and which of y [T] are the answer's: [*first, *end). */
void ll_tuning_row(const ll_tuning_text *text, int64_t T, int32_t *x, int32_t *y);
void ll_tuning_answer(const ll_tuning_text *text, int64_t T, int64_t *first, int64_t *end);

/* ---- supervised: the mean loss of the answers' tokens, each text alike ---- */
typedef struct ll_finetune {
    const ll_tuning_text *text; /* [n] drawn anew for every place of a batch */
    int64_t n;
    int64_t plain;         /* of a batch, so many sequences are of the shard, all of their tokens learnt */
    const ll_shard *shard; /* NULL where plain is 0 */
    int64_t batch, T;      /* the job's */
    uint64_t seed;
} ll_finetune;
ll_train_lesson ll_finetune_lesson(const ll_finetune *f); /* borrows */

/* ---- preference: DPO (Rafailov et al. 2023, eq. 7) with soft labels ----
 * z = beta ((ln p(a) - ln p0(a)) - (ln p(b) - ln p0(b))), loss = -t ln s(z) - (1 - t) ln s(-z), s the logistic
 * function. A pair is two sequences of a batch, one behind the other: batch and the trainer's micro-batches hold
 * whole pairs. */
typedef struct ll_dpo_pair {
    ll_tuning_text a, b;
    double ref_a, ref_b; /* ln p0 of the answers, by the model before */
    double better;       /* t: the probability that a is the better one */
} ll_dpo_pair;

typedef struct ll_dpo {
    const ll_dpo_pair *pair; /* [n] drawn anew for every place of a batch */
    int64_t n;
    double beta;
    int64_t batch, T; /* batch: sequences, twice the pairs */
    uint64_t seed;
} ll_dpo;
ll_train_lesson ll_dpo_lesson(const ll_dpo *d); /* borrows */

/* The loss of one pair, and its derivative by ln p(a); that by ln p(b) is its negative. */
double ll_dpo_loss(const ll_dpo_pair *pair, double beta, double logprob_a, double logprob_b, double *by_a);

/* The most micro-batches, at most so many, that hold whole pairs. */
int64_t ll_dpo_micro(int64_t micro, int64_t batch);

/* ---- what was reached ---- */
typedef struct ll_tuned_model {
    const ll_model *model;
    const ll_kernels *kernels;
    const float *params;
    int threads; /* 0: all cores */
} ll_tuned_model;

/* ln p of each answer after its prompt, nats: out [n]. */
ll_status ll_tuning_logprobs(const ll_tuned_model *of, const ll_tuning_text *text, int64_t n, double *out,
                             ll_error *err);

/* KL(p || p0) of the answers, nats, from answers that p drew: at each token the divergence of the two predictions
 * over the whole vocabulary, summed along the answer; out [n], whose mean estimates it without the noise of ln p /
 * p0. */
ll_status ll_tuning_divergence(const ll_tuned_model *of, const float *reference, const ll_tuning_text *text,
                               int64_t n, double *out, ll_error *err);

#endif
