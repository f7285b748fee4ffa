#include "tensor/cpu/cpu.h"
#include "tensor/cpu/tile.h"

enum { DEPTH = 512 }; /* rows of a panel: 64 KiB at most, which stays in the second-level cache */

/* Panel by panel: packed once, then swept over all rows of a. */
static void matmul(ll_real *c, const ll_real *a, const ll_real *b, const ll_real *bias, int64_t M, int64_t N,
                   int64_t K, unsigned flags) {
    _Alignas(64) float panel[DEPTH * PANEL];
    const bool ta = flags & LL_MM_TA, tb = flags & LL_MM_TB;
    const int64_t bk = tb ? 1 : N, bn = tb ? K : 1;
    for (int64_t n = 0; n < N; n += PANEL)
        for (int64_t k = 0; k < K; k += DEPTH) {
            tile_args t = { .c = c + n,
                            .a = a + k * (ta ? M : 1),
                            .panel = panel,
                            .ldc = N,
                            .am = ta ? 1 : K,
                            .ak = ta ? M : 1,
                            .K = K - k < DEPTH ? K - k : DEPTH,
                            .columns = N - n < PANEL ? N - n : PANEL };
            t.add = k > 0 || (flags & LL_MM_ADD) != 0;
            t.bias = bias && k == 0 ? bias + n : NULL;
            pack_panel(panel, b + k * bk + n * bn, bk, bn, t.K, t.columns);
            tile_rows(&t, M);
        }
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
