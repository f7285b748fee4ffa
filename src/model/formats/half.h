/* Numbers of 16 bits, bfloat16 and binary16 of IEEE 754, to and from float. */
#ifndef LL_MODEL_FORMATS_HALF_H
#define LL_MODEL_FORMATS_HALF_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline float ll_float_of_bits(uint32_t bits) {
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static inline float ll_float_of_bf16(uint16_t half) {
    return ll_float_of_bits((uint32_t)half << 16);
}

/* Sign, 5 bits of exponent above -15, 10 of fraction; exponent 0 has no leading one, 31 is infinity or no number. */
static inline float ll_float_of_f16(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 0x3FF;
    if (exponent == 31) return ll_float_of_bits(sign | 0x7F800000 | fraction << 13);
    if (exponent) return ll_float_of_bits(sign | (exponent + 112) << 23 | fraction << 13);
    const float tiny = ldexpf((float)fraction, -24);
    return sign ? -tiny : tiny;
}

/* To nearest, to even between two; no number stays none. */
static inline uint16_t ll_bf16_of_float(float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    if ((bits & 0x7FFFFFFF) > 0x7F800000) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

#endif
