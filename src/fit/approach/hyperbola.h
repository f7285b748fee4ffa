/* The trade of steps for tokens at one loss: (S/S_min - 1)(E/E_min - 1) = 1 with E = B S (Kaplan et al. 2020, eq.
 * 5.1; McCandlish et al. 2018), that is S = S_min (1 + B_crit / B), B_crit = E_min / S_min. */
#ifndef LL_FIT_APPROACH_HYPERBOLA_H
#define LL_FIT_APPROACH_HYPERBOLA_H

#include <stdbool.h>
#include <stdint.h>

/* Points of one loss: batches and the steps that they take to it, as logarithms. A point that is NaN, or of weight
 * 0, is left out; weight NULL: all 1. */
typedef struct ll_hyperbola_points {
    int64_t n;
    const double *ln_b, *ln_s, *weight;
} ll_hyperbola_points;

typedef struct ll_hyperbola {
    double ln_s_min, ln_b_crit;
    double rms;                /* of ln S about the curve */
    double mean_slope, spread; /* of d ln S / d ln B_crit over the points: mean, sum of squares about it */
    int64_t n;                 /* points in it */
    int64_t batches;           /* of them different ones, by 1 % */
    bool edge;                 /* B_crit lies outside the batches */
} ll_hyperbola;

/* Least squares in ln S. False, with only n and batches set, when there are fewer than three batches, or when no
 * B_crit within a factor of 1000 of them is the best: the points are a straight line. */
bool ll_hyperbola_fit(ll_hyperbola *h, const ll_hyperbola_points *points);

/* How much of a point's own ln S the curve follows there, from 0 to 1, where all weigh 1. */
double ll_hyperbola_leverage(const ll_hyperbola *h, double ln_b);

double ll_hyperbola_ln_steps(const ll_hyperbola *h, double ln_b);

#endif
