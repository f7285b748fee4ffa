/* Stages: one run of the loop, what is measured of it and what is trained.
 *
 * Everything of a stage follows from the weights before it and from seeds: a stage whose weights are there is not
 * trained again, one whose weights are not is begun again, and goes on from its checkpoint to the same bits.
 */
#ifndef LL_SWEEP_CONSTITUTION_STAGES_H
#define LL_SWEEP_CONSTITUTION_STAGES_H

#include "probe/mean.h"
#include "sweep/asking/weights.h"
#include "sweep/constitution/loop.h"
#include "sweep/constitution/panel.h"

typedef struct ll_loop_one {
    const ll_constitution *c;
    const ll_loop_opts *opts;
    ll_run run;
    ll_weights weights; /* of the run as it was */
    const ll_kernels *kernels;
    ll_tokenizer *tokenizer;
    ll_lm *lm; /* over those weights */
    ll_shard train, val;
    ll_prompts learn, held;
    ll_panel panel;
    char folder[LL_PATH_MAX]; /* of the ladder's files */
} ll_loop_one;

/* What the loop took. */
typedef struct ll_loop_spent {
    double flops;
    int64_t samples, rounds, pairs; /* answers drawn, rounds of revision, pairs that DPO has seen */
} ll_loop_spent;

/* What a model does on the held-out prompts, and what it has cost to make. */
typedef struct ll_reached {
    ll_probe_mean principle[LL_PRINCIPLES_MOST], all, gold, kl;
    double loss, loss_se;
} ll_reached;

/* params: a policy of the run's shape. */
ll_status ll_reach(const ll_loop_one *o, const float *params, ll_reached *out, ll_error *err);

/* Of the best of n by the judges, n = 1, 2, 4, ... up to the constitution's: out [how many], at most 16. kl: ln n -
 * (n - 1)/n, to the model that drew them (Stiennon et al. 2020). */
enum { LL_BEST_OF_MOST = 16 };
ll_status ll_reach_best_of(const ll_loop_one *o, const float *params, ll_reached out[LL_BEST_OF_MOST], int *n,
                           ll_loop_spent *spent, ll_error *err);

/* The same of a model that is only asked. */
ll_status ll_reach_best(const ll_loop_one *o, ll_lm *lm, ll_reached out[LL_BEST_OF_MOST], int *n,
                        ll_loop_spent *spent, ll_error *err);
void ll_reach_add(ll_reached *r, const ll_constitution *c, const ll_loop_answer *a);

/* By the judges; with flip the other way round. */
bool ll_stage_is_bad(const ll_loop_one *o, const ll_loop_answer *a);
bool ll_stage_is_better(const ll_loop_one *o, const ll_loop_answer *a, const ll_loop_answer *than);

/* Rounds of the best of some tries at what is behind the first violation, as long as it violates. What they took is
 * added to all and to rounds. */
ll_status ll_stage_revise(const ll_loop_one *o, ll_answering *how, ll_answers *all, ll_loop_answer *a,
                          int64_t *rounds, ll_error *err);

/* RUN+NAME.sft and RUN+NAME.dpo; with flip RUN+NAME.flip.sft. */
enum { LL_STAGE_NAME = 64 };
void ll_stage_name(const ll_loop_one *o, const char *stage, char out[LL_STAGE_NAME]);

/* Fine-tunes from on answers of its own that were revised: params [size of the model] is what comes out. */
ll_status ll_stage_supervised(const ll_loop_one *o, const float *from, float *params, ll_loop_spent *spent,
                              ll_error *err);

/* One of the points of DPO from those of the supervised stage: params is what comes out at it. */
ll_status ll_stage_preference(const ll_loop_one *o, const float *from, int64_t point, float *params,
                              ll_loop_spent *spent, ll_error *err);
int64_t ll_stage_step(const ll_constitution *c, int64_t point); /* its step; points count from 1 */
/* After the last point: what only lay there for points to come. */
void ll_stage_tidy(const ll_loop_one *o);

#endif
