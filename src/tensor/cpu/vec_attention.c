/* Causal attention in blocks of query rows: scores, softmax and weighted values of one block lie in scratch that
 * stays in the cache; the T x T matrix never exists. The backward pass recomputes the block's probabilities from
 * the saved log-sum (Dao et al. 2022). */
#include "tensor/cpu/cpu.h"
#include "tensor/cpu/tile.h"

enum { ROWS = 24 }; /* of a block of queries: whole tiles; LL_ATTENTION_WORK knows it */

/* One head of one sequence. Rows of q, k, v lie stride apart, those of o and do H * S. */
typedef struct head {
    const float *q, *k, *v;
    int64_t stride, ld_out, T, S, padded; /* padded: T rounded up to whole panels */
    float scale;
    float *panel[4]; /* packed right-hand sides, each [padded + PANEL][S + PANEL] at most */
    float *p, *dp;   /* [ROWS][padded] */
} head;

static head head_at(const float *qkv, int64_t b, int64_t h, int64_t T, int64_t H, int64_t S, float scale,
                    float *work) {
    const float *q = qkv + b * T * 3 * H * S + h * S;
    int64_t padded = (T + PANEL - 1) / PANEL * PANEL, each = padded * ((S + L - 1) / L * L + L);
    head a = { .q = q,
               .k = q + H * S,
               .v = q + 2 * H * S,
               .stride = 3 * H * S,
               .ld_out = H * S,
               .T = T,
               .S = S,
               .padded = padded,
               .scale = scale };
    for (int i = 0; i < 4; i++) a.panel[i] = work + i * each;
    a.p = work + 4 * each;
    a.dp = a.p + ROWS * padded;
    return a;
}

/* Rows x [T,S] as right-hand side over time: columns are rows of x, depth S. A panel of PANEL columns each. */
static void pack_over_time(const head *a, float *panel, const float *x) {
    for (int64_t u = 0; u < a->T; u += PANEL) {
        int64_t columns = a->T - u < PANEL ? a->T - u : PANEL;
        pack_panel(panel + u * a->S, x + u * a->stride, 1, a->stride, a->S, columns);
    }
}

static int64_t panel_width(int64_t columns) {
    return columns <= L ? L : PANEL;
}

/* Rows x [K,S] as right-hand side over the head: columns are S, depth the rows. */
static void pack_over_head(float *panel, const float *x, int64_t stride, int64_t K, int64_t S) {
    for (int64_t s = 0; s < S; s += PANEL) {
        int64_t columns = S - s < PANEL ? S - s : PANEL;
        pack_panel(panel, x + s, stride, 1, K, columns);
        panel += K * panel_width(columns);
    }
}

/* out [rows, keys] = x [rows,S] against a panel set over time. */
static void scores(const head *a, float *out, const float *x, int64_t ldx, const float *panels, int64_t rows,
                   int64_t keys) {
    for (int64_t u = 0; u < keys; u += PANEL) {
        int64_t columns = a->T - u < PANEL ? a->T - u : PANEL;
        tile_args t = { .c = out + u,
                        .a = x,
                        .panel = panels + u * a->S,
                        .ldc = a->padded,
                        .am = ldx,
                        .ak = 1,
                        .K = a->S,
                        .columns = columns };
        tile_rows(&t, rows);
    }
}

/* out [M,S] (+)= x [M,K] (strides am, ak) against a panel set over the head that was packed packed deep. */
static void combine(float *out, int64_t ldc, const float *x, int64_t am, int64_t ak, const float *panels,
                    int64_t packed, int64_t M, int64_t K, int64_t S, int add) {
    for (int64_t s = 0; s < S; s += PANEL) {
        int64_t columns = S - s < PANEL ? S - s : PANEL;
        tile_args t = { .c = out + s,
                        .a = x,
                        .panel = panels,
                        .ldc = ldc,
                        .am = am,
                        .ak = ak,
                        .K = K,
                        .columns = columns,
                        .add = add };
        tile_rows(&t, M);
        panels += packed * panel_width(columns);
    }
}

/* One row of scores, keys 0 .. n-1, becomes exp(scale x - top); what lies behind is zero up to padded. Returns the
 * sum. */
static float softmax_row(float *x, int64_t n, int64_t padded, float scale, float *top) {
    vf most = vsplat(-INFINITY), sum = vsplat(0);
    int64_t end = (n + L - 1) / L * L;
    for (int64_t u = n; u < end; u++) x[u] = -INFINITY;
    for (int64_t u = 0; u < end; u += L) most = vmax(most, vload(x + u));
    *top = vtop(most) * scale;
    for (int64_t u = 0; u < end; u += L) {
        vf e = vexp(vload(x + u) * scale - *top);
        vstore(x + u, e);
        sum += e;
    }
    for (int64_t u = n; u < padded; u++) x[u] = 0;
    return vsum(sum); /* at least 1: what exp(-inf) gives is lost in it */
}

