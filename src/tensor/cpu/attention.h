/* Causal attention in blocks of queries, whatever the numbers its products multiply. A block is one panel and lies
 * along the lanes: its scores [keys, queries] are what a softmax down the lanes takes, and are the panel of the next
 * product as they are. The T x T matrix never exists. The backward pass recomputes the probabilities of a strip of keys
 * from the saved log-sum (Dao et al. 2022).
 */
#ifndef LL_TENSOR_CPU_ATTENTION_H
#define LL_TENSOR_CPU_ATTENTION_H

#include "tensor/cpu/tile.h"

enum {
    BLOCK = PANEL, /* queries */
    BLOCK_VECTORS = PANEL_VECTORS,
    STRIP = 64, /* keys of a strip: whole blocks of queries */
    CHAINS = 4  /* of sums side by side: the next does not wait for the last */
};

/* The left-hand side of a product: element (m, unit k) lies at at[m * am + k * ak]. */
typedef struct operand {
    const float *at;
    int64_t am, ak;
} operand;

typedef struct products {
    int64_t per_unit; /* steps of the depth in a unit */
    /* tile_rows, and that of a left-hand side of rows of 2 BLOCK units which are taken in pairs. */
    void (*multiply)(const tile_args *t, int64_t M, int64_t am, int64_t ak);
    void (*multiply_pairs)(const tile_args *t, int64_t M);
    /* As pack_panel. */
    void (*pack)(float *panel, const float *b, int64_t bk, int64_t bn, int64_t K, int64_t columns);
    /* Rows x [K, width], as wide as a panel, as a panel; room for as many. */
    const float *(*laid)(float *room, const float *x, int64_t K, int64_t width);
    /* M rows of depth K, element (m, k) at x[m * ld + k], and at x[k * ld + m]; room: M (K / 2 + 32), and K times M in
     * whole vectors. */
    operand (*along)(float *room, const float *x, int64_t ld, int64_t M, int64_t K);
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
    float *over_head;        /* rows of do and of q in turns: columns are 2 S, depth the queries */
    float *out;              /* [S, queries] */
    float *left[2], *turned; /* room of left-hand sides along and across the keys */
    float *p, *dp;           /* [keys, queries]; of a strip where both are there */
    float *room;             /* of one as an operand, and of a block's rows */
    float *pairs;            /* [keys, 2 BLOCK]: units of the two in turns */
    float *dvk;              /* [T, wide]: dv and dk in turns, sums over the head */
} head;

