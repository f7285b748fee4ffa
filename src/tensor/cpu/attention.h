/* Causal attention in blocks of query rows, whatever the numbers its products multiply: scores, softmax and
 * weighted values of one block lie in scratch that stays in the cache; the T x T matrix never exists. The backward
 * pass recomputes the block's probabilities from the saved log-sum (Dao et al. 2022).
 */
#ifndef LL_TENSOR_CPU_ATTENTION_H
#define LL_TENSOR_CPU_ATTENTION_H

#include "tensor/cpu/tile.h"

enum { ROWS = 24 }; /* of a block of queries: whole tiles; LL_ATTENTION_WORK knows it */

/* The left-hand side of a product: element (m, unit k) lies at at[m * am + k * ak]. */
typedef struct operand {
    const float *at;
    int64_t am, ak;
} operand;

typedef struct products {
    int64_t per_unit;                                /* steps of the depth in a unit */
    void (*multiply)(const tile_args *t, int64_t M); /* tile_rows with its step */
    /* As pack_panel. */
    void (*pack)(float *panel, const float *b, int64_t bk, int64_t bn, int64_t K, int64_t columns);
    /* M rows of depth K, element (m, k) at x[m * ld + k], and at x[k * ld + m]; room for what is packed: ROWS / 2
     * by the larger of T and S, each up to 64 longer. */
    operand (*along)(float *room, const float *x, int64_t ld, int64_t M, int64_t K);
    operand (*across)(float *room, const float *x, int64_t ld, int64_t M, int64_t K);
} products;

/* One head of one sequence. Rows of q, k, v lie stride apart, those of o and do H * S. */
typedef struct head {
    const products *how;
    const float *q, *k, *v;
    int64_t stride, ld_out, T, S;
    int64_t padded, wide; /* T and S rounded up */
    float *panel[4];      /* packed right-hand sides, each [padded][wide] at most */
    float *p, *dp;        /* [ROWS][padded] */
    float *room;          /* of a left-hand side */
    float *out, *dk, *dv; /* sums over the head: [ROWS][wide], [T][wide] twice */
} head;

ALWAYS head head_at(const products *how, const float *qkv, int64_t b, int64_t h, int64_t T, int64_t H, int64_t S,
                    float *work) {
    const float *q = qkv + b * T * 3 * H * S + h * S;
    /* Whole panels, and no power of two for the cache's sets; whole vectors. */
    const int64_t padded = (T + PANEL - 1) / PANEL * PANEL + L, wide = (S + L - 1) / L * L;
    head a = { .how = how,
               .q = q,
               .k = q + H * S,
               .v = q + 2 * H * S,
               .stride = 3 * H * S,
               .ld_out = H * S,
               .T = T,
               .S = S,
               .padded = padded,
               .wide = wide };
    for (int i = 0; i < 4; i++, work += padded * wide) a.panel[i] = work;
    a.dk = work;
    a.dv = a.dk + T * wide;
    a.out = a.dv + T * wide;
    a.p = a.out + ROWS * wide;
    a.dp = a.p + ROWS * padded;
    a.room = a.dp + ROWS * padded;
    return a;
}

ALWAYS int64_t units(const head *a, int64_t K) {
    return (K + a->how->per_unit - 1) / a->how->per_unit;
}

ALWAYS int64_t panel_width(int64_t columns) {
    return columns <= L ? L : PANEL;
}

/* Rows x [T,S] as right-hand side over time: columns are rows of x, depth S. A panel of PANEL columns each. */
ALWAYS void pack_over_time(const head *a, float *panel, const float *x) {
    for (int64_t u = 0; u < a->T; u += PANEL)
        a->how->pack(panel + u * units(a, a->S), x + u * a->stride, 1, a->stride, a->S,
                     a->T - u < PANEL ? a->T - u : PANEL);
}

/* Rows x [K,S] as right-hand side over the head: columns are S, depth the rows. */
ALWAYS void pack_over_head(const head *a, float *panel, const float *x, int64_t ld, int64_t K) {
    for (int64_t s = 0; s < a->S; s += PANEL) {
        int64_t columns = a->S - s < PANEL ? a->S - s : PANEL;
        a->how->pack(panel, x + s, ld, 1, K, columns);
        panel += units(a, K) * panel_width(columns);
    }
}

/* out [rows, keys] = x [rows,S] against a panel set over time, for queries t and on. What no query of a tile may
 * see is left as it is. */
