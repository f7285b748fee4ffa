/* The gradient noise scale: the batch, in tokens, at which the noise of a gradient is as large as what it says
 * (McCandlish et al. 2018, arXiv:1812.06162, appendix A). With G the true gradient and S the trace of a token's
 * covariance, the gradient over B tokens has E|g|^2 = |G|^2 + S / B. Two sizes of batch give both without bias:
 *
 *     ll_noise n = { 0 };
 *     for each step: ll_noise_add(&n, B, |g|^2 of the batch, b, mean |g|^2 of its micro-batches of b tokens);
 *     ll_noise_estimate e = ll_noise_now(&n);                     e.scale = e.s / e.g2
 *
 * S and |G|^2 are averaged over the steps each for itself, and then divided: the ratio of one step is biased. What
 * is independent is a sequence, and so the noise of its tokens counts as it comes: together.
 */
#ifndef LL_TRAIN_NOISE_H
#define LL_TRAIN_NOISE_H

#include <stdint.h>

/* Means over the steps, and sums of squares and products about them. */
typedef struct ll_noise {
    double n, s, g2, ss, sg, gg;
} ll_noise;
enum { LL_NOISE_NUMBERS = sizeof(ll_noise) / sizeof(double) };

typedef struct ll_noise_estimate {
    int64_t n;              /* steps */
    double scale, scale_se; /* tokens; NaN while |G|^2 is not above 0 */
    double g2, g2_se;       /* |G|^2 */
    double s, s_se;         /* per token */
} ll_noise_estimate;

/* The squared norms of the mean gradients over B tokens and, on average, over b < B of them. Where micro-batches
 * differ in size b is their harmonic mean. */
void ll_noise_add(ll_noise *n, double B, double square_B, double b, double square_b);

/* Standard errors over the steps, of the ratio to first order; NaN of fewer than two. */
ll_noise_estimate ll_noise_now(const ll_noise *n);

#endif
