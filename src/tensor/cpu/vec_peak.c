#include "tensor/cpu/cpu.h"
#include "tensor/cpu/vec.h"

#if LL_LANES == 16
enum { CHAINS = 24 };
#else
enum { CHAINS = 12 };
#endif

/* Independent chains of multiply-adds that never leave the registers. */
static double peak(int64_t rounds, float *sink) {
    vf acc[CHAINS], a = vsplat(0.999f), b = vsplat(1e-3f);
    for (int i = 0; i < CHAINS; i++) acc[i] = vsplat((float)i);
    for (int64_t r = 0; r < rounds; r++)
#pragma GCC unroll 24
        for (int i = 0; i < CHAINS; i++) acc[i] = acc[i] * a + b;
    for (int i = 1; i < CHAINS; i++) acc[0] += acc[i];
    *sink = vsum(acc[0]);
    return 2.0 * L * CHAINS * (double)rounds;
}

void LL_VEC(_bind_peak)(ll_kernels *k) {
    k->peak = peak;
}
