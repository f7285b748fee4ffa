/* A fit's inner form: rows as a struct of arrays, parameters as theta (the logarithm of a log parameter, the
 * value of any other), the objective as a Huber function of one scale.
 *
 *     ll_rows rows;  LL_TRY(ll_rows_new(&rows, n, err));  ll_rows_fill(&rows, data, log_scale);
 *     ll_problem q;  ll_problem_init(&q, law, &opts, &rows);
 *     double F = ll_problem_eval(&q, theta, grad, hess);
 *
 * ll_problem_eval allocates nothing and may run on many threads at once.
 */
#ifndef LL_FIT_SOLVE_PROBLEM_H
#define LL_FIT_SOLVE_PROBLEM_H

#include "loglog/fit.h"

enum { P_MAX = LL_LAW_MAX_PARAMS };

typedef struct ll_rows {
    int64_t n;
    unsigned vars;                               /* bit v: x[v] and lnx[v] are read */
    double *x[LL_VAR_COUNT], *lnx[LL_VAR_COUNT]; /* [n] each; zeros where the law does not read it */
    double *y;                                   /* [n] ln loss, or loss under ls */
    double *w;                                   /* [n] */
    double *block;                               /* owned: all of the above */
} ll_rows;

ll_status ll_rows_new(ll_rows *r, int64_t n, ll_error *err);
void ll_rows_fill(ll_rows *r, const ll_law *law, const ll_fit_data *data, bool log_scale);
void ll_rows_copy(ll_rows *to, int64_t at, const ll_rows *from, int64_t row); /* one row */
void ll_rows_free(ll_rows *r);

typedef struct ll_joint ll_joint;

typedef struct ll_problem ll_problem;

struct ll_problem {
    const ll_law *law;
    const ll_rows *rows;
    const ll_joint *joint;       /* two groups of rows instead: fit/solve/joint.h; else NULL */
    bool log_scale;              /* residual ln predicted - ln loss; else predicted - loss */
    double delta, scale;         /* minimised: scale * sum of w * Huber_delta(residual) */
    bool majorise;               /* hess bounds the objective from above: outside delta the weight delta / |r| */
    int p;                       /* parameters */
    int n_free, free_at[P_MAX];  /* those that are searched */
    bool log[P_MAX];             /* theta is the parameter's logarithm */
    double lo[P_MAX], hi[P_MAX]; /* bounds of theta; equal where fixed */
    /* An objective of another kind than a law's over rows, for ll_problem_eval; NULL: there is none. */
    double (*own)(const ll_problem *q, const double *theta, double *grad, double *hess);
    void *own_ctx;
};

void ll_problem_init(ll_problem *q, const ll_law *law, const ll_fit_opts *opts, const ll_rows *rows);

/* The problem that a fit solved, once more; rows is the caller's to free. */
ll_status ll_problem_of_fit(ll_problem *q, ll_rows *rows, const ll_fit *fit, ll_error *err);

/* Holds parameter j at theta_j: it is searched no more. */
void ll_problem_pin(ll_problem *q, int j, double theta_j);

/* The objective at theta [p]; with grad [p] its gradient, with hess [p,p] (both or none) its second derivative,
 * exact for additive laws and those of ratios, second-order terms by differences of the analytic gradient for others. */
double ll_problem_eval(const ll_problem *q, const double *theta, double *grad, double *hess);
double ll_problem_eval_additive(const ll_problem *q, const double *theta, double *grad, double *hess);
double ll_problem_eval_ratios(const ll_problem *q, const double *theta, double *grad, double *hess);
double ll_problem_eval_general(const ll_problem *q, const double *theta, double *grad, double *hess);
double ll_problem_eval_joint(const ll_problem *q, const double *theta, double *grad, double *hess);

void ll_problem_params(const ll_problem *q, const double *theta, double *params);
void ll_problem_theta(const ll_problem *q, const double *params, double *theta); /* clamped to the bounds */

/* The objective as it is reported: the sum as the option names it, without the tricks of the solver. */
double ll_problem_value(const ll_problem *q, ll_objective objective, double delta, const double *params);

static inline bool ll_log_scale(ll_objective o) {
    return o != LL_OBJ_LS;
}

#endif
