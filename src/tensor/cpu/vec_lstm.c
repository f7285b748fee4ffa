/* The cell of an LSTM: one pass over memory each way. */
#include "tensor/cpu/cpu.h"
#include "tensor/cpu/vec.h"

static inline vf sigmoid(vf x) {
    return 1.0f / (1.0f + vexp(-x));
}

/* tanh x as x times a ratio of polynomials in x^2 of the least largest relative error on [0, 9] (2e-8, by the exchange
 * of Remez), beyond which it is one. Relative error 3e-7 for every x: small ones are as right as large ones. */
static inline vf tanh_of(vf x) {
    const vf v = vmin(vmax(x, vsplat(-9.0f)), vsplat(9.0f)), z = v * v;
    vf p = z * 1.335466303e-8f + 2.060908272e-5f, q = z * 7.77655874e-7f + 3.285634821e-4f;
    p = p * z + 3.495588108e-3f, q = q * z + 2.587698206e-2f;
    p = p * z + 1.33810256e-1f, q = q * z + 4.671434119e-1f;
    p = p * z + 9.999999795e-1f, q = q * z + 1.0f;
    return v * p / q;
}

static void lstm_fwd(ll_real *h, ll_real *c, ll_real *gates, const ll_real *c0, int64_t B, int64_t C) {
    for (int64_t b = 0; b < B; b++, h += C, c += C, c0 += C, gates += 4 * C)
        for (int64_t n = 0; n < C; n += L) {
            const int64_t left = C - n;
            float *at = gates + n;
            const vf i = sigmoid(vload_some(at, left, 0)), f = sigmoid(vload_some(at + C, left, 0)),
                     g = tanh_of(vload_some(at + 2 * C, left, 0)), o = sigmoid(vload_some(at + 3 * C, left, 0));
            const vf cell = f * vload_some(c0 + n, left, 0) + i * g;
            vstore_some(at, left, i);
            vstore_some(at + C, left, f);
            vstore_some(at + 2 * C, left, g);
            vstore_some(at + 3 * C, left, o);
            vstore_some(c + n, left, cell);
            vstore_some(h + n, left, o * tanh_of(cell));
        }
}

static void lstm_bwd(ll_real *dc, ll_real *gates, const ll_real *dh, const ll_real *c, const ll_real *c0, int64_t B,
                     int64_t C) {
    for (int64_t b = 0; b < B; b++, dc += C, dh += C, c += C, c0 += C, gates += 4 * C)
        for (int64_t n = 0; n < C; n += L) {
            const int64_t left = C - n;
            float *at = gates + n;
            const vf i = vload_some(at, left, 0), f = vload_some(at + C, left, 0),
                     g = vload_some(at + 2 * C, left, 0), o = vload_some(at + 3 * C, left, 0);
            const vf t = tanh_of(vload_some(c + n, left, 0)), d = vload_some(dh + n, left, 0);
            const vf s = vload_some(dc + n, left, 0) + d * o * (1.0f - t * t);
            vstore_some(at, left, s * g * i * (1.0f - i));
            vstore_some(at + C, left, s * vload_some(c0 + n, left, 0) * f * (1.0f - f));
            vstore_some(at + 2 * C, left, s * i * (1.0f - g * g));
            vstore_some(at + 3 * C, left, d * t * o * (1.0f - o));
            vstore_some(dc + n, left, s * f);
        }
}

void LL_VEC(_bind_lstm)(ll_kernels *k) {
    k->lstm_fwd = lstm_fwd;
    k->lstm_bwd = lstm_bwd;
}
