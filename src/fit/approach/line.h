/* A straight line by weighted least squares. */
#ifndef LL_FIT_APPROACH_LINE_H
#define LL_FIT_APPROACH_LINE_H

#include <stdbool.h>
#include <stdint.h>

/* Slope and level of y on x, and the share of y's variance that it explains; NaN with fewer than two points. */
typedef struct ll_line {
    double slope, level, r2;
    int64_t n; /* points of positive weight */
} ll_line;

/* x, y, weight [n]; skip [n] or NULL: points to leave out. */
ll_line ll_line_through(const double *x, const double *y, const double *weight, const bool *skip, int64_t n);

/* ln G of N = G (C/6)^a, of a line of ln N on ln C. */
double ll_line_ln_G(const ll_line *N);

#endif