ALWAYS head head_at(const products *how, const float *qkv, int64_t b, int64_t h, int64_t T, int64_t H, int64_t S,
                    float *work) {
    const float *q = qkv + b * T * 3 * H * S + h * S;
    const int64_t wide = (2 * S + L - 1) / L * L, strips = (T > 2 * STRIP ? T : 2 * STRIP) + CHAINS;
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
    a.pairs = a.room + strips * BLOCK / 2 + 2 * BLOCK * (S + L);
    a.dvk = a.pairs + 2 * STRIP * BLOCK;
    a.left[0] = a.dvk + T * wide;
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

/* Of n keys from u on, those that vector v of the queries t and on sees and no vector before it begin here, and end
 * where those of vector v + 1 begin. */
ALWAYS int64_t first_of(int64_t t, int64_t u, int64_t n, int64_t v) {
    const int64_t first = v ? t + v * L - u : 0;
    return first < 0 ? 0 : first < n ? first : n;
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

/* Scores out [n,width] of keys u and on, of all those along x, and the panel of queries t and on. Queries that come
 * before a key by a vector or more are left as they are. */
ALWAYS void scores(const head *a, float *out, operand x, const float *panel, int64_t t, int64_t u, int64_t n,
                   int64_t width) {
    for (int64_t v = 0; v * L < width; v++) {
        const int64_t first = first_of(t, u, n, v), end = first_of(t, u, n, v + 1);
        const operand keys = { x.at + (u + first) * x.am, x.am, x.ak };
        if (first < end) product(a, out + first * width, keys, panel, end - first, a->S, width, v * L, 0);
    }
}

/* out [S,width] (+)= x [S,n] across keys u and on, against what queries t and on make of them, p [n,width]. */
ALWAYS void combine(const head *a, operand x, const float *p, int64_t t, int64_t u, int64_t n, int64_t width,
                    int add) {
    const float *panel = a->how->laid(a->room, p, n, width);
    for (int64_t v = 0; v * L < width; v++) {
        const int64_t first = first_of(t, u, n, v), end = first_of(t, u, n, v + 1);
        const operand keys = { x.at + units(a, u + first) * x.ak, x.am, x.ak };
        if (first < end)
            product(a, a->out, keys, panel + units(a, first) * width, a->S, end - first, width, v * L, v || add);
    }
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

/* dvk of n keys u and on += the probabilities of queries t and on by rows of do, and their gradients by rows of q: as
 * one product, whose every step takes a pair of the two. It fills vectors where S is half of one, and one load
 * broadcasts to the columns of both. */
ALWAYS void gather(const head *a, int64_t t, int64_t u, int64_t n, int64_t rows) {
    for (int64_t v = 0; v * L < rows; v++) {
        const int64_t first = first_of(t, u, n, v), end = first_of(t, u, n, v + 1);
        if (first < end)
            over_head(a, a->dvk + (u + first) * a->wide, a->pairs + first * 2 * BLOCK, end - first, rows, v * L);
    }
}

/* out [S,width] of a block's queries to rows of theirs, query r times by[r]. What lies behind out ends in lanes that
 * are not stored. */
ALWAYS void deliver_turned(const head *a, float *to, int64_t ld, int64_t rows, int64_t width, const vf *by) {
    for (int64_t v = 0; v * L < rows; v++)
        for (int64_t s = 0; s < a->S; s += L) {
            vf m[LL_LANES];
            for (int i = 0; i < L; i++) m[i] = vload(a->out + (s + i) * width + v * L) * by[v];
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

/* Scores p [keys,width] of queries t and on become exp(scale (x - top)) of each query, zero behind its own key where
 * combine looks; norm is one by their sum, lse the log of the sum of exponentials. */
ALWAYS void softmax(const head *a, float *lse, vf *norm, int64_t t, int64_t rows, int64_t width, float scale) {
    for (int64_t v = 0; v * L < width; v++) {
        const int64_t last = t + (v + 1) * L, keys = last < t + rows ? last : t + rows, /* that any lane sees */
            all = t + v * L;                                                            /* and every one */
        float *at = a->p + v * L;
        vf most[CHAINS], part[CHAINS];
        for (int i = 0; i < CHAINS; i++) most[i] = vsplat(-INFINITY), part[i] = vsplat(0);
        for (int64_t u = 0; u < keys; u += CHAINS)
            for (int i = 0; i < CHAINS; i++) {
                const vf x = vload(at + (u + i) * width);
                most[i] = vmax(most[i], u < all ? x : seen(x, u + i - t - v * L, -INFINITY));
            }
        const vf top = vmax(vmax(most[0], most[1]), vmax(most[2], most[3])), less = top * (scale * LL_LOG2_E);
        for (int64_t u = 0; u < keys; u += CHAINS)
            for (int i = 0; i < CHAINS; i++) {
                const vf x = vexp2(vload(at + (u + i) * width) * (scale * LL_LOG2_E) - less),
                         e = u < all ? x : seen(x, u + i - t - v * L, 0);
                vstore(at + (u + i) * width, e);
                part[i] += e;
            }
        const vf sum = (part[0] + part[1]) + (part[2] + part[3]); /* of the largest 1 */
        norm[v] = 1 / sum;
        vstore_some(lse + v * L, rows - v * L, top * scale + vlog(sum));
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
            const int64_t rows = T - t < BLOCK ? T - t : BLOCK, keys = t + rows, width = panel_width(rows);
            vf norm[BLOCK_VECTORS];
            if (bh + 1 < to) ask(&a, qkv, 3, bh + 1, t, rows);
            pack_over_time(&a, a.over_time[0], a.q + t * a.stride, a.stride, rows);
            scores(&a, a.p, k, a.over_time[0], t, 0, keys, width);
            softmax(&a, lse + bh * T + t, norm, t, rows, width, scale);
            combine(&a, v, a.p, t, 0, keys, width, 0);
            deliver_turned(&a, o + (b * T + t) * H * S + h * S, a.ld_out, rows, width, norm);
        }
    }
}

/* Of n keys from u on: dp becomes the scores' gradient ds = p (scale dp - inner), pairs are p and ds; both zero for
 * queries before the key, where combine and gather look. bits: the log of the sum of exponentials to base 2; inner:
 * scale do . o. */
ALWAYS void softmax_bwd(const head *a, const vf *bits, const vf *inner, int64_t t, int64_t u, int64_t n,
                        int64_t width, float scale) {
    for (int64_t v = 0; v * L < width; v++)
        for (int64_t i = 0; i < n && u + i < t + (v + 1) * L; i++) {
            const float *p = a->p + i * width + v * L;
            float *dp = a->dp + i * width + v * L;
            vf e = vexp2(vload(p) * (scale * LL_LOG2_E) - bits[v]), ds = e * (vload(dp) * scale - inner[v]);
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
    vf one[BLOCK_VECTORS];
    for (int i = 0; i < BLOCK_VECTORS; i++) one[i] = vsplat(1);
    for (int64_t bh = from; bh < to; bh++) {
        const int64_t b = bh / H, h = bh % H;
        const head a = head_at(how, qkv, b, h, T, H, S, work);
        const operand k = how->along(a.left[0], a.k, a.stride, T, S),
                      v = how->along(a.left[1], a.v, a.stride, T, S),
                      turned = how->across(a.turned, a.k, a.stride, S, T);
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
                    inner_products(g + i * L * a.ld_out, o + at + i * L * a.ld_out, a.ld_out, rows - i * L, S) *
                    scale;
                sum[i] = vload_some(lse + bh * T + t + i * L, rows - i * L, 0) * LL_LOG2_E;
            }
            pack_over_time(&a, a.over_time[0], q, a.stride, rows);
            pack_over_time(&a, a.over_time[1], g, a.ld_out, rows);
            pack_over_head(&a, g, q, rows);
            for (int64_t u = 0; u < keys; u += STRIP) {
                const int64_t n = keys - u < STRIP ? keys - u : STRIP;
                scores(&a, a.p, k, a.over_time[0], t, u, n, width);
                scores(&a, a.dp, v, a.over_time[1], t, u, n, width);
                softmax_bwd(&a, sum, inner, t, u, n, width, scale);
                gather(&a, t, u, n, rows);
                combine(&a, turned, a.dp, t, u, n, width, u > 0);
            }
            deliver_turned(&a, dqkv + (q - qkv), a.stride, rows, width, one);
        }
        deliver(&a, dqkv + (a.k - qkv), dqkv + (a.v - qkv));
    }
}

#endif
