/* A matrix product in blocks, whatever the numbers it multiplies: some panels of b are packed, or taken as they lie,
 * then every block of TILE_ROWS rows of a is packed once and meets them all. Both stay in the cache: WIDE columns in
 * a third of the second level, a block in the first. Where a lies by steps, a line of memory holds the rows of
 * several blocks: those are packed together, or not at all where they meet one panel only.
 */
#ifndef LL_TENSOR_CPU_BLOCKED_H
#define LL_TENSOR_CPU_BLOCKED_H

#include "tensor/cpu/tile.h"

enum {
    WIDE = 16 * LL_LANES,  /* columns that are packed together */
    GROUP = 4,             /* blocks that are packed together at most */
    LYING = 96,            /* floats of a row, above which rows push each other out of the cache's sets */
    FAR = 1 << 18,         /* floats of c, above which they lie behind the second level */
    UNITS = 384,           /* of four bytes, of one pass over the depth */
    ROW_UNITS = UNITS + 16 /* from row to row of a block: no power of two, for the cache's sets */
};

typedef struct row_block {
    _Alignas(64) float at[TILE_ROWS * ROW_UNITS + LL_LANES];
} row_block;

typedef struct blocked {
    int64_t depth; /* steps in UNITS */
    bool lies;     /* what is multiplied is what lies there: where packing would not pay, neither side needs any */
    /* K steps of columns [0, columns) of b, element (k, n) at b[k * bk + n * bn]; one of the strides is 1. */
    void (*pack_b)(float *panel, const float *b, int64_t bk, int64_t bn, int64_t K, int64_t columns);
    /* K steps of rows of a, element (m, k) at a[m * am + k * ak], as so many blocks; packed by rows where ak is 1,
     * else am is 1 and it is packed by steps. */
    void (*pack_a)(row_block *to, const float *a, int64_t am, int64_t ak, int64_t rows, int64_t K);
    tile_step *step;
} blocked;

ALWAYS int64_t blocked_units(const blocked *how, int64_t K) {
    const int64_t steps = how->depth / UNITS;
    return (K + steps - 1) / steps;
}

/* A panel of no more columns than there are. */
ALWAYS int64_t panel_columns(int64_t columns) {
    const int64_t width = panel_width(columns);
    return columns < width ? columns : width;
}

/* How many of the first columns lie in panels that are full. */
ALWAYS int64_t panels_full(int64_t columns) {
    int64_t full = 0;
    while (full < columns && panel_width(columns - full) <= columns - full) full += panel_width(columns - full);
    return full;
}

/* Whether panels of b are taken as they lie, all but a last one that is not full. */
ALWAYS bool blocked_lies(const blocked *how, int64_t N, unsigned flags) {
    return how->lies && N <= LYING && !(flags & LL_MM_TB);
}

/* K steps of columns [0, wide) of b as panels one after the other. */
ALWAYS void blocked_panels(const blocked *how, float *to, const float *b, int64_t bk, int64_t bn, int64_t K,
                           int64_t wide) {
    for (int64_t w = 0; w < wide; w += panel_width(wide - w))
        how->pack_b(to + w * blocked_units(how, K), b + w * bn, bk, bn, K, panel_columns(wide - w));
}

ALWAYS int64_t blocked_packed(const blocked *how, int64_t N, int64_t K) {
    return (N + L - 1) / L * L * blocked_units(how, K);
}

/* All of b, in the order in which blocked_matmul comes to it. */
ALWAYS void blocked_pack(const blocked *how, float *to, const float *b, int64_t N, int64_t K, unsigned flags) {
    const bool tb = flags & LL_MM_TB;
    const int64_t bk = tb ? 1 : N, bn = tb ? K : 1;
    for (int64_t n = 0; n < N; n += WIDE)
        for (int64_t k = 0; k < K; k += how->depth) {
            const int64_t steps = K - k < how->depth ? K - k : how->depth;
            const int64_t wide = N - n < WIDE ? N - n : WIDE;
            blocked_panels(how, to, b + k * bk + n * bn, bk, bn, steps, wide);
            to += blocked_packed(how, wide, steps);
        }
}

/* Rows [from, to) of c. how is a constant at every call: its functions are inlined. */
ALWAYS void blocked_matmul(const blocked *how, float *c, const float *a, const float *b, const float *bias,
                           int64_t M, int64_t N, int64_t K, unsigned flags, int64_t from, int64_t to) {
    _Alignas(64) float room[WIDE * UNITS];
    const float *packed = b;
    row_block block[GROUP];
    const bool ta = flags & LL_MM_TA, tb = flags & LL_MM_TB;
    const int64_t bk = tb ? 1 : N, bn = tb ? K : 1, am = ta ? 1 : K, ak = ta ? M : 1;
    const bool b_lies = blocked_lies(how, N, flags), a_lies = how->lies && ta && (N <= PANEL || M <= LYING);
    const bool far = M * N > FAR;
    const int64_t group = ta ? GROUP * TILE_ROWS : TILE_ROWS;
    for (int64_t n = 0; n < N; n += WIDE)
        for (int64_t k = 0; k < K; k += how->depth) {
            const int64_t steps = K - k < how->depth ? K - k : how->depth;
            const int64_t wide = N - n < WIDE ? N - n : WIDE;
            const int64_t lying = b_lies ? panels_full(wide) : 0;
            const float *at = b + k * bk + n * bn, *panels = room;
            if (flags & LL_MM_PACKED) panels = packed, packed += blocked_packed(how, wide, steps);
            else blocked_panels(how, room, at + lying * bn, bk, bn, steps, wide - lying);
            for (int64_t m = from; m < to; m += group) {
                const int64_t rows = to - m < group ? to - m : group;
                const float *left = a + m * am + k * ak;
                if (!a_lies) how->pack_a(block, left, am, ak, rows, steps);
                for (int64_t r = 0; r < rows; r += TILE_ROWS)
                    for (int64_t w = 0; w < wide; w += panel_width(wide - w)) {
                        const bool here = w < lying;
                        const tile_args t = { .c = c + (m + r) * N + n + w,
                                              .a = a_lies ? left + r : block[r / TILE_ROWS].at,
                                              .panel =
                                                  here ? at + w : panels + (w - lying) * blocked_units(how, steps),
                                              .bias = bias && k == 0 ? bias + n + w : NULL,
                                              .ldc = N,
                                              .apart = here ? N : 0,
                                              .K = blocked_units(how, steps),
                                              .columns = panel_columns(wide - w),
                                              .add = k > 0 || (flags & LL_MM_ADD) != 0 };
                        const int64_t tall = rows - r < TILE_ROWS ? rows - r : TILE_ROWS;
                        for (int64_t i = 0; far && i < tall; i++) /* on their way while the tile is made */
                            for (int64_t v = 0; v < t.columns; v += L) __builtin_prefetch(t.c + i * N + v, 1);
                        if (ak == 1) tile_rows(&t, tall, ROW_UNITS, 1, how->step);
                        else tile_rows(&t, tall, 1, a_lies ? ak : TILE_ROWS, how->step);
                    }
            }
        }
}

#endif
