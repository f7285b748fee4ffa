#include "fit/solve/joint.h"

#include <string.h>

void ll_joint_init(ll_problem *q, ll_joint *joint, const ll_law *law, const ll_fit_opts *opts, const ll_rows *a,
                   const ll_rows *b, uint32_t own) {
    *joint = (ll_joint) { .rows = { a, b } };
    ll_problem_init(&joint->part, law, opts, a);
    *q = joint->part;
    q->joint = joint;
    for (int j = 0; j < law->n_params; j++) {
        joint->at[0][j] = joint->at[1][j] = j;
        if (!(own >> j & 1) || opts->fixed >> j & 1) continue;
        const int k = joint->at[1][j] = q->free_at[q->n_free++] = q->p++;
        q->log[k] = q->log[j];
        q->lo[k] = q->lo[j];
        q->hi[k] = q->hi[j];
    }
}

static void gather(const ll_problem *q, int g, const double *theta, double *part) {
    for (int j = 0; j < q->law->n_params; j++) part[j] = theta[q->joint->at[g][j]];
}

void ll_joint_params(const ll_problem *q, int g, const double *theta, double *params) {
    double part[P_MAX];
    gather(q, g, theta, part);
    ll_problem_params(&q->joint->part, part, params);
}

void ll_joint_theta(const ll_problem *q, const double *a, const double *b, double *theta) {
    double part[P_MAX];
    ll_problem_theta(&q->joint->part, b, part);
    for (int j = 0; j < q->law->n_params; j++) theta[q->joint->at[1][j]] = part[j];
    ll_problem_theta(&q->joint->part, a, part);
    for (int j = 0; j < q->law->n_params; j++) theta[q->joint->at[0][j]] = part[j];
}

/* The sum over the groups, each evaluated as a problem of its own. */
double ll_problem_eval_joint(const ll_problem *q, const double *theta, double *grad, double *hess) {
    const int n = q->law->n_params, p = q->p;
    double total = 0, t[P_MAX], g[P_MAX], H[P_MAX * P_MAX];
    ll_problem part = q->joint->part;
    part.delta = q->delta;
    part.scale = q->scale;
    part.majorise = q->majorise;
    if (grad) memset(grad, 0, (size_t)p * sizeof *grad), memset(hess, 0, (size_t)(p * p) * sizeof *hess);
    for (int k = 0; k < 2; k++) {
        const int *at = q->joint->at[k];
        part.rows = q->joint->rows[k];
        gather(q, k, theta, t);
        total += ll_problem_eval(&part, t, grad ? g : NULL, grad ? H : NULL);
        for (int a = 0; grad && a < n; a++) {
            grad[at[a]] += g[a];
            for (int b = 0; b < n; b++) hess[at[a] * p + at[b]] += H[a * n + b];
        }
    }
    return total;
}
