/* Throughput: training as it is really done, timed.
 *
 *     ll_throughput t;
 *     LL_TRY(ll_throughput_measure(&t, &model, kernels, batch, 2, 1, seconds, err));    two trainers, a thread each
 *     t.tokens_per_s, t.flops_per_s, t.share_of_peak
 */
#ifndef LL_TRAIN_THROUGHPUT_H
#define LL_TRAIN_THROUGHPUT_H

#include "model/model.h"

typedef struct ll_throughput {
    double tokens_per_s;   /* of all trainers together */
    double flops_per_s;    /* exact: 6 N, head and causal attention */
    double share_of_peak;  /* of multiply-adds on registers on as many threads */
    int trainers, threads; /* side by side; of each */
} ll_throughput;

/* batch sequences a step; so many trainers side by side, each on so many threads. peak: FLOPs per second of all of
 * them (machine.h). LL_ENUM when the time is too short for a step. */
ll_status ll_throughput_measure(ll_throughput *out, const ll_model *model, const ll_kernels *kernels, int64_t batch,
                                int trainers, int threads, double peak, double seconds, ll_error *err);

#endif
