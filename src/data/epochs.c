#include "data/epochs.h"

#include "data/batch.h"
#include "loglog/random.h"

enum { ROUNDS = 8, PART = 0, FIRST_EPOCH = 1 }; /* permutations of a seed: the part's, then one for each epoch */

/* A Feistel network over pairs of `bits` bits (Luby and Rackoff 1988) is a permutation of 0 .. 4^bits - 1; walking
 * on from where it leaves 0 .. n-1 makes it one of these (Black and Rogaway 2002): at most 4 steps on average. */
int64_t ll_epochs_permuted(uint64_t seed, uint64_t which, int64_t n, int64_t i) {
    ll_rng r = ll_rng_at(seed, LL_STREAM_EPOCHS, which);
    const uint32_t k0 = ll_rng_u32(&r), key[2] = { k0, ll_rng_u32(&r) };
    int bits = 1;
    while (((int64_t)1 << 2 * bits) < n) bits++;
    const uint32_t mask = (uint32_t)(((uint64_t)1 << bits) - 1);
    uint64_t at = (uint64_t)i;
    do {
        uint32_t left = (uint32_t)(at >> bits), right = (uint32_t)at & mask, out[4];
        for (uint32_t round = 0; round < ROUNDS; round++) {
            ll_philox(key, (const uint32_t[4]) { round, right }, out);
            const uint32_t mixed = left ^ (out[0] & mask);
            left = right;
            right = mixed;
        }
        at = (uint64_t)left << bits | right;
    } while (at >= (uint64_t)n);
    return (int64_t)at;
}

static int64_t windows_of(const ll_shard *shard, int64_t T) {
    return (shard->n - 1) / T;
}

int64_t ll_epochs_windows(const ll_shard *shard, int64_t T, double unique_tokens) {
    const double asked = unique_tokens / (double)T, most = (double)windows_of(shard, T);
    return asked >= most ? (int64_t)most : asked > 1 ? (int64_t)asked : 1;
}

int64_t ll_epochs_start(const ll_shard *shard, int64_t T, uint64_t seed, int64_t i) {
    return ll_epochs_permuted(seed, PART, windows_of(shard, T), i) * T;
}

bool ll_epochs_at(const ll_shard *shard, int64_t T, int64_t n, uint64_t seed, uint64_t first, int64_t count,
                  int32_t *x, int32_t *y) {
    bool good = true;
    for (int64_t i = 0; i < count; i++) {
        const uint64_t number = first + (uint64_t)i, epoch = number / (uint64_t)n;
        const int64_t place = ll_epochs_permuted(seed, FIRST_EPOCH + epoch, n, (int64_t)(number % (uint64_t)n));
        good &= ll_batch_sequence(shard, ll_epochs_start(shard, T, seed, place), T, x + i * T, y + i * T);
    }
    return good;
}
