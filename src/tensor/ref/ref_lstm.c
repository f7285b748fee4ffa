#include "tensor/ref/ref.h"

#include <math.h>

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

static void ll_ref_lstm_fwd(ll_real *h, ll_real *c, ll_real *gates, const ll_real *c0, int64_t B, int64_t C) {
    for (int64_t b = 0; b < B; b++)
        for (int64_t n = 0; n < C; n++) {
            ll_real *at = gates + b * 4 * C + n;
            double i = sigmoid(at[0]), f = sigmoid(at[C]), g = tanh(at[2 * C]), o = sigmoid(at[3 * C]);
            double cell = f * c0[b * C + n] + i * g;
            at[0] = (ll_real)i, at[C] = (ll_real)f, at[2 * C] = (ll_real)g, at[3 * C] = (ll_real)o;
            c[b * C + n] = (ll_real)cell;
            h[b * C + n] = (ll_real)(o * tanh(cell));
        }
}

/* With s = dc + dh o (1 - tanh(c)^2), the whole gradient of c: that of c0 is s f. */
static void ll_ref_lstm_bwd(ll_real *dc, ll_real *gates, const ll_real *dh, const ll_real *c, const ll_real *c0,
                            int64_t B, int64_t C) {
    for (int64_t b = 0; b < B; b++)
        for (int64_t n = 0; n < C; n++) {
            ll_real *at = gates + b * 4 * C + n;
            double i = at[0], f = at[C], g = at[2 * C], o = at[3 * C], t = tanh(c[b * C + n]);
            double d = dh[b * C + n], s = dc[b * C + n] + d * o * (1 - t * t);
            at[0] = (ll_real)(s * g * i * (1 - i));
            at[C] = (ll_real)(s * c0[b * C + n] * f * (1 - f));
            at[2 * C] = (ll_real)(s * i * (1 - g * g));
            at[3 * C] = (ll_real)(d * t * o * (1 - o));
            dc[b * C + n] = (ll_real)(s * f);
        }
}

void ll_ref_bind_lstm(ll_kernels *k) {
    k->lstm_fwd = ll_ref_lstm_fwd;
    k->lstm_bwd = ll_ref_lstm_bwd;
}
