/* The parts of the reference table. Portable C, reductions in double: what every faster kernel is held against. */
#ifndef LL_TENSOR_REF_REF_H
#define LL_TENSOR_REF_REF_H

#include "tensor/kernels.h"

#define LL_GELU_SCALE 0.79788456080286535588 /* sqrt(2/pi) */
#define LL_GELU_CUBE 0.044715

void ll_ref_bind_matmul(ll_kernels *k);
void ll_ref_bind_embed(ll_kernels *k);
void ll_ref_bind_norm(ll_kernels *k);
void ll_ref_bind_activation(ll_kernels *k);
void ll_ref_bind_attention(ll_kernels *k);
void ll_ref_bind_lstm(ll_kernels *k);
void ll_ref_bind_loss(ll_kernels *k);
void ll_ref_bind_optimizer(ll_kernels *k);

#endif
