/* The cards that the CUDA driver knows. Its library is opened when it is first asked and never linked: the program
 * starts on machines without it.
 */
#ifndef LL_TENSOR_CUDA_CARDS_H
#define LL_TENSOR_CUDA_CARDS_H

#include "loglog/error.h"

enum { LL_DEVICE_CARDS = 64, LL_DEVICE_TITLE = 96 };

typedef struct ll_card {
    char title[LL_DEVICE_TITLE]; /* as its maker calls it */
    int major, minor;            /* compute capability */
    double memory;               /* bytes */
} ll_card;

/* See ll_device_cards. */
ll_status ll_cuda_cards(ll_card cards[LL_DEVICE_CARDS], int *n, ll_error *err);

#endif
