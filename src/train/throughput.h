/* Throughput: training as it is really done, timed.
 *
 *     ll_throughput t;
 *     ll_throughput_ask ask = { &model, kernels, batch, 2, 1, peak, seconds };           two trainers, a thread each
 *     LL_TRY(ll_throughput_measure(&t, &ask, err));
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

typedef struct ll_throughput_ask {
    const ll_model *model;
    const ll_kernels *kernels;
    int64_t batch;         /* sequences a step */
    int trainers, threads; /* side by side; of each */
    double peak;           /* FLOPs per second of all of them (machine.h) */
    double seconds;        /* to be timed */
} ll_throughput_ask;

/* LL_ENUM when the time is too short for a step. */
ll_status ll_throughput_measure(ll_throughput *out, const ll_throughput_ask *ask, ll_error *err);

#endif
