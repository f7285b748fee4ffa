/* What the rows depart from the fit by, at full size: what wild and residual resamples are made of. */
#ifndef LL_FIT_DRAWS_DEPARTURES_H
#define LL_FIT_DRAWS_DEPARTURES_H

#include "fit/solve/problem.h"

typedef struct ll_departures {
    double *fitted; /* [rows] on the scale of rows->y; owned */
    double *of;     /* [n], owned with fitted; see below */
    int64_t n;
} ll_departures;

/* For wild, n = rows: the size of each row's departure, the root of r^2 + (p / n) s^2 with s^2 = sum of r^2 / (n -
 * p). The fit has pulled p residuals' worth towards zero, one nearly least-absolute puts p of them there exactly;
 * the second part gives it back, shared by all rows, so that the sizes squared average to s^2.
 *
 * For residual, of the rows that count: sqrt(weight) r, less the value that the objective itself takes for their
 * centre (the mean of least squares, near the median of least absolute deviations), times sqrt(n / (n - p)). */
ll_status ll_departures_new(ll_departures *d, const ll_fit *fit, const ll_problem *q, ll_error *err);
void ll_departures_free(ll_departures *d);

#endif
