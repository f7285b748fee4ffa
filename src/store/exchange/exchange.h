/* What export and import of runs share. */
#ifndef LL_STORE_EXCHANGE_EXCHANGE_H
#define LL_STORE_EXCHANGE_EXCHANGE_H

#include "store/store.h"

/* Numbers that stand in a table and in a run under one meaning, (column, field); N and the loss need a conversion
 * and are not here. */
#define LL_EXCHANGE_REALS(X)            \
    X(PARAMS_TOTAL, params_total)       \
    X(TOKENS, tokens)                   \
    X(FLOPS, flops)                     \
    X(UNIQUE_TOKENS, unique_tokens)     \
    X(STEP, steps)                      \
    X(BATCH_TOKENS, batch_tokens)       \
    X(LR, lr)                           \
    X(BYTES_PER_TOKEN, bytes_per_token) \
    X(WEIGHT, weight)

#endif