static void attention_fwd(ll_real *o, ll_real *lse, const ll_real *qkv, int64_t B, int64_t T, int64_t H, int64_t S,
                          ll_real scale, ll_real *work) {
    for (int64_t bh = 0; bh < B * H; bh++) {
        int64_t b = bh / H, h = bh % H;
        head a = head_at(qkv, b, h, T, H, S, scale, work);
        pack_over_time(&a, a.panel[0], a.k);
        pack_over_head(a.panel[1], a.v, a.stride, T, S);
        for (int64_t t = 0; t < T; t += ROWS) {
            int64_t rows = T - t < ROWS ? T - t : ROWS, keys = t + rows;
            int64_t width = (keys + PANEL - 1) / PANEL * PANEL;
            float sum[ROWS];
            scores(&a, a.p, a.q + t * a.stride, a.stride, a.panel[0], rows, keys);
            for (int64_t r = 0; r < rows; r++) {
                float top;
                sum[r] = softmax_row(a.p + r * a.padded, t + r + 1, width, scale, &top);
                lse[bh * T + t + r] = top + logf(sum[r]);
            }
            float *out = o + (b * T + t) * H * S + h * S;
            combine(out, a.ld_out, a.p, a.padded, 1, a.panel[1], T, rows, keys, S, 0);
            for (int64_t r = 0; r < rows; r++)
                for (int64_t s = 0; s < S; s++) out[r * a.ld_out + s] *= 1 / sum[r];
        }
    }
}

/* p becomes the probabilities, dp their gradient times p: ds = scale p (dp - do . o). */
static void softmax_bwd_row(float *p, float *dp, int64_t n, int64_t padded, float scale, float lse, float inner) {
    int64_t end = (n + L - 1) / L * L;
    for (int64_t u = 0; u < end; u += L) {
        vf e = vexp(vload(p + u) * scale - lse);
        vstore(p + u, e);
        vstore(dp + u, e * (vload(dp + u) - inner) * scale);
    }
    for (int64_t u = n; u < padded; u++) p[u] = dp[u] = 0;
}

static float inner_product(const float *x, const float *y, int64_t n) {
    float sum = 0;
    int64_t i = 0;
    vf part = vsplat(0);
    for (; i + L <= n; i += L) part += vload(x + i) * vload(y + i);
    for (; i < n; i++) sum += x[i] * y[i];
    return sum + vsum(part);
}

static void attention_bwd(ll_real *dqkv, const ll_real *do_, const ll_real *qkv, const ll_real *o,
                          const ll_real *lse, int64_t B, int64_t T, int64_t H, int64_t S, ll_real scale,
                          ll_real *work) {
    memset(dqkv, 0, (size_t)(B * T * 3 * H * S) * sizeof *dqkv);
    for (int64_t bh = 0; bh < B * H; bh++) {
        int64_t b = bh / H, h = bh % H;
        head a = head_at(qkv, b, h, T, H, S, scale, work);
        float *dq = dqkv + (a.q - qkv), *dk = dqkv + (a.k - qkv), *dv = dqkv + (a.v - qkv);
        pack_over_time(&a, a.panel[0], a.k);
        pack_over_time(&a, a.panel[1], a.v);
        pack_over_head(a.panel[2], a.k, a.stride, T, S);
        for (int64_t t = 0; t < T; t += ROWS) {
            int64_t rows = T - t < ROWS ? T - t : ROWS, keys = t + rows, at = (b * T + t) * H * S + h * S;
            int64_t width = (keys + PANEL - 1) / PANEL * PANEL;
            const float *q = a.q + t * a.stride, *g = do_ + at;
            scores(&a, a.p, q, a.stride, a.panel[0], rows, keys);
            scores(&a, a.dp, g, a.ld_out, a.panel[1], rows, keys);
            for (int64_t r = 0; r < rows; r++) {
                float inner = inner_product(g + r * a.ld_out, o + at + r * a.ld_out, S);
                softmax_bwd_row(a.p + r * a.padded, a.dp + r * a.padded, t + r + 1, width, scale,
                                lse[bh * T + t + r], inner);
            }
            combine(dq + t * a.stride, a.stride, a.dp, a.padded, 1, a.panel[2], T, rows, keys, S, 0);
            pack_over_head(a.panel[3], q, a.stride, rows, S);
            combine(dk, a.stride, a.dp, 1, a.padded, a.panel[3], rows, keys, rows, S, 1);
            pack_over_head(a.panel[3], g, a.ld_out, rows, S);
            combine(dv, a.stride, a.p, 1, a.padded, a.panel[3], rows, keys, rows, S, 1);
        }
    }
}

void LL_VEC(_bind_attention)(ll_kernels *k) {
    k->attention_fwd = attention_fwd;
    k->attention_bwd = attention_bwd;
}
