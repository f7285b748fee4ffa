#include "loglog/random.h"

#include <math.h>
#include <string.h>

static void round_once(uint32_t c[4], const uint32_t k[2]) {
    uint64_t p0 = (uint64_t)0xD2511F53u * c[0], p1 = (uint64_t)0xCD9E8D57u * c[2];
    uint32_t n[4] = { (uint32_t)(p1 >> 32) ^ c[1] ^ k[0], (uint32_t)p1, (uint32_t)(p0 >> 32) ^ c[3] ^ k[1],
                      (uint32_t)p0 };
    memcpy(c, n, sizeof n);
}

void ll_philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]) {
    uint32_t k[2] = { key[0], key[1] };
    memcpy(out, counter, 4 * sizeof *out);
    for (int i = 0; i < 10; i++) {
        if (i) k[0] += 0x9E3779B9u, k[1] += 0xBB67AE85u;
        round_once(out, k);
    }
}

ll_rng ll_rng_at(uint64_t seed, uint32_t stream, uint64_t index) {
    return (ll_rng) { .key = { (uint32_t)seed, (uint32_t)(seed >> 32) },
                      .counter = { 0, stream, (uint32_t)index, (uint32_t)(index >> 32) } };
}

uint32_t ll_rng_u32(ll_rng *r) {
    if (r->left == 0) {
        ll_philox(r->key, r->counter, r->out);
        r->counter[0]++;
        r->left = 4;
    }
    return r->out[4 - r->left--];
}

double ll_rng_uniform(ll_rng *r) {
    uint64_t hi = ll_rng_u32(r), lo = ll_rng_u32(r);
    return (double)((hi << 32 | lo) >> 11) * 0x1p-53;
}

double ll_rng_normal(ll_rng *r) {
    double u = 1.0 - ll_rng_uniform(r), v = ll_rng_uniform(r);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586476925 * v);
}

double ll_rng_gamma(ll_rng *r, double shape) {
    if (shape < 1) return ll_rng_gamma(r, shape + 1) * pow(1.0 - ll_rng_uniform(r), 1 / shape);
    double d = shape - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
    for (;;) {
        double x = ll_rng_normal(r), v = 1.0 + c * x;
        if (v <= 0) continue;
        v = v * v * v;
        if (log(1.0 - ll_rng_uniform(r)) < 0.5 * x * x + d - d * v + d * log(v)) return d * v;
    }
}

int64_t ll_rng_below(ll_rng *r, int64_t n) {
    uint64_t un = (uint64_t)n, x;
    do x = (uint64_t)ll_rng_u32(r) << 32 | ll_rng_u32(r);
    while (x > UINT64_MAX - un &&
           x >= UINT64_MAX - UINT64_MAX % un); /* the first alone says mostly no, undivided */
    return (int64_t)(x % un);
}
