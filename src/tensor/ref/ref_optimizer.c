#include "tensor/ref/ref.h"

#include <math.h>

static void ll_ref_adamw(ll_real *p, ll_real *m, ll_real *v, const ll_real *g, int64_t n, const ll_adamw *o) {
    for (int64_t i = 0; i < n; i++) {
        ll_real d = g[i] * o->grad_scale;
        m[i] = o->beta1 * m[i] + (1 - o->beta1) * d;
        v[i] = o->beta2 * v[i] + (1 - o->beta2) * d * d;
        ll_real step = m[i] / o->bias1 / ((ll_real)sqrt(v[i] / o->bias2) + o->eps);
        p[i] -= o->lr * step + o->decay * p[i];
    }
}

static double ll_ref_reduce(ll_real *out, const ll_real *part, int64_t stride, int64_t k, int64_t n) {
    double square = 0;
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t j = 0; j < k; j++) sum += part[j * stride + i];
        out[i] = (ll_real)sum;
        square += (double)out[i] * out[i];
    }
    return square;
}

static double ll_ref_peak(int64_t rounds, ll_real *sink) {
    ll_real acc[4] = { 0, 1, 2, 3 };
    for (int64_t r = 0; r < rounds; r++)
        for (int i = 0; i < 4; i++) acc[i] = acc[i] * (ll_real)0.999 + (ll_real)1e-3;
    *sink = acc[0] + acc[1] + acc[2] + acc[3];
    return 8.0 * (double)rounds;
}

void ll_ref_bind_optimizer(ll_kernels *k) {
    k->adamw = ll_ref_adamw;
    k->reduce = ll_ref_reduce;
    k->peak = ll_ref_peak;
}
