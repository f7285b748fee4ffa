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

/* The left-hand side of a product: element (m, unit k) lies at at[m * am + k * ak]. */
typedef struct operand {
    const float *at;
    int64_t am, ak;
} operand;

typedef struct products {
    int64_t per_unit;                                                        /* steps of the depth in a unit */
    void (*multiply)(const tile_args *t, int64_t M, int64_t am, int64_t ak); /* tile_rows with its step */
    /* As pack_panel. */
    void (*pack)(float *panel, const float *b, int64_t bk, int64_t bn, int64_t K, int64_t columns);
    /* Rows x [K, width], as wide as a panel, as a panel; room for as many. */
    const float *(*laid)(float *room, const float *x, int64_t K, int64_t width);
    /* M rows of depth K, element (m, k) at x[m * ld + k], and at x[k * ld + m]; room: M (K / 2 + 32), and K times M in
     * whole vectors. */
    operand (*along)(float *room, const float *x, int64_t ld, int64_t M, int64_t K);
    operand (*across)(float *room, const float *x, int64_t ld, int64_t M, int64_t K);
} products;

/* One head of one sequence. Rows of q, k, v lie stride apart, those of o and do H * S. */
typedef struct head {
    const products *how;
    const float *q, *k, *v;
    int64_t stride, ld_out, T, S;
    int64_t wide;            /* S rounded up to whole vectors */
    float *over_time[2];     /* a block's rows as panels: columns are queries, depth S */
    float *over_head[2];     /* columns are S, depth the queries */
    float *out;              /* [S, queries] */
    float *left[2], *turned; /* room of left-hand sides along and across the keys */
    float *p, *dp;           /* [keys, queries]; of a strip where both are there */
    float *room;             /* of p as an operand */
    float *dk, *dv;          /* [T, wide], sums over the head */
} head;

ALWAYS head head_at(const products *how, const float *qkv, int64_t b, int64_t h, int64_t T, int64_t H, int64_t S,
                    float *work) {
    const float *q = qkv + b * T * 3 * H * S + h * S;
    const int64_t wide = (S + L - 1) / L * L, strips = T > 2 * STRIP ? T : 2 * STRIP;
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
    for (int i = 0; i < 2; i++, work += BLOCK * (wide + L)) a.over_head[i] = work;
    a.out = work;
    a.p = a.out + BLOCK * S;
    a.dp = a.p + STRIP * BLOCK;
    a.room = a.p + strips * BLOCK;
    a.dk = a.room + strips * (BLOCK / 2 + 32);
    a.dv = a.dk + T * wide;
    a.left[0] = a.dv + T * wide;
    a.left[1] = a.left[0] + T * (S / 2 + 32);
    a.turned = a.left[1] + T * (S / 2 + 32);
    return a;
}

ALWAYS int64_t units(const head *a, int64_t K) {
    return (K + a->how->per_unit - 1) / a->how->per_unit;
}

/* Rows x [rows,S] of a block as one panel over time. */
ALWAYS void pack_over_time(const head *a, float *panel, const float *x, int64_t ld, int64_t rows) {
    a->how->pack(panel, x, 1, ld, a->S, rows);
}

/* Rows x [rows,S] as panels over the head. */
ALWAYS void pack_over_head(const head *a, float *panel, const float *x, int64_t ld, int64_t rows) {
    for (int64_t s = 0, width; s < a->S; s += width) {
        width = panel_width(a->S - s);
        a->how->pack(panel, x + s, ld, 1, rows, a->S - s < width ? a->S - s : width);
        panel += units(a, rows) * width;
    }
}

/* Keys u and on of what lies along, or across, the keys. */
ALWAYS operand from_key(const head *a, operand x, int64_t u, bool across) {
    x.at += across ? u / a->how->per_unit * x.ak : u * x.am;
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
    a->how->multiply(&tile, M, x.am, x.ak);
}

/* Scores out [n,width] of keys along x and a block's panel. Of keys from early on only the later vectors of queries see
 * any: the others are left as they are. */
ALWAYS void scores(const head *a, float *out, operand x, const float *panel, int64_t n, int64_t early,
                   int64_t width) {
    product(a, out, x, panel, early, a->S, width, 0, 0);
    if (n > early)
        product(a, out + early * width, from_key(a, x, early, false), panel, n - early, a->S, width, L, 0);
}

/* out [S,width] (+)= x [S,n] across keys, against what the queries make of them, p [n,width]. */
ALWAYS void combine(const head *a, operand x, const float *p, int64_t n, int64_t early, int64_t width, int add) {
    const float *panel = a->how->laid(a->room, p, n, width);
    if (early) product(a, a->out, x, panel, a->S, early, width, 0, add);
    if (n > early)
        product(a, a->out, from_key(a, x, early, true), panel + units(a, early) * width, a->S, n - early, width, L,
                early || add);
}

