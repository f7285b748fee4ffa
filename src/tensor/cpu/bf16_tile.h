/* Products in bfloat16: operands rounded to nearest even, products summed in fp32 by vdpbf16ps, which takes two
 * steps of the depth at a time. Operands are packed as such pairs, a unit of four bytes each. */
#ifndef LL_TENSOR_CPU_BF16_TILE_H
#define LL_TENSOR_CPU_BF16_TILE_H

#include <immintrin.h>

#include "tensor/cpu/tile.h"

/* Lane i holds x[i] in its lower half and y[i] in its upper. */
static inline __m512i pairs_across(vf x, vf y) {
    const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22,
                                           6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh((__m512)y, (__m512)x));
}

/* Lane i holds x[2 i] and x[2 i + 1]; n floats are there. */
static inline __m512i pairs_along(const float *x, int64_t n) {
    return (__m512i)_mm512_cvtne2ps_pbh((__m512)vload_some(x + L, n - L, 0), (__m512)vload_some(x, n, 0));
}

static inline void bf16_pack_panel(float *panel, const float *b, int64_t bk, int64_t bn, int64_t K,
                                   int64_t columns) {
    const int64_t W = panel_width(columns), pairs = (K + 1) / 2;
    for (int64_t v = 0; v < W; v += L) {
        const float *from = b + v * bn;
        const int64_t have = columns - v;
        for (int64_t p = 0; bn == 1 && p < pairs; p++) {
            const float *x = from + 2 * p * bk;
            const vf next = vload_some(x + bk, 2 * p + 1 < K ? have : 0, 0);
            vstore(panel + p * W + v, (vf)pairs_across(vload_some(x, have, 0), next));
        }
        for (int64_t p = 0; bn != 1 && p < pairs; p += L) {
            vf m[LL_LANES];
            for (int i = 0; i < L; i++)
                m[i] = i < have ? (vf)pairs_along(from + i * bn + 2 * p, K - 2 * p) : (vf)_mm512_setzero_si512();
            turn(m);
            for (int64_t i = 0; i < L && p + i < pairs; i++) vstore(panel + (p + i) * W + v, m[i]);
        }
    }
}

ALWAYS vf bf16_step(vf sum, vf b, const float *a) {
    int32_t pair;
    memcpy(&pair, a, sizeof pair);
    return (vf)_mm512_dpbf16_ps((__m512)sum, (__m512bh)b, (__m512bh)_mm512_set1_epi32(pair));
}

ALWAYS vf bf16_pairs(vf sum, vf b, const float *a) {
    return (vf)_mm512_dpbf16_ps((__m512)sum, (__m512bh)b, (__m512bh)tile_pair(a));
}

#endif
