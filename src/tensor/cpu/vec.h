/* Portable vectors: the compiler's own vector types, LL_LANES floats wide. Each file of this folder that includes
 * this header is compiled once for every instruction set, with flags of its own; LL_VEC(name) keeps the copies
 * apart.
 *
 *     vf x = vload(p);
 *     vstore(q, vexp(x * 2.0f));
 */
#ifndef LL_TENSOR_CPU_VEC_H
#define LL_TENSOR_CPU_VEC_H

#include <math.h>
#include <stdbool.h>
#include <string.h>

#if defined __SSE2__
#include <immintrin.h>
#elif defined __ARM_NEON
#include <arm_neon.h>
#endif

#include "tensor/kernels.h"

#define LL_VEC_JOIN2(a, b, c) a##b##c
#define LL_VEC_JOIN(a, b, c) LL_VEC_JOIN2(a, b, c)
#define LL_VEC(name) LL_VEC_JOIN(ll_, LL_ISA, name)

#define ALWAYS \
    static inline __attribute__((always_inline)) /* what constants at the call make into something else */

enum { L = LL_LANES };
typedef float vf __attribute__((vector_size(4 * LL_LANES)));
typedef double vd __attribute__((vector_size(4 * LL_LANES)));
typedef int32_t vi __attribute__((vector_size(4 * LL_LANES)));

