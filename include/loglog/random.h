/* Random numbers from a counter: Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers:
 * as easy as 1, 2, 3"). Any number of any stream can be had alone, in any order.
 *
 *     ll_rng r = ll_rng_at(seed, LL_STREAM_BATCH, step);
 *     int64_t i = ll_rng_below(&r, n);
 *
 * State is passed, never global; two streams of one seed never overlap.
 */
#ifndef LOGLOG_RANDOM_H
#define LOGLOG_RANDOM_H

#include <stdint.h>

#include "loglog/api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a stream is used for. A new use takes a new number; numbers are never reused. */
enum {
    LL_STREAM_INIT = 1,
    LL_STREAM_BATCH = 2,
    LL_STREAM_BOOTSTRAP = 3,
    LL_STREAM_SOURCE = 4,
    LL_STREAM_SAMPLE = 5,
    LL_STREAM_NOISE = 6,
    LL_STREAM_STUDY = 7,
    LL_STREAM_SIGNS = 8,
    LL_STREAM_TIMELINE = 12,
    LL_STREAM_EPOCHS = 13,
    LL_STREAM_ARITHMETIC = 20,
    LL_STREAM_CANARIES = 21,
    LL_STREAM_PROBE = 22,
    LL_STREAM_ITEMS = 24,
    LL_STREAM_THEORY = 30,
    LL_STREAM_THEORY_SAMPLE = 31,
    LL_STREAM_THEORY_TEST = 32,
    LL_STREAM_ABILITY = 40,
    LL_STREAM_TUNING = 50,
    LL_STREAM_JUDGE = 51,
    LL_STREAM_MIXING = 60
};

typedef struct ll_rng {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t out[4];
    int left;
} ll_rng;

/* The four words that belong to key and counter. */
LL_API void ll_philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]);

/* A generator for (seed, stream, index); each has 2^32 blocks of its own. */
LL_API ll_rng ll_rng_at(uint64_t seed, uint32_t stream, uint64_t index);

LL_API uint32_t ll_rng_u32(ll_rng *r);
LL_API double ll_rng_uniform(ll_rng *r);             /* in [0, 1), 53 bits */
LL_API double ll_rng_normal(ll_rng *r);              /* mean 0, variance 1 (Box and Muller) */
LL_API double ll_rng_gamma(ll_rng *r, double shape); /* scale 1 (Marsaglia and Tsang 2000) */
LL_API int64_t ll_rng_below(ll_rng *r, int64_t n);   /* in [0, n), unbiased; n in 1..2^53 */

#ifdef __cplusplus
}
#endif
#endif
