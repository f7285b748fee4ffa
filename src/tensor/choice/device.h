/* The device: a choice in front of the kernel table.
 *
 *     const char *device;
 *     LL_TRY(ll_device_named("auto", &device, err));       "cpu"
 *     LL_TRY(ll_device_named("cuda:0", &device, err));     refused: what is missing, in one line
 *
 * In this version only the processor has kernels. Cards are found and described, and none is chosen.
 */
#ifndef LL_TENSOR_CHOICE_DEVICE_H
#define LL_TENSOR_CHOICE_DEVICE_H

#include "tensor/cuda/cards.h"

/* What options say of it. */
#define LL_DEVICE_HELP "auto, cpu or cuda:N; auto is the cpu in this version"

/* What name stands for here; the string lasts as long as the program. auto, cpu, cuda (the first card) or cuda:N. A
 * word that is none of them, and a card that cannot be computed on, are LL_EINPUT. out may be NULL. */
ll_status ll_device_named(const char *name, const char **out, ll_error *err);

/* The first LL_DEVICE_CARDS CUDA cards of this machine, in the driver's order, and their number; n = 0 where the
 * driver finds none. LL_ESTATE when there is nobody to ask: built without CUDA, no driver, a driver that fails.
 */
ll_status ll_device_cards(ll_card cards[LL_DEVICE_CARDS], int *n, ll_error *err);

#endif
