/* A matrix product in blocks, whatever the numbers it multiplies: some panels of b are packed, or taken as they lie,
 * then every block of TILE_ROWS rows of a is packed once and meets them all. Both stay in the cache: PANELS panels in
 * a quarter of the second level, a block in the first. Where a lies by steps, a line of memory holds the rows of
 * several blocks: those are packed together.
 */
#ifndef LL_TENSOR_CPU_BLOCKED_H
#define LL_TENSOR_CPU_BLOCKED_H

#include "tensor/cpu/tile.h"

enum {
    PANELS = 8,
    GROUP = 4,             /* blocks that are packed together at most */
    LYING = 96,            /* columns of b, above which its rows push each other out of the cache's sets */
    UNITS = 256,           /* of four bytes, of one pass over the depth */
    ROW_UNITS = UNITS + 16 /* from row to row of a block: no power of two, for the cache's sets */
};

typedef struct row_block {
    _Alignas(64) float at[TILE_ROWS * ROW_UNITS + LL_LANES];
} row_block;

typedef struct blocked {
    int64_t depth; /* steps in UNITS */
    bool lies;     /* a row of b is a row of a panel as it lies */
    /* K steps of columns [0, columns) of b, element (k, n) at b[k * bk + n * bn]; one of the strides is 1. */
    void (*pack_b)(float *panel, const float *b, int64_t bk, int64_t bn, int64_t K, int64_t columns);
    /* K steps of rows of a, element (m, k) at a[m * am + k * ak], as so many blocks; packed by rows where ak is 1,
     * else am is 1 and it is packed by steps. */
    void (*pack_a)(row_block *to, const float *a, int64_t am, int64_t ak, int64_t rows, int64_t K);
    /* t: all but a, panel, K. */
    void (*multiply)(tile_args *t, const row_block *a, const float *panel, bool by_rows, int64_t rows, int64_t K);
} blocked;

ALWAYS int64_t blocked_units(const blocked *how, int64_t K) {
    const int64_t steps = how->depth / UNITS;
    return (K + steps - 1) / steps;
}

/* Whether panels of b are taken as they lie, all but a last one that is not whole. */
ALWAYS bool blocked_lies(const blocked *how, int64_t N, unsigned flags) {
    return how->lies && N <= LYING && !(flags & LL_MM_TB);
}

/* K steps of columns [0, wide) of b as panels one after the other. */
ALWAYS void blocked_panels(const blocked *how, float *to, const float *b, int64_t bk, int64_t bn, int64_t K,
                           int64_t wide) {
    for (int64_t w = 0; w < wide; w += PANEL)
        how->pack_b(to + w * blocked_units(how, K), b + w * bn, bk, bn, K, wide - w < PANEL ? wide - w : PANEL);
}

ALWAYS int64_t blocked_packed(const blocked *how, int64_t N, int64_t K) {
    return (N + PANEL - 1) / PANEL * PANEL * blocked_units(how, K);
}

/* All of b, in the order in which blocked_matmul comes to it. */
ALWAYS void blocked_pack(const blocked *how, float *to, const float *b, int64_t N, int64_t K, unsigned flags) {
    const bool tb = flags & LL_MM_TB;
    const int64_t bk = tb ? 1 : N, bn = tb ? K : 1;
    for (int64_t n = 0; n < N; n += PANELS * PANEL)
        for (int64_t k = 0; k < K; k += how->depth) {
            const int64_t steps = K - k < how->depth ? K - k : how->depth;
            const int64_t wide = N - n < PANELS * PANEL ? N - n : PANELS * PANEL;
            blocked_panels(how, to, b + k * bk + n * bn, bk, bn, steps, wide);
            to += blocked_packed(how, wide, steps);
        }
}

/* Rows [from, to) of c. how is a constant at every call: its functions are inlined. */
ALWAYS void blocked_matmul(const blocked *how, float *c, const float *a, const float *b, const float *bias,
                           int64_t M, int64_t N, int64_t K, unsigned flags, int64_t from, int64_t to) {
    _Alignas(64) float room[PANELS * UNITS * PANEL];
    const float *packed = b;
    row_block block[GROUP];
    const bool ta = flags & LL_MM_TA, tb = flags & LL_MM_TB;
    const int64_t bk = tb ? 1 : N, bn = tb ? K : 1, am = ta ? 1 : K, ak = ta ? M : 1;
    const bool lies = blocked_lies(how, N, flags);
    const int64_t group = ta ? GROUP * TILE_ROWS : TILE_ROWS;
    for (int64_t n = 0; n < N; n += PANELS * PANEL)
        for (int64_t k = 0; k < K; k += how->depth) {
            const int64_t steps = K - k < how->depth ? K - k : how->depth;
            const int64_t wide = N - n < PANELS * PANEL ? N - n : PANELS * PANEL;
            const int64_t lying = lies ? wide / PANEL * PANEL : 0;
            const float *at = b + k * bk + n * bn, *panels = room;
            if (flags & LL_MM_PACKED) panels = packed, packed += blocked_packed(how, wide, steps);
            else blocked_panels(how, room, at + lying * bn, bk, bn, steps, wide - lying);
            for (int64_t m = from; m < to; m += group) {
                const int64_t rows = to - m < group ? to - m : group;
                how->pack_a(block, a + m * am + k * ak, am, ak, rows, steps);
                for (int64_t r = 0; r < rows; r += TILE_ROWS)
                    for (int64_t w = 0; w < wide; w += PANEL) {
                        const bool here = w < lying;
                        const float *panel = here ? at + w : panels + (w - lying) * blocked_units(how, steps);
                        tile_args t = { .c = c + (m + r) * N + n + w,
                                        .bias = bias && k == 0 ? bias + n + w : NULL,
                                        .ldc = N,
                                        .apart = here ? N : 0,
                                        .columns = wide - w < PANEL ? wide - w : PANEL,
                                        .add = k > 0 || (flags & LL_MM_ADD) != 0 };
                        const int64_t tall = rows - r < TILE_ROWS ? rows - r : TILE_ROWS;
                        for (int64_t i = 0; i < tall; i++) /* on their way while the tile is made */
                            for (int64_t v = 0; v < t.columns; v += L) __builtin_prefetch(t.c + i * N + v, 1);
                        how->multiply(&t, &block[r / TILE_ROWS], panel, ak == 1, tall, steps);
                    }
            }
        }
}

#endif