ALWAYS void scores(const head *a, float *out, const float *x, int64_t ld, const float *panels, int64_t t,
                   int64_t rows) {
    const operand left = a->how->along(a->room, x, ld, rows, a->S);
    for (int64_t u = 0; u < t + rows; u += PANEL) {
        const int64_t blind = u > t ? (u - t) / TILE_ROWS * TILE_ROWS : 0;
        tile_args tile = { .c = out + blind * a->padded + u,
                           .a = left.at + blind * left.am,
                           .panel = panels + u * units(a, a->S),
                           .ldc = a->padded,
                           .am = left.am,
                           .ak = left.ak,
                           .K = units(a, a->S),
                           .columns = a->T - u < PANEL ? a->T - u : PANEL };
        a->how->multiply(&tile, rows - blind);
    }
}

/* out [M,wide] (+)= x [M,K] against a panel set over the head that was packed packed deep. */
ALWAYS void combine(const head *a, float *out, operand x, const float *panels, int64_t packed, int64_t M, int64_t K,
                    int add) {
    for (int64_t s = 0; s < a->S; s += PANEL) {
        tile_args tile = { .c = out + s,
                           .a = x.at,
                           .panel = panels,
                           .ldc = a->wide,
                           .am = x.am,
                           .ak = x.ak,
                           .K = units(a, K),
                           .columns = panel_width(a->S - s),
                           .add = add };
        a->how->multiply(&tile, M);
        panels += units(a, packed) * tile.columns;
    }
}

/* Rows of out [M,wide] to where they belong, row r times by[r] (by may be NULL). */
ALWAYS void deliver(const head *a, float *to, int64_t ld, const float *out, int64_t M, const float *by) {
    for (int64_t r = 0; r < M; r++)
        for (int64_t s = 0; s < a->S; s += L)
            vstore_some(to + r * ld + s, a->S - s, vload(out + r * a->wide + s) * (by ? by[r] : 1));
}

/* Asks for rows t and on of head bh of x [B,T,parts,H,S] before their turn comes: no prefetcher of hardware sees
 * that far. */
ALWAYS void ask(const head *a, const float *x, int64_t parts, int64_t bh, int64_t t, int64_t rows) {
    const int64_t H = a->ld_out / a->S;
    x += (bh / H * a->T + t) * parts * a->ld_out + bh % H * a->S;
    for (int64_t r = 0; r < rows * parts; r++)
        for (int64_t s = 0; s < a->S; s += 16) __builtin_prefetch(x + r * a->ld_out + s, 0, 2);
}

/* x where the key is one of the first n, else other, whatever x is there; x holds keys from u on. */
ALWAYS vf seen(vf x, int64_t u, int64_t n, float other) {
    vi key;
    for (int i = 0; i < L; i++) key[i] = i;
    const vi in = key < (int32_t)(n - u);
    return (vf)(((vi)x & in) | ((vi)vsplat(other) & ~in));
}

/* Scores of queries t and on become exp(scale x - top) of each row, zero behind the query's own key up to width;
 * norm [rows] is one by their sum, lse the log of the sum of exponentials. Rows are the inner loop: each takes its
 * turn while another's sums are under way. */
ALWAYS void softmax(const head *a, float *lse, float *norm, int64_t t, int64_t rows, int64_t width, float scale) {
    vf most[ROWS], part[ROWS];
    float top[ROWS];
    for (int64_t r = 0; r < rows; r++) most[r] = vsplat(-INFINITY), part[r] = vsplat(0);
    for (int64_t u = 0; u < width; u += L)
        for (int64_t r = 0; r < rows; r++) {
            vf x = vload(a->p + r * a->padded + u);
            if (u + L > t + 1) x = seen(x, u, t + r + 1, -INFINITY);
            most[r] = vmax(most[r], x);
        }
    for (int64_t r = 0; r < rows; r++) top[r] = vtop(most[r]) * scale;
    for (int64_t u = 0; u < width; u += L)
        for (int64_t r = 0; r < rows; r++) {
            float *at = a->p + r * a->padded + u;
            vf e = vexp(vload(at) * scale - top[r]);
            if (u + L > t + 1) e = seen(e, u, t + r + 1, 0);
            vstore(at, e);
            part[r] += e;
        }
    for (int64_t r = 0; r < rows; r++) {
        const float sum = vsum(part[r]); /* at least 1 */
        norm[r] = 1 / sum;
        lse[r] = top[r] + logf(sum);
    }
}

