/* Causal attention in blocks of queries, whatever the numbers its products multiply. A block is one panel of one or two
 * vectors and lies along the lanes: its scores [keys, queries] are what a softmax down the lanes takes, and are the panel of
 * the next product as they are. The T x T matrix never exists. The backward pass recomputes the probabilities of a
 * strip of keys from the saved log-sum (Dao et al. 2022).
 */
#ifndef LL_TENSOR_CPU_ATTENTION_H
#define LL_TENSOR_CPU_ATTENTION_H

#include "tensor/cpu/tile.h"

enum {
    BLOCK_VECTORS = 2,
    BLOCK = BLOCK_VECTORS * LL_LANES, /* queries */
    STRIP = 96 /* keys of a strip: whole tiles, and two of them beside a block's panels in the first cache */
};

/* The left-hand side of a product, by steps: element (m, unit k) lies at at[m + k * ak]. */
typedef struct operand {
    const float *at;
    int64_t ak;
} operand;

typedef struct products {
    int64_t per_unit; /* steps of the depth in a unit */
    /* tile_rows of a left-hand side by steps, and of one by rows of 2 BLOCK units, which takes a pair of them. */
    void (*multiply)(const tile_args *t, int64_t M, int64_t ak);
    void (*multiply_pairs)(const tile_args *t, int64_t M);
    /* As pack_panel. */
    void (*pack)(float *panel, const float *b, int64_t bk, int64_t bn, int64_t K, int64_t columns);
    /* Rows x [K, width], as wide as a panel, as a panel; room for as many. */
    const float *(*laid)(float *room, const float *x, int64_t K, int64_t width);
    /* M rows of depth K, element (m, k) at x[k * ld + m]; room: K times M in whole vectors. */
    operand (*across)(float *room, const float *x, int64_t ld, int64_t M, int64_t K);
    /* Vector v of a row: units of x and y in turns. */
    void (*pair)(float *row, int64_t v, vf x, vf y);
} products;

/* One head of one sequence. Rows of q, k, v lie stride apart, those of o and do H * S. */
typedef struct head {
    const products *how;
    const float *q, *k, *v;
    int64_t stride, ld_out, T, S;
    int64_t wide;            /* 2 S rounded up to whole vectors */
    float *over_time[2];     /* a block's rows as panels: columns are queries, depth S */
    float *over_head;        /* rows of do and of q woven together: columns are 2 S, depth the queries */
    float *out;              /* [S, queries] */
    float *left[2], *turned; /* k and v as blocks over time; room of one across the keys */
    float *p, *dp;           /* [keys, queries]; of a strip where both are there */
    float *room;             /* of one as an operand, and of a block's rows */
    float *pairs;            /* [keys, 2 BLOCK]: units of the two woven together */
    float *dvk;              /* [T, wide]: dv and dk woven together, sums over the head */
} head;

ALWAYS head head_at(const products *how, const float *qkv, int64_t b, int64_t h, int64_t T, int64_t H, int64_t S,
                    float *work) {
    const float *q = qkv + b * T * 3 * H * S + h * S;
    const int64_t wide = (2 * S + L - 1) / L * L, strips = T > 2 * STRIP ? T : 2 * STRIP;
    head a = { .how = how,
               .q = q,
               .k = q + H * S,
               .v = q + 2 * H * S,
               .stride = 3 * H * S,
               .ld_out = H * S,
               .T = T,
               .S = S,
               .wide = wide };
    for (int i = 0; i < 2; i++, work += BLOCK * (S + 1)) a.over_time[i] = work;
    a.over_head = work;
    a.out = a.over_head + BLOCK * wide;
    a.p = a.out + BLOCK * S;
    a.dp = a.p + STRIP * BLOCK;
    a.room = a.p + strips * BLOCK;
    a.pairs = a.room + strips * (BLOCK / 2 + 32);
    a.dvk = a.pairs + 2 * STRIP * BLOCK;
    a.left[0] = a.dvk + T * wide;
    a.left[1] = a.left[0] + (T + BLOCK) * S;
    a.turned = a.left[1] + (T + BLOCK) * S;
    return a;
}

