/* Register tiles: the inner loop of every matrix product and of attention.
 *
 * A panel is K rows of W = NV x L columns of the right-hand matrix, packed one after the other and filled up with
 * zeros. tile_rows multiplies M rows by it, one step of the depth after the other; what a step takes is the
 * caller's. On 512-bit vectors a tile is 6 rows by 4 vectors, 8 by 3 or 12 by 2: 24 accumulators, the vectors of b and a
 * broadcast are within the 32 registers, and the wider the tile, the fewer loads there are for 24 multiply-adds: 10, 11
 * or 14. With 16 registers it is 6 by 2.
 */
#ifndef LL_TENSOR_CPU_TILE_H
#define LL_TENSOR_CPU_TILE_H

#include "tensor/cpu/vec.h"

#if LL_LANES == 16
enum { TILE_ROWS = 12, PANEL_VECTORS = 4 };
#else
enum { TILE_ROWS = 6, PANEL_VECTORS = 2 };
#endif
enum { PANEL = PANEL_VECTORS * LL_LANES }; /* columns of the widest panel */

/* Columns of the first panel of so many columns: as few panels as will do, their vectors shared out evenly. */
ALWAYS int64_t panel_width(int64_t columns) {
    const int64_t vectors = (columns + L - 1) / L, panels = (vectors + PANEL_VECTORS - 1) / PANEL_VECTORS;
    return (vectors + panels - 1) / panels * L;
}

typedef struct tile_args {
    float *c;
    const float *a, *panel, *bias; /* bias: of these columns, or NULL */
    int64_t ldc;                   /* from row to row of c */
    int64_t K, columns;            /* columns: of the panel, 1 .. PANEL */
    int64_t apart; /* from row to row of the panel, where that is more than what is multiplied; or 0 */
    int add;       /* c += instead of c = */
} tile_args;

/* sum + b times what lies at a, which every column shares, or every second: a float, or whatever else a unit of four
 * bytes holds. */
typedef vf tile_step(vf sum, vf b, const float *a);

ALWAYS vf tile_fp32(vf sum, vf b, const float *a) {
    return sum + b * *a;
}

/* The units at a and a + 1 in turns, for even columns and for odd ones: one load, for which compilers take a difference
 * from nothing. */
ALWAYS vf tile_pair(const float *a) {
    typedef double two __attribute__((may_alias, aligned(4)));
    return (vf)(*(const two *)a - (vd) { 0 });
}

ALWAYS vf tile_fp32_pairs(vf sum, vf b, const float *a) {
    return sum + b * tile_pair(a);
}

ALWAYS vf tile_start(const tile_args *t, const float *c, int64_t v) {
    const int64_t n = t->columns - v * L;
    vf at = vsplat(0);
    if (t->bias) at = vload_some(t->bias + v * L, n, 0);
    if (t->add) at += vload_some(c + v * L, n, 0);
    return at;
}

enum { TILE_ZERO, TILE_ADD, TILE_ANY }; /* how a tile begins; any: asked of each vector */

ALWAYS void tile_begin(const tile_args *t, vf (*acc)[PANEL_VECTORS], const float *c, const int rows, const int nv,
                       const int how) {
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++, c += t->ldc)
#pragma GCC unroll 4
        for (int v = 0; v < nv; v++)
            acc[r][v] = how == TILE_ZERO  ? vsplat(0)
                        : how == TILE_ADD ? vsplat(0) + vload(c + v * L)
                                          : tile_start(t, c, v);
}

ALWAYS void tile_store(const tile_args *t, vf (*acc)[PANEL_VECTORS], float *c, const int rows, const int nv,
                       const bool whole) {
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++, c += t->ldc)
#pragma GCC unroll 4
        for (int v = 0; v < nv; v++) vstore_some(c + v * L, whole ? L : t->columns - v * L, acc[r][v]);
}

/* Element (m, k) of a lies at a[m * am + k * ak]. rows, nv and step are constants at every call: the loops unroll and
 * acc stays in registers. Where am and ak are constants too, what a step takes of a lies at fixed places behind one
 * pointer: sums of addresses would take the units that multiply. What is asked of a tile is asked once and not of each
 * vector: a shallow tile has as many vectors to begin and end as steps. */
ALWAYS void tile_block(const tile_args *args, int64_t first, int64_t am, int64_t ak, const int rows, const int nv,
                       tile_step *step) {
    const tile_args here = *args, *t = &here; /* stores to c do not change it, and no field is read again */
    vf acc[TILE_ROWS][PANEL_VECTORS];
    const float *b = t->panel, *a[4]; /* of every third row: the others are a stride or two away */
    const int64_t apart = t->apart ? t->apart : nv * L;
#pragma GCC unroll 4
    for (int g = 0; g < (rows + 2) / 3; g++) a[g] = t->a + (first + 3 * g) * am;
    const bool whole = t->columns >= nv * L;
    float *c = t->c + first * t->ldc;
    if (!whole || t->bias) tile_begin(t, acc, c, rows, nv, TILE_ANY);
    else if (t->add) tile_begin(t, acc, c, rows, nv, TILE_ADD);
    else tile_begin(t, acc, c, rows, nv, TILE_ZERO);
    for (const float *const end = b + t->K * apart; b != end; b += apart) {
        vf row[PANEL_VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < nv; v++) row[v] = vload(b + v * L);
#pragma GCC unroll 12
        for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
            for (int v = 0; v < nv; v++) acc[r][v] = step(acc[r][v], row[v], a[r / 3] + r % 3 * am);
#pragma GCC unroll 4
        for (int g = 0; g < (rows + 2) / 3; g++) a[g] += ak;
    }
    if (whole) tile_store(t, acc, c, rows, nv, true);
    else tile_store(t, acc, c, rows, nv, false);
}

