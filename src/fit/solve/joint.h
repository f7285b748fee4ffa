/* One law over two groups of runs: each parameter is shared by them or each group's own.
 *
 *     ll_joint joint;
 *     ll_problem q;
 *     ll_joint_init(&q, &joint, law, &opts, &rows_a, &rows_b, own);
 *     ll_polish(&q, theta, 1e-12, &value);
 *
 * theta holds the law's parameters for the first group, then, in their order, those of the second that are its own.
 */
#ifndef LL_FIT_SOLVE_JOINT_H
#define LL_FIT_SOLVE_JOINT_H

#include "fit/solve/problem.h"

struct ll_joint {
    ll_problem part; /* of one group; its rows are set for each */
    const ll_rows *rows[2];
    int at[2][P_MAX]; /* where parameter j of a group stands in theta */
};

/* own: bit j of a parameter; fixed ones stay shared. law->n_params and those that are own fit into P_MAX. q keeps a
 * pointer to joint. */
void ll_joint_init(ll_problem *q, ll_joint *joint, const ll_law *law, const ll_fit_opts *opts, const ll_rows *a,
                   const ll_rows *b, uint32_t own);

/* The law's parameters of group g at theta. */
void ll_joint_params(const ll_problem *q, int g, const double *theta, double *params);

/* theta from each group's parameters; of a shared one the first group's is taken. */
void ll_joint_theta(const ll_problem *q, const double *a, const double *b, double *theta);

#endif