ALWAYS int64_t units(const head *a, int64_t K) {
    return (K + a->how->per_unit - 1) / a->how->per_unit;
}

/* Rows x [rows,S] of a block as one panel over time. */
ALWAYS void pack_over_time(const head *a, float *panel, const float *x, int64_t ld, int64_t rows) {
    a->how->pack(panel, x, 1, ld, a->S, rows);
}

/* The block of rows t and on among all of them, over time. */
ALWAYS operand block_at(const head *a, const float *blocks, int64_t t) {
    return (operand) { blocks + t * units(a, a->S), panel_width(a->T - t < BLOCK ? a->T - t : BLOCK) };
}

/* Rows x [T,S] as blocks over time. */
ALWAYS const float *pack_blocks(const head *a, float *blocks, const float *x) {
    for (int64_t t = 0; t < a->T; t += BLOCK)
        pack_over_time(a, blocks + t * units(a, a->S), x + t * a->stride, a->stride,
                       a->T - t < BLOCK ? a->T - t : BLOCK);
    return blocks;
}

/* A block's rows of do and q, [rows,S] each, as one matrix over the head: units of the two in turns. */
ALWAYS void pack_over_head(const head *a, const float *g, const float *q, int64_t rows) {
    const operand x = a->how->across(a->room, g, a->ld_out, a->S, rows),
                  y = a->how->across(a->room + BLOCK * (a->S + L), q, a->stride, a->S, rows);
    for (int64_t r = 0; r < units(a, rows); r++)
        for (int64_t s = 0; s < a->S; s += L) {
            float *to = a->over_head + r * a->wide + 2 * s;
            const vf m = vload(x.at + r * x.ak + s), n = vload(y.at + r * y.ak + s);
            vstore(to, __builtin_shufflevector(m, n, LL_FIRST_HALVES));
            if (s + L / 2 < a->S) vstore(to + L, __builtin_shufflevector(m, n, LL_SECOND_HALVES));
        }
}

/* Keys u and on of what lies across them. */
ALWAYS operand from_key(const head *a, operand x, int64_t u) {
    x.at += u / a->how->per_unit * x.ak;
    return x;
}

/* How many of n keys from u on the first vector of queries t and on sees any of. */
ALWAYS int64_t early_of(int64_t t, int64_t u, int64_t n) {
    const int64_t early = t + L - u;
    return early < 0 ? 0 : early < n ? early : n;
}

/* Columns [from,width) of out [M,width] (+)= x [M,K] against one panel. */
ALWAYS void product(const head *a, float *out, operand x, const float *panel, int64_t M, int64_t K, int64_t width,
                    int64_t from, int add) {
    const tile_args tile = { .c = out + from,
                             .a = x.at,
                             .panel = panel + from,
                             .ldc = width,
                             .K = units(a, K),
                             .columns = width - from,
                             .apart = width,
                             .add = add };
    a->how->multiply(&tile, M, x.ak);
}

/* Scores out [n,width] of keys u and on, which lie in blocks over time, and a block's panel of queries. Of keys from
 * early on only the later vectors of queries see any: the others are left as they are. */
ALWAYS void scores(const head *a, float *out, const float *blocks, const float *panel, int64_t u, int64_t n,
                   int64_t early, int64_t width) {
    for (int64_t i = 0; i < n; i += BLOCK, early -= BLOCK, out += BLOCK * width) {
        const int64_t keys = n - i < BLOCK ? n - i : BLOCK, all = early < 0 ? 0 : early < keys ? early : keys;
        operand x = block_at(a, blocks, u + i);
        product(a, out, x, panel, all, a->S, width, 0, 0);
        x.at += all;
        if (keys > all) product(a, out + all * width, x, panel, keys - all, a->S, width, L, 0);
    }
}