ALWAYS void tile_all(const tile_args *t, int64_t M, int64_t am, int64_t ak, const int nv, tile_step *step) {
    const int tall = nv > 2 ? 2 * TILE_ROWS / nv : TILE_ROWS;
    const int next = tall > 8 ? 8 : 4; /* two of them rather than a tall one and a low one */
    int64_t r = 0;
    for (; r + tall <= M && (M - r != 2 * next || tall == 2 * next); r += tall)
        tile_block(t, r, am, ak, tall, nv, step);
    for (; tall > 8 && r + 8 <= M; r += 8) tile_block(t, r, am, ak, 8, nv, step);
    for (; r + 4 <= M; r += 4) tile_block(t, r, am, ak, 4, nv, step);
    for (; r < M; r++) tile_block(t, r, am, ak, 1, nv, step);
}

/* c [M, columns] (+)= a [M,K] panel + bias. */
ALWAYS void tile_rows(const tile_args *t, int64_t M, int64_t am, int64_t ak, tile_step *step) {
    if (t->columns <= L) tile_all(t, M, am, ak, 1, step);
    else if (t->columns <= 2 * L) tile_all(t, M, am, ak, 2, step);
#if LL_LANES == 16
    else if (t->columns <= 3 * L) tile_all(t, M, am, ak, 3, step);
    else tile_all(t, M, am, ak, 4, step);
#endif
}

/* ---- packing ---- */

/* L rows of L floats, row i at x + i * stride, turned over: out[k] holds element k of each row. */
#define SWAP(h, lo, hi)                  \
    for (int i = 0; i < L; i++)          \
        if (!(i & (h))) {                \
            vf p = m[i], q = m[i + (h)]; \
            m[i] = lo;                   \
            m[i + (h)] = hi;             \
        }
ALWAYS void turn(vf m[LL_LANES]) {
#define MIX(...) __builtin_shufflevector(p, q, __VA_ARGS__)
#if LL_LANES == 16
#pragma GCC unroll 16
    SWAP(8, MIX(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
         MIX(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
#pragma GCC unroll 16
    SWAP(4, MIX(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
         MIX(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
#pragma GCC unroll 16
    SWAP(2, MIX(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
         MIX(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
#pragma GCC unroll 16
    SWAP(1, MIX(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
         MIX(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
#elif LL_LANES == 8
#pragma GCC unroll 8
    SWAP(4, MIX(0, 1, 2, 3, 8, 9, 10, 11), MIX(4, 5, 6, 7, 12, 13, 14, 15))
#pragma GCC unroll 8
    SWAP(2, MIX(0, 1, 8, 9, 4, 5, 12, 13), MIX(2, 3, 10, 11, 6, 7, 14, 15))
#pragma GCC unroll 8
    SWAP(1, MIX(0, 8, 2, 10, 4, 12, 6, 14), MIX(1, 9, 3, 11, 5, 13, 7, 15))
#else
#pragma GCC unroll 4
    SWAP(2, MIX(0, 1, 4, 5), MIX(2, 3, 6, 7))
#pragma GCC unroll 4
    SWAP(1, MIX(0, 4, 2, 6), MIX(1, 5, 3, 7))
#endif
#undef MIX
}
#undef SWAP

/* Packs columns [0, columns) of b [K, columns], one panel, element (k, n) at b[k * bk + n * bn]; one of the strides is
 * 1. */
static inline void pack_panel(float *panel, const float *b, int64_t bk, int64_t bn, int64_t K, int64_t columns) {
    const int64_t W = panel_width(columns);
    if (bn == 1) {
        for (int64_t k = 0; k < K; k++) {
            float *to = panel + k * W;
            const float *from = b + k * bk;
            int64_t n = 0;
            for (; n + L <= columns; n += L) vstore(to + n, vload(from + n));
            for (; n < columns; n++) to[n] = from[n];
            for (; n < W; n++) to[n] = 0;
        }
        return;
    }
    for (int64_t n = 0; n < W; n += L) {
        int64_t k = 0, have = columns - n < L ? columns - n : L;
        for (; have == L && k + L <= K; k += L) {
            vf m[LL_LANES];
            for (int i = 0; i < L; i++) m[i] = vload(b + (n + i) * bn + k);
            turn(m);
            for (int i = 0; i < L; i++) vstore(panel + (k + i) * W + n, m[i]);
        }
        for (; k < K; k++)
            for (int64_t i = 0; i < L; i++) panel[k * W + n + i] = i < have ? b[(n + i) * bn + k * bk] : 0;
    }
}

#endif