ALWAYS void attend(const products *how, float *o, float *lse, const float *qkv, int64_t B, int64_t T, int64_t H,
                   int64_t S, float scale, float *work, int64_t from, int64_t to) {
    (void)B;
    for (int64_t bh = from; bh < to; bh++) {
        int64_t b = bh / H, h = bh % H;
        head a = head_at(how, qkv, b, h, T, H, S, work);
        pack_over_time(&a, a.panel[0], a.k);
        pack_over_head(&a, a.panel[1], a.v, a.stride, T);
        for (int64_t t = 0; t < T; t += ROWS) {
            int64_t rows = T - t < ROWS ? T - t : ROWS, keys = t + rows;
            float norm[ROWS];
            if (bh + 1 < to) ask(&a, qkv, 3, bh + 1, t, rows);
            scores(&a, a.p, a.q + t * a.stride, a.stride, a.panel[0], t, rows);
            softmax(&a, lse + bh * T + t, norm, t, rows, (keys + L - 1) / L * L, scale);
            combine(&a, a.out, how->along(a.room, a.p, a.padded, rows, keys), a.panel[1], T, rows, keys, 0);
            deliver(&a, o + (b * T + t) * H * S + h * S, a.ld_out, a.out, rows, norm);
        }
    }
}

/* p becomes the probabilities, dp their gradient times p: ds = scale p (dp - do . o); both zero behind the query's
 * own key up to width. */
ALWAYS void softmax_bwd(const head *a, const float *lse, const float *inner, int64_t t, int64_t rows, int64_t width,
                        float scale) {
    for (int64_t u = 0; u < width; u += L)
        for (int64_t r = 0; r < rows; r++) {
            float *p = a->p + r * a->padded + u, *dp = a->dp + r * a->padded + u;
            vf e = vexp(vload(p) * scale - lse[r]), ds = e * (vload(dp) - inner[r]) * scale;
            if (u + L > t + 1) e = seen(e, u, t + r + 1, 0), ds = seen(ds, u, t + r + 1, 0);
            vstore(p, e);
            vstore(dp, ds);
        }
}

ALWAYS float inner_product(const float *x, const float *y, int64_t n) {
    vf part = vsplat(0);
    for (int64_t i = 0; i < n; i += L) part += vload_some(x + i, n - i, 0) * vload_some(y + i, n - i, 0);
    return vsum(part);
}

ALWAYS void attend_bwd(const products *how, float *dqkv, const float *do_, const float *qkv, const float *o,
                       const float *lse, int64_t B, int64_t T, int64_t H, int64_t S, float scale, float *work,
                       int64_t from, int64_t to) {
    (void)B;
    for (int64_t bh = from; bh < to; bh++) {
        int64_t b = bh / H, h = bh % H;
        head a = head_at(how, qkv, b, h, T, H, S, work);
        pack_over_time(&a, a.panel[0], a.k);
        pack_over_time(&a, a.panel[1], a.v);
        pack_over_head(&a, a.panel[2], a.k, a.stride, T);
        memset(a.dk, 0, (size_t)(2 * T * a.wide) * sizeof *a.dk);
        for (int64_t t = 0; t < T; t += ROWS) {
            int64_t rows = T - t < ROWS ? T - t : ROWS, keys = t + rows, at = (b * T + t) * H * S + h * S;
            const float *q = a.q + t * a.stride, *g = do_ + at;
            float inner[ROWS];
            if (bh + 1 < to) {
                ask(&a, qkv, 3, bh + 1, t, rows);
                ask(&a, dqkv, 3, bh + 1, t, rows);
                ask(&a, o, 1, bh + 1, t, rows);
                ask(&a, do_, 1, bh + 1, t, rows);
            }
            for (int64_t r = 0; r < rows; r++) inner[r] = inner_product(g + r * a.ld_out, o + at + r * a.ld_out, S);
            scores(&a, a.p, q, a.stride, a.panel[0], t, rows);
            scores(&a, a.dp, g, a.ld_out, a.panel[1], t, rows);
            softmax_bwd(&a, lse + bh * T + t, inner, t, rows, (keys + L - 1) / L * L, scale);
            combine(&a, a.out, how->along(a.room, a.dp, a.padded, rows, keys), a.panel[2], T, rows, keys, 0);
            deliver(&a, dqkv + (q - qkv), a.stride, a.out, rows, NULL);
            pack_over_head(&a, a.panel[3], q, a.stride, rows);
            combine(&a, a.dk, how->across(a.room, a.dp, a.padded, keys, rows), a.panel[3], rows, keys, rows, 1);
            pack_over_head(&a, a.panel[3], g, a.ld_out, rows);
            combine(&a, a.dv, how->across(a.room, a.p, a.padded, keys, rows), a.panel[3], rows, keys, rows, 1);
        }
        deliver(&a, dqkv + (a.k - qkv), a.stride, a.dk, T, NULL);
        deliver(&a, dqkv + (a.v - qkv), a.stride, a.dv, T, NULL);
    }
}

#endif
