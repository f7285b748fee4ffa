/* The number that tensors are made of: float in the product, double in the build that checks gradients. */
#ifndef LL_TENSOR_REAL_H
#define LL_TENSOR_REAL_H

#include <stdint.h>

#ifdef LL_REAL_DOUBLE
typedef double ll_real;
#else
typedef float ll_real;
#endif

#define LL_RESTRICT __restrict__

#endif
