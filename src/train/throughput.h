/* Throughput: training as it is really done, timed on made-up tokens.
 *
 *     ll_throughput t;
 *     LL_TRY(ll_throughput_measure(&t, &model, kernels, batch, threads, seconds, err));
 *     t.tokens_per_s, t.flops_per_s, t.share_of_peak
 */
#ifndef LL_TRAIN_THROUGHPUT_H
#define LL_TRAIN_THROUGHPUT_H

#include "model/model.h"

typedef struct ll_throughput {
    double
        tokens_per_s; /* of the whole machine: the better of one trainer on all threads and one trainer a thread */
    double flops_per_s; /* exact: 6 N, head and causal attention */
    double peak;        /* multiply-adds on registers on as many threads, FLOPs per second */
    double share_of_peak;
    int trainers; /* how many ran side by side in the better case */
    int threads;  /* of each */
} ll_throughput;

/* batch sequences a step; seconds for each of the two ways. */
ll_status ll_throughput_measure(ll_throughput *out, const ll_model *model, const ll_kernels *kernels, int64_t batch,
                                int threads, double seconds, ll_error *err);

/* FLOPs per second of multiply-adds on registers, all threads together. */
double ll_throughput_peak(const ll_kernels *kernels, int threads);

#endif
