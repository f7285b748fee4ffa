#include "tensor/cpu/blocked.h"
#include "tensor/cpu/cpu.h"

/* By rows where a lies by rows, else by steps, in order: what is stored too far is written over. */
static void pack_a(row_block *to, const float *a, int64_t am, int64_t ak, int64_t rows, int64_t K) {
    for (int64_t r = 0; ak == 1 && r < rows; r += TILE_ROWS, to++)
        for (int64_t i = 0; i < TILE_ROWS && r + i < rows; i++)
            for (int64_t k = 0; k < K; k += L)
                vstore(to->at + i * ROW_UNITS + k, vload_some(a + (r + i) * am + k, K - k, 0));
    for (int64_t k = 0; ak != 1 && k < K; k++)
        for (int64_t r = 0; r < rows; r += TILE_ROWS)
            for (int64_t i = 0; i < TILE_ROWS; i += L)
                vstore(to[r / TILE_ROWS].at + k * TILE_ROWS + i, vload_some(a + k * ak + r + i, rows - r - i, 0));
}

static const blocked how = { UNITS, true, pack_panel, pack_a, tile_fp32 };

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

/* Some rows at a time, so that each is walked in order and out is written once for all of them. */
static void sum_rows(ll_real *out, const ll_real *x, int64_t R, int64_t N, int64_t from, int64_t to) {
    enum { TOGETHER = 8 };
    for (int64_t r = 0; r < R; r += TOGETHER)
        for (int64_t n = from; n < to; n += L) {
            vf sum = vload_some(out + n, to - n, 0);
            for (int64_t i = 0; i < TOGETHER && r + i < R; i++) sum += vload_some(x + (r + i) * N + n, to - n, 0);
            vstore_some(out + n, to - n, sum);
        }
}

void LL_VEC(_bind_matmul)(ll_kernels *k) {
    k->matmul = matmul;
    k->matmul_rows = matmul_rows;
    k->packed = packed;
    k->pack = pack;
    k->sum_rows = sum_rows;
}
