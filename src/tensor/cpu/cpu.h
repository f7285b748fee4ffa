/* The faster tables of the CPU: each binds what it does better than the table before it. */
#ifndef LL_TENSOR_CPU_CPU_H
#define LL_TENSOR_CPU_CPU_H

#include <stdbool.h>

#include "tensor/kernels.h"

bool ll_cpu_has_blas(void);                    /* false: there is no OpenBLAS here */
void ll_cpu_bind_blas(ll_kernels *k);          /* matrix products by CBLAS */
void ll_avx512bf16_bind_matmul(ll_kernels *k); /* operands of products rounded to bfloat16 */
void ll_avx512bf16_bind_attention(ll_kernels *k);

/* The vector kernels, compiled once for each instruction set. */
#define LL_CPU_VECTOR_SETS(X) X(avx512) X(avx2) X(simd128)
#define LL_CPU_DECLARE(isa)                             \
    void ll_##isa##_bind_matmul(ll_kernels *k);         \
    void ll_##isa##_bind_attention(ll_kernels *k);      \
    void ll_##isa##_bind_attention_step(ll_kernels *k); \
    void ll_##isa##_bind_norm(ll_kernels *k);           \
    void ll_##isa##_bind_embed(ll_kernels *k);          \
    void ll_##isa##_bind_pointwise(ll_kernels *k);      \
    void ll_##isa##_bind_lstm(ll_kernels *k);           \
    void ll_##isa##_bind_peak(ll_kernels *k);
LL_CPU_VECTOR_SETS(LL_CPU_DECLARE)

#endif
