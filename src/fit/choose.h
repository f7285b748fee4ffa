/* Which runs of a ladder a law of one variable stands on. */
#ifndef LL_FIT_CHOOSE_H
#define LL_FIT_CHOOSE_H

#include "fit/univariate.h"

/* Rows sorted by a value and cut where they leave a group's first value by more than 2 %. */
typedef struct ll_groups {
    int64_t *row;   /* [n] sorted by value */
    int64_t *start; /* [n_groups + 1] into row; owned with row */
    int64_t n_groups;
} ll_groups;

ll_status ll_groups_new(ll_groups *g, const double *value, int64_t n, ll_error *err);
void ll_groups_free(ll_groups *g);
int64_t ll_groups_distinct(const ll_groups *g, int64_t group, const double *value); /* values 2 % apart */

/* Fills line->rows, n and chosen (line->along is given). line->rows holds room for every run. */
ll_status ll_univariate_choose(ll_univariate *line, const ll_univariate_data *data, ll_error *err);

#endif
