#include "tensor/ref/ref.h"

/* Every call is done when it returns. */
static void ll_ref_finish(void) {
}

void ll_kernels_ref(ll_kernels *k) {
    k->name = "ref";
    k->precision = "fp32";
    ll_ref_bind_matmul(k);
    ll_ref_bind_embed(k);
    ll_ref_bind_norm(k);
    ll_ref_bind_activation(k);
    ll_ref_bind_attention(k);
    ll_ref_bind_lstm(k);
    ll_ref_bind_loss(k);
    ll_ref_bind_optimizer(k);
    k->finish = ll_ref_finish;
}
