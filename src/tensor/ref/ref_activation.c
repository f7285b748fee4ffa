#include "tensor/ref/ref.h"

#include <math.h>

static void ll_ref_gelu_fwd(ll_real *y, const ll_real *x, int64_t R, int64_t F) {
    for (int64_t i = 0; i < R * F; i++) {
        double v = x[i], t = tanh(LL_GELU_SCALE * (v + LL_GELU_CUBE * v * v * v));
        y[i] = (ll_real)(0.5 * v * (1 + t));
    }
}

static void ll_ref_gelu_bwd(ll_real *dx, const ll_real *dy, const ll_real *x, int64_t R, int64_t F) {
    for (int64_t i = 0; i < R * F; i++) {
        double v = x[i], t = tanh(LL_GELU_SCALE * (v + LL_GELU_CUBE * v * v * v));
        double slope = 0.5 * (1 + t) + 0.5 * v * (1 - t * t) * LL_GELU_SCALE * (1 + 3 * LL_GELU_CUBE * v * v);
        dx[i] = (ll_real)(dy[i] * slope);
    }
}

static void ll_ref_swiglu_fwd(ll_real *y, const ll_real *x, int64_t R, int64_t F) {
    for (int64_t r = 0; r < R; r++)
        for (int64_t f = 0; f < F; f++) {
            double g = x[r * 2 * F + f], u = x[r * 2 * F + F + f];
            y[r * F + f] = (ll_real)(g / (1 + exp(-g)) * u);
        }
}

static void ll_ref_swiglu_bwd(ll_real *dx, const ll_real *dy, const ll_real *x, int64_t R, int64_t F) {
    for (int64_t r = 0; r < R; r++)
        for (int64_t f = 0; f < F; f++) {
            double g = x[r * 2 * F + f], u = x[r * 2 * F + F + f], s = 1 / (1 + exp(-g)), d = dy[r * F + f];
            dx[r * 2 * F + f] = (ll_real)(d * u * s * (1 + g * (1 - s)));
            dx[r * 2 * F + F + f] = (ll_real)(d * g * s);
        }
}

void ll_ref_bind_activation(ll_kernels *k) {
    k->gelu_fwd = ll_ref_gelu_fwd;
    k->gelu_bwd = ll_ref_gelu_bwd;
    k->swiglu_fwd = ll_ref_swiglu_fwd;
    k->swiglu_bwd = ll_ref_swiglu_bwd;
}
