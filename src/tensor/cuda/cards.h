/* The cards that the CUDA driver knows. Its library is opened when it is first asked and never linked: the program
 * starts on machines without it.
 */
#ifndef LL_TENSOR_CUDA_CARDS_H
#define LL_TENSOR_CUDA_CARDS_H

#include "tensor/device.h"

/* See ll_device_cards. */
ll_status ll_cuda_cards(ll_card cards[LL_DEVICE_CARDS], int *n, ll_error *err);

#endif
