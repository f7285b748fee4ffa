/* The same points in two groups of runs. */
#ifndef LL_FIT_COMPARE_PAIRS_H
#define LL_FIT_COMPARE_PAIRS_H

#include "loglog/fit.h"

/* Rows of each group by rising variables of the law into order[g] [data[g]->n]; *matched when the groups then agree
 * point for point, within a millionth. The variables are those of checked data: finite and above zero. */
ll_status ll_pairs_match(bool *matched, const ll_law *law, const ll_fit_data *const data[2],
                         int64_t *const order[2], ll_error *err);

#endif
