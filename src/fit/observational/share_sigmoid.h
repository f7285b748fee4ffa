/* A share by a sigmoid of a linear index, by weighted least squares: Gauss and Newton's steps, damped (Levenberg,
 * Marquardt), for each of a few ceilings, of which the best is kept.
 *
 *     y = floor + (ceiling - floor) / (1 + exp(-(a + b's)))          0.8 <= ceiling <= 1 (Ruan et al. 2024)
 *
 *     ll_sigmoid f;
 *     if (ll_sigmoid_fit(&f, &(ll_sigmoid_rows) { n, k, S, y, NULL }, 0)) use(ll_sigmoid_at(&f, s));
 */
#ifndef LL_FIT_OBSERVATIONAL_SHARE_SIGMOID_H
#define LL_FIT_OBSERVATIONAL_SHARE_SIGMOID_H

#include <stdbool.h>
#include <stdint.h>

#include "fit/observational/components.h"

typedef struct ll_sigmoid_rows {
    int64_t n;
    int k;
    const double *S, *y; /* [n][k], [n]; NaN: the row is left out */
    const double *w;     /* [n] or NULL */
} ll_sigmoid_rows;

typedef struct ll_sigmoid {
    int k;
    double a, b[LL_COMPONENTS_MOST], floor, ceiling;
    double rss;
    int64_t n; /* rows with weight */
} ll_sigmoid;

/* False where fewer than k + 2 rows have weight, or they do not fix the slopes. */
bool ll_sigmoid_fit(ll_sigmoid *f, const ll_sigmoid_rows *r, double floor);
double ll_sigmoid_index(const ll_sigmoid *f, const double *s); /* a + b's */
double ll_sigmoid_at(const ll_sigmoid *f, const double *s);

#endif
