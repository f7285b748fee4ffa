/* Matrix products in bfloat16: both operands rounded to nearest even, products summed in fp32 by vdpbf16ps, which
 * takes two steps of the depth at a time. Operands are packed as such pairs, a unit of four bytes each. Weights and
 * all that is kept stay fp32. */
#include <immintrin.h>

#include "tensor/cpu/blocked.h"
#include "tensor/cpu/cpu.h"

/* Up to 16 floats, the rest zero. */
static inline __m512 load_some(const float *x, int64_t n) {
    return n >= L ? _mm512_loadu_ps(x) : _mm512_maskz_loadu_ps((__mmask16)((1u << (n < 0 ? 0 : n)) - 1), x);
}

/* Lane i holds x[i] in its lower half and y[i] in its upper. */
static inline __m512i pairs_across(__m512 x, __m512 y) {
    const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22,
                                           6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(y, x));
}

/* Lane i holds x[2 i] and x[2 i + 1]; n floats are there. */
static inline __m512i pairs_along(const float *x, int64_t n) {
    return (__m512i)_mm512_cvtne2ps_pbh(load_some(x + L, n - L), load_some(x, n));
}

static void pack_b(void *to, const float *b, int64_t bk, int64_t bn, int64_t K, int64_t columns) {
    uint32_t *panel = to;
    const int64_t W = columns <= L ? L : PANEL, pairs = (K + 1) / 2;
    for (int64_t v = 0; v < W; v += L) {
        const float *from = b + v * bn;
        const int64_t have = columns - v;
        for (int64_t p = 0; bn == 1 && p < pairs; p++) {
            const float *x = from + 2 * p * bk;
            __m512 next = 2 * p + 1 < K ? load_some(x + bk, have) : _mm512_setzero_ps();
            _mm512_storeu_si512(panel + p * W + v, pairs_across(load_some(x, have), next));
        }
        for (int64_t p = 0; bn != 1 && p < pairs; p += L) {
            vf m[LL_LANES];
            for (int i = 0; i < L; i++)
                m[i] = i < have ? (vf)pairs_along(from + i * bn + 2 * p, K - 2 * p) : (vf)_mm512_setzero_si512();
            turn(m);
            for (int64_t i = 0; i < L && p + i < pairs; i++) vstore((float *)(panel + (p + i) * W + v), m[i]);
        }
    }
}

/* Pairs lie by rows where a does, else by steps, in order: what is stored too far is written over. */
static void pack_a(row_block *to, const float *a, int64_t am, int64_t ak, int64_t rows, int64_t K) {
    const int64_t pairs = (K + 1) / 2;
    uint32_t *pair = (uint32_t *)to->at;
    for (int64_t r = 0; ak == 1 && r < rows; r++)
        for (int64_t p = 0; p < pairs; p += L)
            _mm512_storeu_si512(pair + r * ROW_UNITS + p, pairs_along(a + r * am + 2 * p, K - 2 * p));
    for (int64_t p = 0; ak != 1 && p < pairs; p++) {
        const float *x = a + 2 * p * ak;
        __m512 next = 2 * p + 1 < K ? load_some(x + ak, rows) : _mm512_setzero_ps();
        _mm512_storeu_si512(pair + p * TILE_ROWS, pairs_across(load_some(x, rows), next));
    }
}

/* rows and nv are constants at every call: the loops unroll and acc stays in registers. */
ALWAYS void product(const tile_args *t, const uint32_t *pair, const uint32_t *panel, int64_t first, const int rows,
                    const int nv) {
    __m512 acc[TILE_ROWS][PANEL_VECTORS];
    pair += first * t->am;
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int v = 0; v < nv; v++) acc[r][v] = (__m512)tile_start(t, first + r, v);
    for (int64_t p = 0; p < t->K; p++, panel += nv * L) {
        __m512bh b[PANEL_VECTORS];
#pragma GCC unroll 2
        for (int v = 0; v < nv; v++) b[v] = (__m512bh)_mm512_loadu_si512(panel + v * L);
#pragma GCC unroll 12
        for (int r = 0; r < rows; r++) {
            __m512bh x = (__m512bh)_mm512_set1_epi32((int)pair[r * t->am + p * t->ak]);
#pragma GCC unroll 2
            for (int v = 0; v < nv; v++) acc[r][v] = _mm512_dpbf16_ps(acc[r][v], b[v], x);
        }
    }
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int v = 0; v < nv; v++) tile_end(t, first + r, v, (vf)acc[r][v]);
}

ALWAYS void product_rows(const tile_args *t, const void *block, const void *panel, int64_t M, const int nv) {
    int64_t r = 0;
    for (; r + TILE_ROWS <= M; r += TILE_ROWS) product(t, block, panel, r, TILE_ROWS, nv);
    for (; r + 4 <= M; r += 4) product(t, block, panel, r, 4, nv);
    for (; r < M; r++) product(t, block, panel, r, 1, nv);
}

static void multiply(tile_args *t, const row_block *a, const void *panel, bool by_rows, int64_t rows, int64_t K) {
    t->am = by_rows ? ROW_UNITS : 1;
    t->ak = by_rows ? 1 : TILE_ROWS;
    t->K = (K + 1) / 2;
    if (t->columns <= L) product_rows(t, a->at, panel, rows, 1);
    else product_rows(t, a->at, panel, rows, PANEL_VECTORS);
}

static void matmul(ll_real *c, const ll_real *a, const ll_real *b, const ll_real *bias, int64_t M, int64_t N,
                   int64_t K, unsigned flags) {
    static const blocked how = { 2 * UNITS, pack_b, pack_a, multiply };
    blocked_matmul(&how, c, a, b, bias, M, N, K, flags);
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

void ll_avx512bf16_bind(ll_kernels *k) {
    k->precision = "bf16";
    k->matmul = matmul;
    k->peak = peak;
}
