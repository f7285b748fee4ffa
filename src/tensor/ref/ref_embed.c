#include "tensor/ref/ref.h"

#include <math.h>

static void ll_ref_embed_fwd(ll_real *x, const int32_t *token, const ll_real *wte, const ll_real *wpe, int64_t R,
                             int64_t T, int64_t C) {
    for (int64_t r = 0; r < R; r++)
        for (int64_t c = 0; c < C; c++) x[r * C + c] = wte[token[r] * C + c] + (wpe ? wpe[r % T * C + c] : 0);
}

static void ll_ref_embed_bwd(ll_real *dwte, ll_real *dwpe, const ll_real *dx, const int32_t *token, int64_t R,
                             int64_t T, int64_t C, int64_t from, int64_t to) {
    for (int64_t r = 0; r < R; r++)
        for (int64_t c = from; c < to; c++) {
            dwte[token[r] * C + c] += dx[r * C + c];
            if (dwpe) dwpe[r % T * C + c] += dx[r * C + c];
        }
}

static void ll_ref_rope(ll_real *qkv, int64_t R, int64_t T, int64_t H, int64_t S, int sign, int64_t from,
                        int64_t to) {
    int64_t half = S / 2;
    (void)R;
    for (int64_t i = 0; i < half; i++) {
        double rate = pow(LL_ROPE_BASE, -2.0 * (double)i / (double)S);
        for (int64_t r = from; r < to; r++) {
            double angle = sign * (double)(r % T) * rate, c = cos(angle), s = sin(angle);
            for (int64_t h = 0; h < 2 * H; h++) { /* the heads of q, then those of k */
                ll_real *x = qkv + r * 3 * H * S + h * S + i;
                double lo = x[0], hi = x[half];
                x[0] = (ll_real)(lo * c - hi * s);
                x[half] = (ll_real)(lo * s + hi * c);
            }
        }
    }
}

void ll_ref_bind_embed(ll_kernels *k) {
    k->embed_fwd = ll_ref_embed_fwd;
    k->embed_bwd = ll_ref_embed_bwd;
    k->rope = ll_ref_rope;
}