/* out [S,width] (+)= x [S,n] across keys, against what the queries make of them, p [n,width]. */
ALWAYS void combine(const head *a, operand x, const float *p, int64_t n, int64_t early, int64_t width, int add) {
    const float *panel = a->how->laid(a->room, p, n, width);
    if (early) product(a, a->out, x, panel, a->S, early, width, 0, add);
    if (n > early)
        product(a, a->out, from_key(a, x, early), panel + units(a, early) * width, a->S, n - early, width, L,
                early || add);
}

/* out [M,wide] += pairs [M,rows] of keys against a block's rows over the head, without its first queries. */
ALWAYS void over_head(const head *a, float *out, const float *pairs, int64_t M, int64_t rows, int64_t first) {
    for (int64_t s = 0, width; s < a->wide; s += width) {
        width = panel_width(a->wide - s);
        const tile_args tile = { .c = out + s,
                                 .a = pairs + 2 * units(a, first),
                                 .panel = a->over_head + units(a, first) * a->wide + s,
                                 .ldc = a->wide,
                                 .K = units(a, rows - first),
                                 .columns = width,
                                 .apart = a->wide,
                                 .add = 1 };
        a->how->multiply_pairs(&tile, M);
    }
}

/* dvk [n,wide] of keys += the probabilities [n,rows] by rows of do, and their gradients by rows of q: as one product,
 * whose every step takes a pair of the two. It fills vectors where S is half of one, and of both panels what is
 * broadcast serves twice the columns. */
ALWAYS void gather(const head *a, float *dvk, int64_t n, int64_t early, int64_t rows) {
    over_head(a, dvk, a->pairs, early, rows, 0);
    if (n > early) over_head(a, dvk + early * a->wide, a->pairs + early * 2 * BLOCK, n - early, rows, L);
}

/* out [S,width] of a block's queries to rows of theirs, query r times by[r]. */
ALWAYS void deliver_turned(const head *a, float *to, int64_t ld, int64_t rows, int64_t width, const vf *by) {
    for (int64_t v = 0; v * L < rows; v++)
        for (int64_t s = 0; s < a->S; s += L) {
            vf m[LL_LANES];
            for (int i = 0; i < L; i++)
                m[i] = s + i < a->S ? vload(a->out + (s + i) * width + v * L) * by[v] : vsplat(0);
            turn(m);
            for (int64_t r = 0; r < L && v * L + r < rows; r++)
                vstore_some(to + (v * L + r) * ld + s, a->S - s, m[r]);
        }
}

/* dvk to rows of dk and dv. */
ALWAYS void deliver(const head *a, float *dk, float *dv) {
    for (int64_t t = 0; t < a->T; t++, dk += a->stride, dv += a->stride)
        for (int64_t s = 0; s < a->S; s += L) {
            const float *at = a->dvk + t * a->wide + 2 * s;
            const vf x = vload(at), y = vload_some(at + L, a->wide - 2 * s - L, 0);
            vstore_some(dv + s, a->S - s, __builtin_shufflevector(x, y, LL_EVEN));
            vstore_some(dk + s, a->S - s, __builtin_shufflevector(x, y, LL_ODD));
        }
}

/* Asks for rows t and on of head bh of x [B,T,parts,H,S] before their turn comes: no prefetcher of hardware sees
 * that far. */
ALWAYS void ask(const head *a, const float *x, int64_t parts, int64_t bh, int64_t t, int64_t rows) {
    const int64_t H = a->ld_out / a->S;
    x += (bh / H * a->T + t) * parts * a->ld_out + bh % H * a->S;
    for (int64_t r = 0; r < rows * parts; r++)
        for (int64_t s = 0; s < a->S; s += 16) __builtin_prefetch(x + r * a->ld_out + s, 0, 2);
}

/* x in the lanes from first on, else other, whatever x is there: of the queries that lie along the lanes, a key is seen
 * by itself and by later ones. */
