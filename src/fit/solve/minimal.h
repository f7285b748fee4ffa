/* Steps and FLOPs as they would be at the best batch: S_min = S / (1 + B_crit(L)/B), of a batch far above the critical
 * one, and C_min = C / (1 + B/B_crit(L)), of one far below, with B_crit(L) = B_star / L^(1/alpha_B) at each row's own
 * loss (Kaplan et al. 2020, eqs. 5.3 to 5.5). */
#ifndef LL_FIT_SOLVE_MINIMAL_H
#define LL_FIT_SOLVE_MINIMAL_H

#include "fit/solve/columns.h"

typedef struct ll_bcrit {
    double B_star, alpha_B; /* tokens a step, of a loss in nats; B_star 0: not asked for */
} ll_bcrit;

#define LL_STEPS_MIN "steps_min" /* as --x names the two */
#define LL_FLOPS_MIN "flops_min"

double ll_bcrit_at(const ll_bcrit *b, double loss);

/* Puts S_min and C_min, as far as S and C are there, in the place of the table's steps and FLOPs, with the N and D
 * that c has of it. A table without batches, or in another unit than nats per token, is LL_EINPUT. c is read before
 * and has to be read anew. */
ll_status ll_minimal_put(ll_table *t, const ll_columns *c, const ll_bcrit *b, const char *source, ll_error *err);

#endif
