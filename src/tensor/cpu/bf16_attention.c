/* Causal attention whose products take operands rounded to bfloat16; softmax and sums are fp32. */
#include "tensor/cpu/attention.h"
#include "tensor/cpu/bf16_tile.h"
#include "tensor/cpu/cpu.h"

static void multiply(const tile_args *t, int64_t M, int64_t am, int64_t ak) {
    tile_rows(t, M, am, ak, bf16_step);
}

static void multiply_pairs(const tile_args *t, int64_t M) {
    tile_rows(t, M, 2 * BLOCK, 2, bf16_pairs);
}

static const float *laid(float *room, const float *x, int64_t K, int64_t width) {
    bf16_pack_panel(room, x, width, 1, K, width);
    return room;
}

/* From row to row of what is packed along: whole vectors, and no power of two, for the cache's sets. */
static int64_t apart(int64_t K) {
    return (K + 2 * L - 1) / (2 * L) * L + L;
}

static operand along(float *room, const float *x, int64_t ld, int64_t M, int64_t K) {
    const int64_t ldr = apart(K);
    for (int64_t m = 0; m < M; m++)
        for (int64_t k = 0; k < K; k += 2 * L)
            vstore(room + m * ldr + k / 2, (vf)pairs_along(x + m * ld + k, K - k));
    return (operand) { room, ldr, 1 };
}

static operand across(float *room, const float *x, int64_t ld, int64_t M, int64_t K) {
    const int64_t ldr = (M + L - 1) / L * L;
    for (int64_t k = 0; k < K; k += 2, x += 2 * ld)
        for (int64_t m = 0; m < M; m += L) {
            const vf next = vload_some(x + ld + m, k + 1 < K ? M - m : 0, 0);
            vstore(room + k / 2 * ldr + m, (vf)pairs_across(vload_some(x + m, M - m, 0), next));
        }
    return (operand) { room, 1, ldr };
}

static void pair(float *row, int64_t v, vf x, vf y) {
    const __m512i order = _mm512_set_epi32(15, 7, 14, 6, 13, 5, 12, 4, 11, 3, 10, 2, 9, 1, 8, 0);
    vstore(row + v * L, (vf)_mm512_permutexvar_epi32(order, (__m512i)_mm512_cvtne2ps_pbh((__m512)y, (__m512)x)));
}

static const products bf16 = { 2, multiply, multiply_pairs, bf16_pack_panel, laid, along, across, pair };

static void attention_fwd(ll_real *o, ll_real *lse, const ll_real *qkv, int64_t B, int64_t T, int64_t H, int64_t S,
                          ll_real scale, ll_real *work, int64_t from, int64_t to) {
    attend(&bf16, o, lse, qkv, B, T, H, S, scale, work, from, to);
}

static void attention_bwd(ll_real *dqkv, const ll_real *do_, const ll_real *qkv, const ll_real *o,
                          const ll_real *lse, int64_t B, int64_t T, int64_t H, int64_t S, ll_real scale,
                          ll_real *work, int64_t from, int64_t to) {
    attend_bwd(&bf16, dqkv, do_, qkv, o, lse, B, T, H, S, scale, work, from, to);
}

void ll_avx512bf16_bind_attention(ll_kernels *k) {
    k->attention_fwd = attention_fwd;
    k->attention_bwd = attention_bwd;
}
