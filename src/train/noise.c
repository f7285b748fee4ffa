#include "train/noise.h"

#include <math.h>

void ll_noise_add(ll_noise *n, double B, double square_B, double b, double square_b) {
    const double s = (square_b - square_B) / (1 / b - 1 / B), g2 = (B * square_B - b * square_b) / (B - b);
    const double from_s = s - n->s, from_g2 = g2 - n->g2;
    n->n += 1;
    n->s += from_s / n->n;
    n->g2 += from_g2 / n->n;
    n->ss += from_s * (s - n->s);
    n->sg += from_s * (g2 - n->g2);
    n->gg += from_g2 * (g2 - n->g2);
}

ll_noise_estimate ll_noise_now(const ll_noise *n) {
    const double ratio = n->g2 > 0 ? n->s / n->g2 : NAN;
    const double per = n->n > 1 ? 1 / (n->n * (n->n - 1)) : NAN; /* a sum of squares, as a variance of the mean */
    const double spread = n->ss - 2 * ratio * n->sg + ratio * ratio * n->gg;
    return (ll_noise_estimate) { .n = (int64_t)n->n,
                                 .scale = ratio,
                                 .scale_se = sqrt(fmax(spread, 0) * per) / n->g2,
                                 .g2 = n->g2,
                                 .g2_se = sqrt(n->gg * per),
                                 .s = n->s,
                                 .s_se = sqrt(n->ss * per) };
}
