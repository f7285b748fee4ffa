#include "tensor/cpu/attention.h"
#include "tensor/cpu/cpu.h"

static void multiply(const tile_args *t, int64_t M, int64_t am, int64_t ak) {
    tile_rows(t, M, am, ak, tile_fp32);
}

static void multiply_pairs(const tile_args *t, int64_t M) {
    tile_rows(t, M, 2 * BLOCK, 2, tile_fp32_pairs);
}

static const float *laid(float *room, const float *x, int64_t K, int64_t width) {
    (void)room, (void)K, (void)width;
    return x;
}

static operand along(float *room, const float *x, int64_t ld, int64_t M, int64_t K) {
    (void)room, (void)M, (void)K;
    return (operand) { x, ld, 1 };
}

/* Every tile of rows comes back to the same lines of memory, which far apart would push each other out of the cache. */
ALWAYS operand across(float *room, const float *x, int64_t ld, int64_t M, int64_t K) {
    const int64_t ldr = (M + L - 1) / L * L;
    for (int64_t k = 0; k < K; k++)
        for (int64_t m = 0; m < M; m += L) vstore(room + k * ldr + m, vload_some(x + k * ld + m, M - m, 0));
    return (operand) { room, 1, ldr };
}

ALWAYS void pair(float *row, int64_t v, vf x, vf y) {
    vstore(row + 2 * v * L, __builtin_shufflevector(x, y, LL_FIRST_HALVES));
    vstore(row + 2 * v * L + L, __builtin_shufflevector(x, y, LL_SECOND_HALVES));
}

static const products fp32 = { 1, multiply, multiply_pairs, pack_panel, laid, along, across, pair };

static void attention_fwd(ll_real *o, ll_real *lse, const ll_real *qkv, int64_t B, int64_t T, int64_t H, int64_t S,
                          ll_real scale, ll_real *work, int64_t from, int64_t to) {
    attend(&fp32, o, lse, qkv, B, T, H, S, scale, work, from, to);
}

static void attention_bwd(ll_real *dqkv, const ll_real *do_, const ll_real *qkv, const ll_real *o,
                          const ll_real *lse, int64_t B, int64_t T, int64_t H, int64_t S, ll_real scale,
                          ll_real *work, int64_t from, int64_t to) {
    attend_bwd(&fp32, dqkv, do_, qkv, o, lse, B, T, H, S, scale, work, from, to);
}

void LL_VEC(_bind_attention)(ll_kernels *k) {
    k->attention_fwd = attention_fwd;
    k->attention_bwd = attention_bwd;
}
