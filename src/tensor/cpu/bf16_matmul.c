/* Matrix products of operands rounded to bfloat16. Weights and all that is kept stay fp32. */
#include "tensor/cpu/bf16_tile.h"
#include "tensor/cpu/blocked.h"
#include "tensor/cpu/cpu.h"

/* Pairs lie by rows where a does, else by steps, in order: what is stored too far is written over. */
static void pack_a(row_block *to, const float *a, int64_t am, int64_t ak, int64_t rows, int64_t K) {
    const int64_t pairs = (K + 1) / 2;
    for (int64_t r = 0; ak == 1 && r < rows; r += TILE_ROWS, to++)
        for (int64_t i = 0; i < TILE_ROWS && r + i < rows; i++)
            for (int64_t p = 0; p < pairs; p += L)
                vstore(to->at + i * ROW_UNITS + p, (vf)pairs_along(a + (r + i) * am + 2 * p, K - 2 * p));
    for (int64_t p = 0; ak != 1 && p < pairs; p++) {
        const float *x = a + 2 * p * ak, *y = x + (2 * p + 1 < K ? ak : 0);
        for (int64_t r = 0; r < rows; r += TILE_ROWS)
            vstore(to[r / TILE_ROWS].at + p * TILE_ROWS,
                   (vf)pairs_across(vload_some(x + r, rows - r, 0),
                                    vload_some(y + r, 2 * p + 1 < K ? rows - r : 0, 0)));
    }
}

static const blocked how = { 2 * UNITS, false, bf16_pack_panel, pack_a, bf16_step };

static void matmul_rows(ll_real *c, const ll_real *a, const ll_real *b, const ll_real *bias, int64_t M, int64_t N,
                        int64_t K, unsigned flags, int64_t from, int64_t to) {
    blocked_matmul(&how, c, a, b, bias, M, N, K, flags, from, to);
}

static void matmul(ll_real *c, const ll_real *a, const ll_real *b, const ll_real *bias, int64_t M, int64_t N,
                   int64_t K, unsigned flags) {
    matmul_rows(c, a, b, bias, M, N, K, flags, 0, M);
}

static int64_t packed(int64_t N, int64_t K, unsigned flags) {
    return blocked_lies(&how, N, flags) ? 0 : blocked_packed(&how, N, K);
}

static void pack(ll_real *to, const ll_real *b, int64_t N, int64_t K, unsigned flags) {
    blocked_pack(&how, to, b, N, K, flags);
}

enum { CHAINS = 24 };

static double peak(int64_t rounds, ll_real *sink) {
    __m512 acc[CHAINS];
    __m512bh a = (__m512bh)_mm512_set1_epi32(0x3f803f80), b = (__m512bh)_mm512_set1_epi32(0x38003800);
    for (int i = 0; i < CHAINS; i++) acc[i] = _mm512_set1_ps((float)i);
    for (int64_t r = 0; r < rounds; r++)
#pragma GCC unroll 24
        for (int i = 0; i < CHAINS; i++) acc[i] = _mm512_dpbf16_ps(acc[i], a, b);
    for (int i = 1; i < CHAINS; i++) acc[0] = _mm512_add_ps(acc[0], acc[i]);
    *sink = vsum((vf)acc[0]);
    return 4.0 * L * CHAINS * (double)rounds;
}

void ll_avx512bf16_bind_matmul(ll_kernels *k) {
    k->precision = "bf16";
    k->matmul = matmul;
    k->matmul_rows = matmul_rows;
    k->packed = packed;
    k->pack = pack;
    k->peak = peak;
}
