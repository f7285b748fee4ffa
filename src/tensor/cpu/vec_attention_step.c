/* Attention of one query: a pass over the keys, a softmax, a pass over the values, each of which comes from memory in
 * order and once, for all heads together. Every score and every column is summed in the same order wherever its key
 * lies, so that how the kept tokens are split changes nothing. */
#include "tensor/cpu/cpu.h"
#include "tensor/cpu/vec.h"

enum {
    BLOCK = 16,   /* values that go together */
    LINE = 16 / L /* vectors of a line of the cache: what comes next is asked for early */
};

/* The first n (at most L) scores of a head, keys C apart; nv x L is S where nv, a constant at the call, is not 0. */
ALWAYS vf scores_of(const float *q, const float *keys, int64_t n, int64_t C, int64_t S, const int nv) {
    vf part[L];
#pragma GCC unroll 16
    for (int64_t i = 0; i < L; i++) {
        const float *k = keys + (i < n ? i : 0) * C;
        vf sum = vsplat(0);
#pragma GCC unroll 8
        for (int s = 0; s < nv; s += LINE) __builtin_prefetch(keys + (i + L) * C + s * L);
#pragma GCC unroll 8
        for (int s = 0; s < nv; s++) sum += vload(q + s * L) * vload(k + s * L);
        for (int64_t s = 0; !nv && s < S; s += L) sum += vload_some(q + s, S - s, 0) * vload_some(k + s, S - s, 0);
        part[i] = sum;
    }
    return vsums(part);
}

/* o [S] += p [n] values, C apart. */
ALWAYS void weigh(float *o, const float *p, const float *values, int64_t n, int64_t C, int64_t S, const int nv) {
    vf sum[8];
#pragma GCC unroll 8
    for (int s = 0; s < nv; s++) sum[s] = vload(o + s * L);
    for (int64_t t = 0; nv && t < n; t++) {
#pragma GCC unroll 8
        for (int s = 0; s < nv; s += LINE) __builtin_prefetch(values + (t + BLOCK) * C + s * L);
#pragma GCC unroll 8
        for (int s = 0; s < nv; s++) sum[s] += vsplat(p[t]) * vload(values + t * C + s * L);
    }
#pragma GCC unroll 8
    for (int s = 0; s < nv; s++) vstore(o + s * L, sum[s]);
    for (int64_t s = 0; !nv && s < S; s += L) {
        vf rest = vload_some(o + s, S - s, 0);
        for (int64_t t = 0; t < n; t++) rest += vsplat(p[t]) * vload_some(values + t * C + s, S - s, 0);
        vstore_some(o + s, S - s, rest);
    }
}

/* In place, scaled first. */
static void softmax(float *x, int64_t n, float scale) {
    vf most = vsplat(-INFINITY), sums = vsplat(0);
    for (int64_t i = 0; i < n; i += L) most = vmax(most, vload_some(x + i, n - i, -INFINITY));
    const float top = vtop(most);
    for (int64_t i = 0; i < n; i += L) {
        const vf e = vexp((vload_some(x + i, n - i, top) - top) * scale);
        vstore_some(x + i, n - i, e);
        sums += vload_some(x + i, n - i, 0);
    }
    const float inverse = 1.0f / vsum(sums);
    for (int64_t i = 0; i < n; i += L) vstore_some(x + i, n - i, vload_some(x + i, n - i, 0) * inverse);
}

ALWAYS void attend_all(float *o, const float *q, const ll_kept_part *parts, int n, int64_t H, int64_t S,
                       float scale, float *work, const int nv) {
    const int64_t C = H * S;
    int64_t all = 0, at = 0;
    for (int p = 0; p < n; p++) all += parts[p].n;
    const int64_t row = (all + L) / L * L + L; /* a last vector of scores may begin anywhere */
    for (int p = 0; p < n; at += parts[p++].n)
        for (int64_t t = 0; t < parts[p].n; t += L)
            for (int64_t h = 0; h < H; h++)
                vstore(work + h * row + at + t,
                       scores_of(q + h * S, parts[p].keys + t * C + h * S, parts[p].n - t, C, S, nv));
    for (int64_t h = 0; h < H; h++) softmax(work + h * row, all, scale);
    for (int64_t s = 0; s < C; s++) o[s] = 0;
    at = 0;
    for (int p = 0; p < n; at += parts[p++].n)
        for (int64_t t = 0; t < parts[p].n; t += BLOCK)
            for (int64_t h = 0; h < H; h++)
                weigh(o + h * S, work + h * row + at + t, parts[p].values + t * C + h * S,
                      parts[p].n - t < BLOCK ? parts[p].n - t : BLOCK, C, S, nv);
}

static void attention_step(ll_real *o, const ll_real *q, const ll_kept_part *parts, int n, int64_t H, int64_t S,
                           ll_real scale, ll_real *work) {
    if (S == L) attend_all(o, q, parts, n, H, S, scale, work, 1);
    else if (S == 2 * L) attend_all(o, q, parts, n, H, S, scale, work, 2);
    else if (S == 4 * L) attend_all(o, q, parts, n, H, S, scale, work, 4);
    else if (S == 8 * L) attend_all(o, q, parts, n, H, S, scale, work, 8);
    else attend_all(o, q, parts, n, H, S, scale, work, 0);
}

void LL_VEC(_bind_attention_step)(ll_kernels *k) {
    k->attention_step = attention_step;
}
