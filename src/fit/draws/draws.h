/* Refits of resampled or thinned rows, on all threads. */
#ifndef LL_FIT_DRAWS_DRAWS_H
#define LL_FIT_DRAWS_DRAWS_H

#include "fit/solve/problem.h"

/* Fills fit->draws from fit->data, warm-started at the optima; fit->residual must be there. Draws that could
 * not be made are left out, so n_draws may be less than asked for. */
ll_status ll_fit_draw_all(ll_fit *fit, const ll_problem *q, ll_error *err);

/* Fills fit->influence and fit->left_out by leaving out one row at a time; leaves them NULL without an se to
 * measure in, or above 1000 rows. */
ll_status ll_fit_influence(ll_fit *fit, const ll_problem *q, ll_error *err);

#endif
