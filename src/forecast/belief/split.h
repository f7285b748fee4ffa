/* A table cut at a compute: the runs up to it, and the places of those above.
 *
 *     ll_split s;
 *     LL_TRY(ll_split_new(&s, law, &data, C_max / 10, err));
 *     s.below is data to fit;  data.loss[s.above[k]], k < s.n_above, are to be forecast
 *     ll_split_free(&s);
 */
#ifndef LL_FORECAST_BELIEF_SPLIT_H
#define LL_FORECAST_BELIEF_SPLIT_H

#include "loglog/fit.h"

typedef struct ll_split {
    ll_fit_data below; /* a view of rows */
    ll_fit_rows rows;
    int64_t n_above, *above;
} ll_split;

/* Compute of row i: C, else 6 N D, else the law's one variable. */
double ll_split_compute(const ll_law *law, const ll_fit_data *data, int64_t i);
double ll_split_largest(const ll_law *law, const ll_fit_data *data); /* of the rows with a weight above 0 */

ll_status ll_split_new(ll_split *s, const ll_law *law, const ll_fit_data *data, double cut, ll_error *err);
void ll_split_free(ll_split *s);

#endif
