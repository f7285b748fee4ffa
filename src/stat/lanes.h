/* Eight doubles at a time, in the compiler's own vector types: sums over many rows with the exponential and the
 * logarithm in them.
 *
 *     LL_WIDE static double sum_of_logs(const double *x, int64_t n) {
 *         ll_lanes sum = { 0 };
 *         for (int64_t i = 0; i < n; i += LL_LANES_N) sum += ll_lanes_log(ll_lanes_some(x, i, n, 1));
 *         return ll_lanes_sum(sum);
 *     }
 *
 * No product and sum are contracted and lane l takes the rows l, l + 8, ..., so that the bits are the same for every
 * width of vector. The rounding is this file's and no C library's.
 */
#ifndef LL_STAT_LANES_H
#define LL_STAT_LANES_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* The same function once more for wider vectors, chosen when the program starts. It is static: of another the
 * compiler exports the choice. Sanitizers do not know such functions. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define LL_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define LL_WIDE
#endif

/* Before a short loop of constant length: as so many times its body, so that arrays which it runs over stay in
 * registers. */
#if defined(__GNUC__) && !defined(__clang__)
#define LL_UNROLL _Pragma("GCC unroll 16")
#else
#define LL_UNROLL
#endif

#define LL_LANES_INLINE static inline __attribute__((always_inline))

enum { LL_LANES_N = 8 };
typedef double ll_lanes __attribute__((vector_size(8 * LL_LANES_N)));
typedef int64_t ll_lanes_bits __attribute__((vector_size(8 * LL_LANES_N))); /* of a comparison: all or none */
typedef uint64_t ll_lanes_word __attribute__((vector_size(8 * LL_LANES_N)));

LL_LANES_INLINE ll_lanes ll_lanes_load(const double *p) {
    ll_lanes v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* p[i] .. p[i + 7] of the n there are; the rest is `other`. */
LL_LANES_INLINE ll_lanes ll_lanes_some(const double *p, int64_t i, int64_t n, double other) {
    if (i + LL_LANES_N <= n) return ll_lanes_load(p + i);
    ll_lanes v;
    for (int l = 0; l < LL_LANES_N; l++) v[l] = i + l < n ? p[i + l] : other;
    return v;
}

LL_LANES_INLINE ll_lanes ll_lanes_of(double x) {
    return x - (ll_lanes) { 0 };
}

LL_LANES_INLINE ll_lanes ll_lanes_if(ll_lanes_bits which, ll_lanes yes, ll_lanes no) {
    return (ll_lanes)((which & (ll_lanes_bits)yes) | (~which & (ll_lanes_bits)no));
}

LL_LANES_INLINE ll_lanes ll_lanes_abs(ll_lanes x) {
    return (ll_lanes)((ll_lanes_bits)x & INT64_MAX);
}

LL_LANES_INLINE ll_lanes ll_lanes_sqrt(ll_lanes x) {
    for (int l = 0; l < LL_LANES_N; l++) x[l] = sqrt(x[l]);
    return x;
}

/* |size| with the sign of x. */
LL_LANES_INLINE ll_lanes ll_lanes_signed(ll_lanes size, ll_lanes x) {
    return (ll_lanes)(((ll_lanes_bits)size & INT64_MAX) | ((ll_lanes_bits)x & INT64_MIN));
}

LL_LANES_INLINE double ll_lanes_sum(ll_lanes v) {
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

#define LL_LN2_HI 0x1.62e42fefa0000p-1 /* few enough digits that a product with an exponent is exact */
#define LL_LN2_LO 0x1.cf79abc9e3b3ap-40

/* e^x, within one unit of the last place; 0 below -707, infinite above 709.78.
 *   x = k ln 2 + r, |r| <= ln 2 / 2;  e^r by its Taylor series to r^13 */
LL_LANES_INLINE ll_lanes ll_lanes_exp(ll_lanes x) {
    const double to_integer = 0x1.8p52;
    const ll_lanes moved = x * 0x1.71547652b82fep+0 + to_integer, k = moved - to_integer;
    const ll_lanes r = (x - k * LL_LN2_HI) - k * LL_LN2_LO, r2 = r * r, r4 = r2 * r2;
    const ll_lanes a = (1.0 / 2 + r * (1.0 / 6)) + r2 * (1.0 / 24 + r * (1.0 / 120));
    const ll_lanes b = (1.0 / 720 + r * (1.0 / 5040)) + r2 * (1.0 / 40320 + r * (1.0 / 362880));
    const ll_lanes c = (1.0 / 3628800 + r * (1.0 / 39916800)) + r2 * (1.0 / 479001600 + r * (1.0 / 6227020800));
    const ll_lanes e = 1 + (r + r2 * (a + r4 * (b + r4 * c)));
    const ll_lanes half_power = (ll_lanes)(((ll_lanes_word)moved + 1022) << 52);
    const ll_lanes in_range = ll_lanes_if(x < -707, ll_lanes_of(0), 2 * (e * half_power));
    return ll_lanes_if(x > 0x1.62e42fefa39efp+9, ll_lanes_of(INFINITY), in_range);
}

/* ln x, within one unit of the last place; below the smallest normal number minus infinity, below 0 NaN.
 *   x = 2^k (1 + f), 1 + f from sqrt(1/2) to sqrt(2);  s = f / (2 + f);  ln(1 + f) = 2 artanh(s), where
 *   f - f^2/2 is taken out of the series so that little of it is rounded */
LL_LANES_INLINE ll_lanes ll_lanes_log(ll_lanes x) {
    const uint64_t root = 0x3fe6a09e667f3bcd, one = 0x3ff0000000000000; /* the bits of sqrt(1/2) and of 1 */
    const ll_lanes_word moved = (ll_lanes_word)x + (one - root), exponent = moved >> 52 | 0x4330000000000000;
    const ll_lanes k = (ll_lanes)exponent - (0x1p52 + 1023);
    const ll_lanes f = (ll_lanes)((moved & 0x000fffffffffffff) + root) - 1;
    const ll_lanes s = f / (2 + f), z = s * s, z2 = z * z, z4 = z2 * z2, half = 0.5 * f * f;
    const ll_lanes a = (2.0 / 3 + z * (2.0 / 5)) + z2 * (2.0 / 7 + z * (2.0 / 9));
    const ll_lanes b = (2.0 / 11 + z * (2.0 / 13)) + z2 * (2.0 / 15 + z * (2.0 / 17));
    const ll_lanes c = 2.0 / 19 + z * (2.0 / 21);
    const ll_lanes R = z * (a + z4 * (b + z4 * c));
    const ll_lanes ln = k * LL_LN2_HI - ((half - (s * (half + R) + k * LL_LN2_LO)) - f);
    const ll_lanes finite = ll_lanes_if(x < INFINITY, ln, x);
    const ll_lanes above = ll_lanes_if(x < DBL_MIN, ll_lanes_of(-INFINITY), finite);
    return ll_lanes_if(x < 0, ll_lanes_of(NAN), above);
}

#endif
