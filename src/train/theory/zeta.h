/* Zipf's law over 1, 2, 3, ...: theta_i = i^-s / zeta(s), s > 1, and what follows from it without drawing.
 *
 *     ll_zeta(2, 1)                         pi^2 / 6
 *     ll_zipf_tail(2, 100)                  the mass beyond 100
 *     ll_zipf_error(2, 1000)                what a memoriser gets wrong after 1000 samples: 0.02184278
 */
#ifndef LL_TRAIN_THEORY_ZETA_H
#define LL_TRAIN_THEORY_ZETA_H

#include <stdint.h>

#include "loglog/random.h"

/* Hurwitz's zeta: the sum of (k + a)^-s over k = 0, 1, 2, ...; s > 1, a > 0. By Euler and Maclaurin, to about 1e-14. */
double ll_zeta(double s, double a);

double ll_zipf(double s, double i);      /* theta_i */
double ll_zipf_tail(double s, double m); /* of all beyond m */

/* E_n = sum of theta_i (1 - theta_i)^n over all i (Hutter 2021): the chance that the next one is new. */
double ll_zipf_error(double s, double n);

/* One of them, at most 2^53; the generator of Devroye (1986), X.6.1. */
int64_t ll_zipf_draw(double s, ll_rng *r);

#endif
