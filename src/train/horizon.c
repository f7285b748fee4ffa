#include "train/horizon.h"

#include <math.h>

/* Of models of bytes, 6e3 to 2.5e4 parameters on 1e5 to 8e6 tokens. */
static const double batch_factor = 0.1, memory = 0.15, most_decay = 1;

double ll_horizon_batch(double tokens) {
    return batch_factor * sqrt(tokens);
}

double ll_horizon_decay(double lr, int64_t steps) {
    return fmin(most_decay, 1 / (memory * lr * (double)steps));
}
