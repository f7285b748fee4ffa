/* Where the polish begins: a grid over the exponents with the coefficients solved, or a low-discrepancy
 * sequence over the box of a law that is no sum of terms. */
#ifndef LL_FIT_SOLVE_STARTS_H
#define LL_FIT_SOLVE_STARTS_H

#include "fit/solve/problem.h"

enum { LL_STARTS_KEEP = 48, LL_STARTS_GRID = 4500 };

typedef struct ll_starts {
    int n, room;                         /* kept, best first; at most */
    double theta[LL_STARTS_KEEP][P_MAX]; /* of each */
    double value[LL_STARTS_KEEP];
    int64_t tried;
} ll_starts;

/* n_starts 0: the law's grid. Of fewer than 576 a twelfth is kept, 8 at least. */
ll_status ll_starts_find(ll_starts *out, const ll_problem *q, int64_t n_starts, ll_error *err);

#endif
