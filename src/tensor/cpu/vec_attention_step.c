/* Attention of one query: a pass over the keys, a softmax, a pass over the values. Every score is summed in the same
 * order wherever its key lies, so that how the kept tokens are split changes nothing. */
#include "tensor/cpu/cpu.h"
#include "tensor/cpu/vec.h"

/* score [n] = q k^T, L keys at a time; up to L floats behind the n are written. */
ALWAYS void scores_of(float *score, const float *q, const float *keys, int64_t n, int64_t S) {
    for (int64_t t = 0; t < n; t += L) {
        vf part[L];
#pragma GCC unroll 16
        for (int64_t i = 0; i < L; i++) {
            const float *k = keys + (t + i < n ? t + i : t) * S;
            vf sum = vsplat(0);
            for (int64_t s = 0; s < S; s += L) sum += vload_some(q + s, S - s, 0) * vload_some(k + s, S - s, 0);
            part[i] = sum;
        }
        vstore(score + t, vsums(part));
    }
}

/* In place, scaled first. */
ALWAYS void softmax(float *x, int64_t n, float scale) {
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

/* o += p [n] values [n,S], of columns vectors from s on, which a constant at the call keeps in registers. */
ALWAYS void weigh(float *o, const float *p, const float *values, int64_t n, int64_t S, int64_t s,
                  const int columns) {
    vf sum[4];
#pragma GCC unroll 4
    for (int i = 0; i < columns; i++) sum[i] = vload_some(o + s + i * L, S - s - i * L, 0);
    for (int64_t t = 0; t < n; t++, values += S) {
        const vf w = vsplat(p[t]);
#pragma GCC unroll 4
        for (int i = 0; i < columns; i++) sum[i] += w * vload_some(values + s + i * L, S - s - i * L, 0);
    }
#pragma GCC unroll 4
    for (int i = 0; i < columns; i++) vstore_some(o + s + i * L, S - s - i * L, sum[i]);
}

static void attention_step(ll_real *o, const ll_real *q, const ll_kept_part *parts, int n, int64_t H, int64_t S,
                           ll_real scale, ll_real *work) {
    for (int64_t h = 0; h < H; h++, q += S, o += S) {
        int64_t all = 0;
        for (int p = 0; p < n; all += parts[p++].n)
            scores_of(work + all, q, parts[p].keys + h * parts[p].room * S, parts[p].n, S);
        softmax(work, all, scale);
        for (int64_t s = 0; s < S; s++) o[s] = 0;
        const float *weight = work;
        for (int p = 0; p < n; weight += parts[p++].n) {
            const float *values = parts[p].values + h * parts[p].room * S;
            int64_t s = 0;
            for (; s + 4 * L <= S; s += 4 * L) weigh(o, weight, values, parts[p].n, S, s, 4);
            for (; s < S; s += L) weigh(o, weight, values, parts[p].n, S, s, 1);
        }
    }
}

void LL_VEC(_bind_attention_step)(ll_kernels *k) {
    k->attention_step = attention_step;
}
