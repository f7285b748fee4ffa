#include "data/batch.h"

#include "loglog/random.h"

bool ll_batch_sequence(const ll_shard *shard, int64_t start, int64_t T, int32_t *x, int32_t *y) {
    const uint16_t *tokens = shard->tokens + start;
    const int32_t last = (int32_t)shard->info.vocab - 1;
    int32_t most = tokens[T];
    for (int64_t t = 0; t < T; t++) {
        most = tokens[t] > most ? tokens[t] : most;
        x[t] = tokens[t] < last ? tokens[t] : last;
        y[t] = tokens[t + 1] < last ? tokens[t + 1] : last;
    }
    return most <= last;
}

bool ll_batch_at(const ll_shard *shard, int64_t T, uint64_t seed, int64_t step, int64_t first, int64_t count,
                 int32_t *x, int32_t *y) {
    bool good = true;
    for (int64_t i = 0; i < count; i++) {
        uint64_t index = (uint64_t)(first + i) << 32 | (uint32_t)step;
        ll_rng r = ll_rng_at(seed, LL_STREAM_BATCH, index);
        good &= ll_batch_sequence(shard, ll_rng_below(&r, shard->n - T), T, x + i * T, y + i * T);
    }
    return good;
}

/* floor(i * (n - 1 - T) / (n_windows - 1)) without overflow: from the first possible start to the last, at least T
 * apart while n_windows * T < n. */
int64_t ll_batch_window(const ll_shard *shard, int64_t T, int64_t n_windows, int64_t i) {
    if (n_windows < 2) return 0;
    int64_t room = shard->n - 1 - T, gaps = n_windows - 1;
    return i * (room / gaps) + i * (room % gaps) / gaps;
}

bool ll_batch_eval(const ll_shard *shard, int64_t T, int64_t n_windows, int64_t first, int64_t count, int32_t *x,
                   int32_t *y) {
    bool good = true;
    for (int64_t i = 0; i < count; i++)
        good &= ll_batch_sequence(shard, ll_batch_window(shard, T, n_windows, first + i), T, x + i * T, y + i * T);
    return good;
}

ll_status ll_batch_check(const ll_shard *shard, int64_t T, ll_error *err) {
    if (T < 1) return LL_FAIL(err, LL_EINPUT, "a sequence of %lld tokens, expected at least 1", (long long)T);
    if (shard->n > T) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: %lld tokens, expected at least %lld for a context of %lld",
                   shard->info.origin, (long long)shard->n, (long long)T + 1, (long long)T);
}