static inline vf vload(const float *p) {
    vf v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void vstore(float *p, vf v) {
    memcpy(p, &v, sizeof v);
}

static inline vf vsplat(float s) {
    vf v;
    for (int i = 0; i < L; i++) v[i] = s;
    return v;
}

#if defined __SSE2__ && LL_LANES == 16
#define LL_VEC_OP(op) _mm512_##op##_ps
#elif defined __SSE2__ && LL_LANES == 8
#define LL_VEC_OP(op) _mm256_##op##_ps
#elif defined __SSE2__
#define LL_VEC_OP(op) _mm_##op##_ps
#else
#define LL_VEC_OP(op) v##op##q_f32
#endif

/* What compilers do not reliably make one instruction of. */
static inline vf vmax(vf a, vf b) {
    return (vf)LL_VEC_OP(max)(a, b);
}

static inline vf vmin(vf a, vf b) {
    return (vf)LL_VEC_OP(min)(a, b);
}

static inline vf vsqrt(vf v) {
    return (vf)LL_VEC_OP(sqrt)(v);
}

/* The first n floats at p (all of them from L on, none below 1), the rest of the lanes fill; and their storing. */
#if LL_LANES == 16
static inline __mmask16 vfirst(int64_t n) {
    return (__mmask16)(n > 0 ? (1u << n) - 1 : 0);
}

static inline vf vload_some(const float *p, int64_t n, float fill) {
    if (n >= L) return vload(p);
    return (vf)_mm512_mask_loadu_ps((__m512)vsplat(fill), vfirst(n), p);
}

static inline void vstore_some(float *p, int64_t n, vf v) {
    if (n >= L) vstore(p, v);
    else _mm512_mask_storeu_ps(p, vfirst(n), (__m512)v);
}
#elif defined __AVX2__
static inline __m256i vfirst(int64_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

static inline vf vload_some(const float *p, int64_t n, float fill) {
    if (n >= L) return vload(p);
    const __m256i first = vfirst(n);
    return (vf)_mm256_blendv_ps((__m256)vsplat(fill), _mm256_maskload_ps(p, first), (__m256)first);
}

static inline void vstore_some(float *p, int64_t n, vf v) {
    if (n >= L) vstore(p, v);
    else _mm256_maskstore_ps(p, vfirst(n), (__m256)v);
}
#else
static inline vf vload_some(const float *p, int64_t n, float fill) {
    if (n >= L) return vload(p);
    vf v = vsplat(fill);
    for (int64_t i = 0; i < n; i++) v[i] = p[i];
    return v;
}

static inline void vstore_some(float *p, int64_t n, vf v) {
    if (n >= L) vstore(p, v);
    else
        for (int64_t i = 0; i < n; i++) p[i] = v[i];
}
#endif

/* Sum and largest of the lanes, in a fixed order. */
#if LL_LANES == 16
static inline float vsum(vf v) {
    return _mm512_reduce_add_ps((__m512)v);
}

static inline float vtop(vf v) {
    return _mm512_reduce_max_ps((__m512)v);
}
#else
static inline float vsum(vf v) {
    float lane[L];
    vstore(lane, v);
    for (int h = L / 2; h; h /= 2)
        for (int i = 0; i < h; i++) lane[i] += lane[i + h];
    return lane[0];
}

static inline float vtop(vf v) {
    float lane[L];
    vstore(lane, v);
    for (int h = L / 2; h; h /= 2)
        for (int i = 0; i < h; i++) lane[i] = lane[i] > lane[i + h] ? lane[i] : lane[i + h];
    return lane[0];
}
#endif

/* The lanes of a, then those of b, by their parity; and lanes of the two in turns, of first and of second halves. */
#if LL_LANES == 16
#define LL_EVEN 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define LL_ODD 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define LL_FIRST_HALVES 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define LL_SECOND_HALVES 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif LL_LANES == 8
#define LL_EVEN 0, 2, 4, 6, 8, 10, 12, 14
#define LL_ODD 1, 3, 5, 7, 9, 11, 13, 15
#define LL_FIRST_HALVES 0, 8, 1, 9, 2, 10, 3, 11
#define LL_SECOND_HALVES 4, 12, 5, 13, 6, 14, 7, 15
#else
#define LL_EVEN 0, 2, 4, 6
#define LL_ODD 1, 3, 5, 7
#define LL_FIRST_HALVES 0, 4, 1, 5
#define LL_SECOND_HALVES 2, 6, 3, 7
#endif

/* Lane i is what both makes of all lanes of v[i]: L results for little more than the price of one. */
ALWAYS vf vfold(const vf v[L], vf (*both)(vf, vf)) {
    vf s[L];
    memcpy(s, v, sizeof s);
#pragma GCC unroll 8
    for (int n = L / 2; n; n /= 2)
#pragma GCC unroll 8
        for (int i = 0; i < n; i++)
            s[i] = both(__builtin_shufflevector(s[2 * i], s[2 * i + 1], LL_EVEN),
                        __builtin_shufflevector(s[2 * i], s[2 * i + 1], LL_ODD));
    return s[0];
}

static inline vf vadd(vf a, vf b) {
    return a + b;
}

/* Lane i is the sum, or the largest, of the lanes of v[i]. */
static inline vf vsums(const vf v[L]) {
    return vfold(v, vadd);
}

static inline vf vtops(const vf v[L]) {
    return vfold(v, vmax);
}

/* log x = e ln 2 + log m, m in [1/sqrt 2, sqrt 2): log m = 2 atanh s, s = (m - 1) / (m + 1), as s times a
 * polynomial in s^2 of the least largest relative error (7e-10, by the exchange of Remez). Relative error 2e-7 for
 * every normal x above zero. */
static inline vf vlog(vf x) {
    const vi half = (vi)vsplat(0.70710678f), e = ((vi)x - half) >> 23;
    const vf m = (vf)((vi)x - (e << 23)), s = (m - 1.0f) / (m + 1.0f), z = s * s;
    vf p = z * 0.2992565074f + 0.3997479492f;
    p = (p * z + 0.6666681595f) * z;
    return __builtin_convertvector(e, vf) * 0.69314718056f + (p * s + s * 2.0f);
}

#define LL_LOG2_E 1.44269504088896341f

#if LL_LANES == 16
/* 2^x = 2^f 2^n, n = floor(x): a polynomial on [0, 1] of the least largest relative error (7.5e-8, by the exchange
 * of Remez), and the processor's own scaling. Relative error 2e-7; -inf gives 0. */
static inline vf vexp2(vf x) {
    const vf f = (vf)_mm512_reduce_ps((__m512)x, _MM_FROUND_TO_NEG_INF);
    vf p = f * 1.87757669e-3f + 8.98933969e-3f;
    p = p * f + 5.58263175e-2f;
    p = p * f + 2.40153611e-1f;
    p = p * f + 6.93153083e-1f;
    p = p * f + 9.9999994e-1f;
    return (vf)_mm512_scalef_ps((__m512)p, (__m512)x);
}

/* Relative error 2e-7 and 1e-7 |x|; -inf gives 0. */
static inline vf vexp(vf x) {
    return vexp2(x * LL_LOG2_E);
}
#else
/* exp by 2^n times a polynomial on [-ln2/2, ln2/2] (Cephes' coefficients); relative error about 1e-7. Arguments
 * below -87 give about 1e-38, above 88 about 1e38. */
static inline vf vexp(vf x) {
    const float shift = 12582912.0f; /* 1.5 * 2^23: adding it rounds to a whole number */
    x = vmin(vmax(x, vsplat(-87.0f)), vsplat(88.0f));
    vf t = x * LL_LOG2_E + shift, n = t - shift;
    vf r = x - n * 0.693359375f + n * 2.12194440e-4f;
    vf p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    return (vf)((vi)p + (((vi)t - (vi)vsplat(shift)) << 23));
}

static inline vf vexp2(vf x) {
    return vexp(x * 0.69314718056f);
}
#endif

#endif
