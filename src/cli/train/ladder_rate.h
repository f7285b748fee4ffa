/* How fast a ladder was trained, from what the store keeps of its runs. */
#ifndef LL_CLI_TRAIN_LADDER_RATE_H
#define LL_CLI_TRAIN_LADDER_RATE_H

#include "store/store.h"

typedef struct ll_ladder_rate {
    double flops;   /* exact, of the done runs; of one that was stopped and went on, the last sitting alone */
    double seconds; /* in which any of them was being trained; the store's times are in whole seconds */
} ll_ladder_rate;

/* Both 0 when the runs do not tell, as imported ones, and when out of memory. */
ll_ladder_rate ll_ladder_rate_of(const ll_run *runs, int64_t n);

#endif