ALWAYS vf seen(vf x, int64_t first, float other) {
    vi lane;
    for (int i = 0; i < L; i++) lane[i] = i;
    const vi in = lane >= (int32_t)first;
    return (vf)(((vi)x & in) | ((vi)vsplat(other) & ~in));
}

enum { CHAINS = 4 }; /* of sums side by side: the next does not wait for the last */

/* Scores p [keys,width] of queries t and on become exp(scale x - top) of each query, zero behind its own key where
 * combine looks; norm is one by their sum, lse the log of the sum of exponentials. */
ALWAYS void softmax(const head *a, float *lse, vf *norm, int64_t t, int64_t rows, int64_t width, float scale) {
    for (int64_t v = 0; v * L < width; v++) {
        const int64_t last = t + (v + 1) * L, keys = last < t + rows ? last : t + rows; /* that any lane sees */
        const int64_t all = t + v * L + 1 < keys ? t + v * L + 1 : keys;                /* and every one */
        float *p = a->p + v * L;
        vf most[CHAINS], part[CHAINS];
        for (int i = 0; i < CHAINS; i++) most[i] = vsplat(-INFINITY), part[i] = vsplat(0);
        int64_t u = 0;
        for (; u + CHAINS <= all; u += CHAINS)
            for (int i = 0; i < CHAINS; i++) most[i] = vmax(most[i], vload(p + (u + i) * width));
        for (; u < keys; u++) most[0] = vmax(most[0], seen(vload(p + u * width), u - t - v * L, -INFINITY));
        const vf top = vmax(vmax(most[0], most[1]), vmax(most[2], most[3])) * scale;
        for (u = 0; u + CHAINS <= all; u += CHAINS)
            for (int i = 0; i < CHAINS; i++) {
                float *at = p + (u + i) * width;
                const vf e = vexp(vload(at) * scale - top);
                vstore(at, e);
                part[i] += e;
            }
        for (; u < keys; u++) {
            const vf e = seen(vexp(vload(p + u * width) * scale - top), u - t - v * L, 0);
            vstore(p + u * width, e);
            part[0] += e;
        }
        const vf sum = (part[0] + part[1]) + (part[2] + part[3]); /* at least 1 */
        norm[v] = 1 / sum;
        vstore_some(lse + v * L, rows - v * L, top + vlog(sum));
    }
}

ALWAYS void attend(const products *how, float *o, float *lse, const float *qkv, int64_t B, int64_t T, int64_t H,
                   int64_t S, float scale, float *work, int64_t from, int64_t to) {
    (void)B;
    for (int64_t bh = from; bh < to; bh++) {
        const int64_t b = bh / H, h = bh % H;
        const head a = head_at(how, qkv, b, h, T, H, S, work);
        const float *k = pack_blocks(&a, a.left[0], a.k);
        const operand v = how->across(a.turned, a.v, a.stride, S, T);
        for (int64_t t = 0; t < T; t += BLOCK) {
            const int64_t rows = T - t < BLOCK ? T - t : BLOCK, keys = t + rows, width = panel_width(rows),
                          early = early_of(t, 0, keys);
            vf norm[BLOCK_VECTORS];
            if (bh + 1 < to) ask(&a, qkv, 3, bh + 1, t, rows);
            pack_over_time(&a, a.over_time[0], a.q + t * a.stride, a.stride, rows);
            scores(&a, a.p, k, a.over_time[0], 0, keys, early, width);
            softmax(&a, lse + bh * T + t, norm, t, rows, width, scale);
            combine(&a, v, a.p, keys, early, width, 0);
            deliver_turned(&a, o + (b * T + t) * H * S + h * S, a.ld_out, rows, width, norm);
        }
    }
}

/* Of n keys from u on: dp becomes the gradient times the probabilities, ds = scale p (dp - do . o), pairs are p and ds;
 * both zero for queries before the key, where combine and gather look. */
