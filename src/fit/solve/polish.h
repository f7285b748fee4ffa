/* Descends to the nearest minimum of a problem: Newton with Levenberg-Marquardt damping inside the bounds. */
#ifndef LL_FIT_SOLVE_POLISH_H
#define LL_FIT_SOLVE_POLISH_H

#include "fit/solve/problem.h"

/* theta [p] is moved in place; *value is the objective there. A tolerance is the relative decrease that is no
 * longer worth a step. Allocates nothing. A small delta is approached through larger ones. */
ll_fit_stop ll_polish(const ll_problem *q, double *theta, double tolerance, double *value);

#endif
