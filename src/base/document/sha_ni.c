/* SHA-256 (FIPS 180-4): the state, the message so far, its padding. */
#include "base/document/sha_ni.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

enum { BLOCK = 64, LENGTH_AT = 56 };

typedef struct sha {
    uint32_t state[8];
    uint64_t size;        /* bytes so far */
    uint8_t block[BLOCK]; /* what of them fills no block yet */
} sha;
_Static_assert(sizeof(sha) <= sizeof(((ll_hash *)0)->state), "state fits");

static const uint32_t start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
static const uint32_t rounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

bool ll_sha_ni_runs_here(void) {
    enum { SSSE3 = 1 << 9, SSE41 = 1 << 19, SHA = 1 << 29 };
    static int known; /* 1: no, 2: yes; whoever asks first finds the same */
    unsigned a, b, c, d;
    const int was = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (was) return was == 2;
    bool here = __get_cpuid(1, &a, &b, &c, &d) && (c & SSSE3) && (c & SSE41);
    here = here && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & SHA);
    __atomic_store_n(&known, here ? 2 : 1, __ATOMIC_RELAXED);
    return here;
}

static sha *inside(ll_hash *h) {
    return (sha *)(void *)h->state;
}

/* Four rounds a step; the instructions want the state as A B E F and C D G H. */
__attribute__((target("sha,ssse3,sse4.1"))) static void take_blocks(uint32_t state[8], const uint8_t *at,
                                                                    size_t n) {
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i *words = (__m128i *)(void *)state;
    __m128i low = _mm_shuffle_epi32(_mm_loadu_si128(words), 0xb1);
    __m128i high = _mm_shuffle_epi32(_mm_loadu_si128(words + 1), 0x1b);
    __m128i abef = _mm_alignr_epi8(low, high, 8), cdgh = _mm_blend_epi16(high, low, 0xf0);
    for (; n > 0; n--, at += BLOCK) {
        const __m128i abef_was = abef, cdgh_was = cdgh;
        __m128i w[4];
#pragma GCC unroll 16
        for (int r = 0; r < 16; r++) {
            __m128i *now = &w[r & 3];
            if (r < 4) *now = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)at + r), swap);
            else {
                const __m128i before = w[(r - 1) & 3];
                *now = _mm_sha256msg1_epu32(*now, w[(r - 3) & 3]);
                *now = _mm_add_epi32(*now, _mm_alignr_epi8(before, w[(r - 2) & 3], 4));
                *now = _mm_sha256msg2_epu32(*now, before);
            }
            const __m128i sum = _mm_add_epi32(*now, _mm_loadu_si128((const __m128i *)(const void *)rounds + r));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
        }
        abef = _mm_add_epi32(abef, abef_was);
        cdgh = _mm_add_epi32(cdgh, cdgh_was);
    }
    low = _mm_shuffle_epi32(abef, 0x1b);
    high = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128(words, _mm_blend_epi16(low, high, 0xf0));
    _mm_storeu_si128(words + 1, _mm_alignr_epi8(high, low, 8));
}

void ll_sha_ni_init(ll_hash *h) {
    sha *s = inside(h);
    memcpy(s->state, start, sizeof start);
    s->size = 0;
}

void ll_sha_ni_update(ll_hash *h, const void *data, size_t size) {
    sha *s = inside(h);
    const uint8_t *at = data;
    const size_t used = s->size % BLOCK, lacks = BLOCK - used;
    if (size == 0) return;
    s->size += size;
    if (used && size < lacks) {
        memcpy(s->block + used, at, size);
        return;
    }
    if (used) {
        memcpy(s->block + used, at, lacks);
        take_blocks(s->state, s->block, 1);
        at += lacks;
        size -= lacks;
    }
    take_blocks(s->state, at, size / BLOCK);
    if (size % BLOCK) memcpy(s->block, at + size - size % BLOCK, size % BLOCK);
}

static void put_word(uint8_t *out, uint64_t v, int bytes) {
    for (int i = bytes - 1; i >= 0; i--, v >>= 8) out[i] = (uint8_t)v;
}

void ll_sha_ni_final(ll_hash *h, uint8_t out[LL_HASH_BYTES]) {
    sha *s = inside(h);
    size_t used = s->size % BLOCK;
    s->block[used++] = 0x80;
    if (used > LENGTH_AT) {
        memset(s->block + used, 0, BLOCK - used);
        take_blocks(s->state, s->block, 1);
        used = 0;
    }
    memset(s->block + used, 0, LENGTH_AT - used);
    put_word(s->block + LENGTH_AT, s->size * 8, 8);
    take_blocks(s->state, s->block, 1);
    for (int i = 0; i < 8; i++) put_word(out + 4 * i, s->state[i], 4);
}

#else

bool ll_sha_ni_runs_here(void) {
    return false;
}

void ll_sha_ni_init(ll_hash *h) {
    (void)h;
}

void ll_sha_ni_update(ll_hash *h, const void *data, size_t size) {
    (void)h, (void)data, (void)size;
}

void ll_sha_ni_final(ll_hash *h, uint8_t out[LL_HASH_BYTES]) {
    (void)h, (void)out;
}

#endif
