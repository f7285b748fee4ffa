#include "tensor/ref/ref.h"

#include <math.h>

static double log_sum_exp(const ll_real *x, int64_t n, double alpha) {
    double top = -INFINITY, sum = 0;
    for (int64_t i = 0; i < n; i++)
        if (alpha * x[i] > top) top = alpha * x[i];
    for (int64_t i = 0; i < n; i++) sum += exp(alpha * x[i] - top);
    return top + log(sum);
}

static void ll_ref_xent_fwd(ll_real *loss, const ll_real *logits, const int32_t *target, int64_t R, int64_t V,
                            ll_real alpha) {
    for (int64_t r = 0; r < R; r++) {
        const ll_real *x = logits + r * V;
        loss[r] = (ll_real)(log_sum_exp(x, V, alpha) - (double)alpha * x[target[r]]);
    }
}

static void ll_ref_xent_grad(ll_real *loss, ll_real *logits, const int32_t *target, int64_t R, int64_t V,
                             ll_real alpha, ll_real scale) {
    for (int64_t r = 0; r < R; r++) {
        ll_real *x = logits + r * V;
        double log_sum = log_sum_exp(x, V, alpha), slope = (double)alpha * scale;
        loss[r] = (ll_real)(log_sum - (double)alpha * x[target[r]]);
        for (int64_t v = 0; v < V; v++) x[v] = (ll_real)(slope * (exp(alpha * x[v] - log_sum) - (v == target[r])));
    }
}

void ll_ref_bind_loss(ll_kernels *k) {
    k->xent_fwd = ll_ref_xent_fwd;
    k->xent_grad = ll_ref_xent_grad;
}