ALWAYS void softmax_bwd(const head *a, const vf *lse, const vf *inner, int64_t t, int64_t u, int64_t n,
                        int64_t width, float scale) {
    for (int64_t v = 0; v * L < width; v++)
        for (int64_t i = 0; i < n && u + i < t + (v + 1) * L; i++) {
            const float *p = a->p + i * width + v * L;
            float *dp = a->dp + i * width + v * L;
            vf e = vexp(vload(p) * scale - lse[v]), ds = e * (vload(dp) - inner[v]) * scale;
            const int64_t first = u + i - t - v * L;
            if (first > 0) e = seen(e, first, 0), ds = seen(ds, first, 0);
            vstore(dp, ds);
            a->how->pair(a->pairs + i * 2 * BLOCK, v, e, ds);
        }
}

/* Lane i is the inner product of rows i of x and y, [rows,S]. */
ALWAYS vf inner_products(const float *x, const float *y, int64_t ld, int64_t rows, int64_t S) {
    vf part[LL_LANES];
    for (int i = 0; i < L; i++) part[i] = vsplat(0);
    for (int64_t i = 0; i < L && i < rows; i++)
        for (int64_t s = 0; s < S; s += L)
            part[i] += vload_some(x + i * ld + s, S - s, 0) * vload_some(y + i * ld + s, S - s, 0);
    return vsums(part);
}

ALWAYS void attend_bwd(const products *how, float *dqkv, const float *do_, const float *qkv, const float *o,
                       const float *lse, int64_t B, int64_t T, int64_t H, int64_t S, float scale, float *work,
                       int64_t from, int64_t to) {
    (void)B;
    const vf one[BLOCK_VECTORS] = { vsplat(1), vsplat(1) };
    for (int64_t bh = from; bh < to; bh++) {
        const int64_t b = bh / H, h = bh % H;
        const head a = head_at(how, qkv, b, h, T, H, S, work);
        const float *k = pack_blocks(&a, a.left[0], a.k), *v = pack_blocks(&a, a.left[1], a.v);
        const operand turned = how->across(a.turned, a.k, a.stride, S, T);
        memset(a.dvk, 0, (size_t)(T * a.wide) * sizeof *a.dvk);
        for (int64_t t = 0; t < T; t += BLOCK) {
            const int64_t rows = T - t < BLOCK ? T - t : BLOCK, keys = t + rows, width = panel_width(rows),
                          at = (b * T + t) * H * S + h * S;
            const float *q = a.q + t * a.stride, *g = do_ + at;
            vf inner[BLOCK_VECTORS], sum[BLOCK_VECTORS];
            if (bh + 1 < to) {
                ask(&a, qkv, 3, bh + 1, t, rows);
                ask(&a, dqkv, 3, bh + 1, t, rows);
                ask(&a, o, 1, bh + 1, t, rows);
                ask(&a, do_, 1, bh + 1, t, rows);
            }
            for (int64_t i = 0; i * L < width; i++) {
                inner[i] =
                    inner_products(g + i * L * a.ld_out, o + at + i * L * a.ld_out, a.ld_out, rows - i * L, S);
                sum[i] = vload_some(lse + bh * T + t + i * L, rows - i * L, 0);
            }
            pack_over_time(&a, a.over_time[0], q, a.stride, rows);
            pack_over_time(&a, a.over_time[1], g, a.ld_out, rows);
            pack_over_head(&a, g, q, rows);
            for (int64_t u = 0; u < keys; u += STRIP) {
                const int64_t n = keys - u < STRIP ? keys - u : STRIP, early = early_of(t, u, n);
                scores(&a, a.p, k, a.over_time[0], u, n, early, width);
                scores(&a, a.dp, v, a.over_time[1], u, n, early, width);
                softmax_bwd(&a, sum, inner, t, u, n, width, scale);
                gather(&a, a.dvk + u * a.wide, n, early, rows);
                combine(&a, from_key(&a, turned, u), a.dp, n, early, width, u > 0);
            }
            deliver_turned(&a, dqkv + (q - qkv), a.stride, rows, width, one);
        }
        deliver(&a, dqkv + (a.k - qkv), dqkv + (a.v - qkv));
    }
}

#endif