/* out [M,wide] += x [M,rows] against a block's panels over the head, without its first queries. */
ALWAYS void over_head(const head *a, float *out, operand x, const float *panels, int64_t M, int64_t rows,
                      int64_t first) {
    x.at += units(a, first) * x.ak;
    for (int64_t s = 0, width; s < a->S; s += width) {
        width = panel_width(a->S - s);
        const tile_args tile = { .c = out + s,
                                 .a = x.at,
                                 .panel = panels + units(a, first) * width,
                                 .ldc = a->wide,
                                 .K = units(a, rows - first),
                                 .columns = width,
                                 .add = 1 };
        a->how->multiply(&tile, M, x.am, x.ak);
        panels += units(a, rows) * width;
    }
}

/* out [n,wide] += p [n,rows] of keys by the queries' rows over the head. */
ALWAYS void gather(const head *a, float *out, const float *p, const float *panels, int64_t n, int64_t early,
                   int64_t rows, int64_t width) {
    const operand x = a->how->along(a->room, p, width, n, rows);
    over_head(a, out, x, panels, early, rows, 0);
    if (n > early) over_head(a, out + early * a->wide, from_key(a, x, early, false), panels, n - early, rows, L);
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

ALWAYS void deliver(const head *a, float *to, int64_t ld, const float *x, int64_t M) {
    for (int64_t r = 0; r < M; r++)
        for (int64_t s = 0; s < a->S; s += L) vstore_some(to + r * ld + s, a->S - s, vload(x + r * a->wide + s));
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
        const operand k = how->along(a.left[0], a.k, a.stride, T, S),
                      v = how->across(a.turned, a.v, a.stride, S, T);
        for (int64_t t = 0; t < T; t += BLOCK) {
            const int64_t rows = T - t < BLOCK ? T - t : BLOCK, keys = t + rows, width = panel_width(rows),
                          early = early_of(t, 0, keys);
            vf norm[BLOCK_VECTORS];
            if (bh + 1 < to) ask(&a, qkv, 3, bh + 1, t, rows);
            pack_over_time(&a, a.over_time[0], a.q + t * a.stride, a.stride, rows);
            scores(&a, a.p, k, a.over_time[0], keys, early, width);
            softmax(&a, lse + bh * T + t, norm, t, rows, width, scale);
            combine(&a, v, a.p, keys, early, width, 0);
            deliver_turned(&a, o + (b * T + t) * H * S + h * S, a.ld_out, rows, width, norm);
        }
    }
}

/* Of n keys from u on: p becomes the probabilities, dp their gradient times p: ds = scale p (dp - do . o); both zero
 * for queries before the key, where combine and gather look. */
ALWAYS void softmax_bwd(const head *a, const vf *lse, const vf *inner, int64_t t, int64_t u, int64_t n,
                        int64_t width, float scale) {
    for (int64_t v = 0; v * L < width; v++)
        for (int64_t i = 0; i < n && u + i < t + (v + 1) * L; i++) {
            float *p = a->p + i * width + v * L, *dp = a->dp + i * width + v * L;
            vf e = vexp(vload(p) * scale - lse[v]), ds = e * (vload(dp) - inner[v]) * scale;
            const int64_t first = u + i - t - v * L;
            if (first > 0) e = seen(e, first, 0), ds = seen(ds, first, 0);
            vstore(p, e);
            vstore(dp, ds);
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
        const operand k = how->along(a.left[0], a.k, a.stride, T, S),
                      v = how->along(a.left[1], a.v, a.stride, T, S),
                      turned = how->across(a.turned, a.k, a.stride, S, T);
        memset(a.dk, 0, (size_t)(2 * T * a.wide) * sizeof *a.dk);
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
            pack_over_head(&a, a.over_head[0], q, a.stride, rows);
            pack_over_head(&a, a.over_head[1], g, a.ld_out, rows);
            for (int64_t u = 0; u < keys; u += STRIP) {
                const int64_t n = keys - u < STRIP ? keys - u : STRIP, early = early_of(t, u, n);
                scores(&a, a.p, from_key(&a, k, u, false), a.over_time[0], n, early, width);
                scores(&a, a.dp, from_key(&a, v, u, false), a.over_time[1], n, early, width);
                softmax_bwd(&a, sum, inner, t, u, n, width, scale);
                gather(&a, a.dv + u * a.wide, a.p, a.over_head[1], n, early, rows, width);
                gather(&a, a.dk + u * a.wide, a.dp, a.over_head[0], n, early, rows, width);
                combine(&a, from_key(&a, turned, u, true), a.dp, n, early, width, u > 0);
            }
            deliver_turned(&a, dqkv + (q - qkv), a.stride, rows, width, one);
        }
        deliver(&a, dqkv + (a.k - qkv), a.stride, a.dk, T);
        deliver(&a, dqkv + (a.v - qkv), a.stride, a.dv, T);
    }
}

#endif
