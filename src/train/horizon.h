/* The recipe: what of a run's training follows from how long it is. One rate serves every length of run, since the
 * batch grows with the data and the decay falls with the steps (bench/recipe).
 *
 *     double tokens = ll_horizon_batch(D);
 *     double decay = ll_horizon_decay(lr, steps);
 */
#ifndef LL_TRAIN_HORIZON_H
#define LL_TRAIN_HORIZON_H

#include <stdint.h>

/* Tokens of a step, in a run of so many tokens. It grows with the data and not with the model, about as its root (Zhang
 * et al. 2024, arXiv:2410.21676). */
double ll_horizon_batch(double tokens);

/* AdamW's decay, at this peak rate in so many steps: what the weights remember, 1 / (lr decay) steps, is one share
 * of every run, B / (lr decay D) (Wang & Aitchison 2024, arXiv:2405.13698; Bergsma et al. 2025, arXiv:2505.13738).
 * At most 1. */
double ll_horizon_decay(double lr, int64_t steps);

#endif
