#include "tensor/ref/ref.h"

#include <math.h>

/* One head of one sequence: rows t of q, k, v lie stride apart. */
typedef struct head {
    const ll_real *q, *k, *v;
    int64_t stride;
} head;

static head head_at(const ll_real *qkv, int64_t b, int64_t h, int64_t T, int64_t H, int64_t S) {
    const ll_real *q = qkv + b * T * 3 * H * S + h * S;
    return (head) { .q = q, .k = q + H * S, .v = q + 2 * H * S, .stride = 3 * H * S };
}

static double dot(const ll_real *a, const ll_real *b, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)a[i] * b[i];
    return sum;
}

static void ll_ref_attention_fwd(ll_real *o, ll_real *lse, const ll_real *qkv, int64_t B, int64_t T, int64_t H,
                                 int64_t S, ll_real scale, ll_real *work, int64_t from, int64_t to) {
    (void)B;
    for (int64_t bh = from; bh < to; bh++) {
        int64_t b = bh / H, h = bh % H;
        head a = head_at(qkv, b, h, T, H, S);
        for (int64_t t = 0; t < T; t++) {
            double top = -INFINITY, sum = 0;
            for (int64_t u = 0; u <= t; u++) {
                double s = scale * dot(a.q + t * a.stride, a.k + u * a.stride, S);
                work[u] = (ll_real)s;
                if (s > top) top = s;
            }
            for (int64_t u = 0; u <= t; u++) sum += exp(work[u] - top);
            double log_sum = top + log(sum);
            lse[bh * T + t] = (ll_real)log_sum;
            for (int64_t s = 0; s < S; s++) {
                double y = 0;
                for (int64_t u = 0; u <= t; u++) y += exp(work[u] - log_sum) * a.v[u * a.stride + s];
                o[((b * T + t) * H + h) * S + s] = (ll_real)y;
            }
        }
    }
}

static void ll_ref_attention_step(ll_real *o, const ll_real *q, const ll_kept_part *parts, int n, int64_t H,
                                  int64_t S, ll_real scale, ll_real *work) {
    for (int64_t h = 0; h < H; h++, q += S, o += S) {
        double top = -INFINITY, sum = 0;
        ll_real *score = work;
        for (int p = 0; p < n; p++)
            for (int64_t u = 0; u < parts[p].n; u++) {
                const double s = scale * dot(q, parts[p].keys + (u * H + h) * S, S);
                *score++ = (ll_real)s;
                if (s > top) top = s;
            }
        for (const ll_real *at = work; at < score; at++) sum += exp(*at - top);
        for (int64_t s = 0; s < S; s++) {
            const ll_real *at = work;
            double y = 0;
            for (int p = 0; p < n; p++)
                for (int64_t u = 0; u < parts[p].n; u++)
                    y += exp(*at++ - top) / sum * parts[p].values[(u * H + h) * S + s];
            o[s] = (ll_real)y;
        }
    }
}

/* With p = softmax row and dp = do v^T: ds = p (dp - sum(p dp)), and sum(p dp) = do . o (Dao et al. 2022). */
static void ll_ref_attention_bwd(ll_real *dqkv, const ll_real *do_, const ll_real *qkv, const ll_real *o,
                                 const ll_real *lse, int64_t B, int64_t T, int64_t H, int64_t S, ll_real scale,
                                 ll_real *work, int64_t from, int64_t to) {
    (void)B, (void)work;
    for (int64_t bh = from; bh < to; bh++) {
        int64_t b = bh / H, h = bh % H;
        head a = head_at(qkv, b, h, T, H, S);
        ll_real *dq = dqkv + (a.q - qkv), *dk = dqkv + (a.k - qkv), *dv = dqkv + (a.v - qkv);
        for (int64_t t = 0; t < T; t++)
            for (int64_t s = t * a.stride; s < t * a.stride + S; s++) dq[s] = dk[s] = dv[s] = 0;
        for (int64_t t = 0; t < T; t++) {
            const ll_real *g = do_ + ((b * T + t) * H + h) * S, *out = o + ((b * T + t) * H + h) * S;
            double inner = dot(g, out, S);
            for (int64_t u = 0; u <= t; u++) {
                double p = exp(scale * dot(a.q + t * a.stride, a.k + u * a.stride, S) - lse[bh * T + t]);
                double ds = p * (dot(g, a.v + u * a.stride, S) - inner) * scale;
                for (int64_t s = 0; s < S; s++) {
                    dq[t * a.stride + s] += (ll_real)(ds * a.k[u * a.stride + s]);
                    dk[u * a.stride + s] += (ll_real)(ds * a.q[t * a.stride + s]);
                    dv[u * a.stride + s] += (ll_real)(p * g[s]);
                }
            }
        }
    }
}

void ll_ref_bind_attention(ll_kernels *k) {
    k->attention_fwd = ll_ref_attention_fwd;
    k->attention_bwd = ll_ref_attention_bwd;
    k->attention_step = ll_ref_attention_step;
}
