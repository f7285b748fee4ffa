/* Steps in which a sum of terms is nearly straight. A floor, a term's value T at the middle of the rows and its slope
 * T exponent there enter the law's value and slopes linearly; in ln A and the exponent the minimum lies in a curved
 * valley, along which Newton's steps creep.
 *
 *     ll_chart chart = ll_chart_of(&q);
 *     F = ll_problem_eval(&q, theta, g, H);
 *     ll_chart_pull(&chart, theta, held, g, H);     now over steps s [p] from theta
 *     ll_chart_go(&chart, theta, held, s, trial);   where s leads
 *
 * A step is relative: of a floor that it gains E s, of a term T s, and T s of its slope. Other parameters than a term's
 * step in theta itself, and so do those of a term that are held (bit j): their steps are given.
 */
#ifndef LL_FIT_SOLVE_LAW_CHART_H
#define LL_FIT_SOLVE_LAW_CHART_H

#include "fit/solve/problem.h"

typedef struct ll_chart {
    const ll_problem *q;
    int K;                           /* terms; 0: every parameter steps in theta */
    double centre[LL_LAW_MAX_TERMS]; /* weighted mean of each term's ln x */
} ll_chart;

ll_chart ll_chart_of(const ll_problem *q); /* borrows q */

/* Gradient [p] and second derivative [p,p] over theta become those over steps, at no step. */
void ll_chart_pull(const ll_chart *c, const double *theta, uint32_t held, double *g, double *H);

/* The step of parameter j, held, that adds so much to theta. */
double ll_chart_held(const ll_chart *c, int j, double by);

/* Shortens a step that moves an exponent or a slope by more than 0.5, a term by more than a factor of 4, or a
 * logarithm by more than 20. A floor may fall at once. */
void ll_chart_shrink(const ll_chart *c, uint32_t held, double *step);

/* theta [p] after step [p]; outside the bounds too, and minus infinity where a floor is stepped below zero. */
void ll_chart_go(const ll_chart *c, const double *theta, uint32_t held, const double *step, double *to);

#endif
