#include "tensor/cpu/blocked.h"
#include "tensor/cpu/cpu.h"

static void pack_b(void *panel, const float *b, int64_t bk, int64_t bn, int64_t K, int64_t columns) {
    pack_panel(panel, b, bk, bn, K, columns);
}

static inline void copy(float *to, const float *from, int64_t n) {
    int64_t i = 0;
    for (; i + L <= n; i += L) vstore(to + i, vload(from + i));
    for (; i < n; i++) to[i] = from[i];
}

/* By rows where a lies by rows, else by steps. */
static void pack_a(row_block *to, const float *a, int64_t am, int64_t ak, int64_t rows, int64_t K) {
    float *block = (float *)to->at;
    if (ak == 1)
        for (int64_t r = 0; r < rows; r++) copy(block + r * ROW_UNITS, a + r * am, K);
    else if (rows == TILE_ROWS)
        for (int64_t k = 0; k < K; k++) memcpy(block + k * TILE_ROWS, a + k * ak, TILE_ROWS * sizeof *a);
    else
        for (int64_t k = 0; k < K; k++) copy(block + k * TILE_ROWS, a + k * ak, rows);
}

static void multiply(tile_args *t, const row_block *a, const void *panel, bool by_rows, int64_t rows, int64_t K) {
    t->a = (const float *)a->at;
    t->panel = panel;
    t->am = by_rows ? ROW_UNITS : 1;
    t->ak = by_rows ? 1 : TILE_ROWS;
    t->K = K;
    tile_rows(t, rows, tile_fp32);
}

static void matmul(ll_real *c, const ll_real *a, const ll_real *b, const ll_real *bias, int64_t M, int64_t N,
                   int64_t K, unsigned flags) {
    static const blocked how = { UNITS, pack_b, pack_a, multiply };
    blocked_matmul(&how, c, a, b, bias, M, N, K, flags);
}

static void sum_rows(ll_real *out, const ll_real *x, int64_t R, int64_t N) {
    int64_t n = 0;
    for (; n + L <= N; n += L) {
        vf sum = vload(out + n);
        for (int64_t r = 0; r < R; r++) sum += vload(x + r * N + n);
        vstore(out + n, sum);
    }
    for (; n < N; n++)
        for (int64_t r = 0; r < R; r++) out[n] += x[r * N + n];
}

void LL_VEC(_bind_matmul)(ll_kernels *k) {
    k->matmul = matmul;
    k->sum_rows = sum_rows;
}
