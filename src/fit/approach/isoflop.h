/* Approach 2: the best size at each compute budget, and straight lines ln N_opt and ln D_opt on ln C (Hoffmann et al.
 * 2022, s3.2).
 *
 *     ll_isoflop_data d = { .n = n, .params = N, .tokens = D, .flops = C, .loss = L };
 *     ll_isoflop f;
 *     LL_TRY(ll_isoflop_run(&f, &d, &(ll_fit_opts){ .seed = 1 }, err));
 *     f.a.value, f.b.value, f.budget[0].valley.n_opt
 *     ll_isoflop_clear(&f);
 *
 * N_opt = G (C/6)^a. a, b and G are those of valleys that are fitted together (shared_valley.h), with intervals from
 * their pooled noise. Each budget also has the bottom of a parabola of its own, as published: a_bottoms is the exponent
 * of the line through these, without the concave ones, which have none; a_inner leaves out those outside the sizes that
 * were run, too.
 */
#ifndef LL_FIT_APPROACH_ISOFLOP_H
#define LL_FIT_APPROACH_ISOFLOP_H

#include <stddef.h>

#include "fit/approach/univariate.h"

#define LL_ISOFLOP_FORM "N_opt = G (C/6)^a, D_opt ~ C^b through the bottoms of valleys in ln N"

typedef struct ll_isoflop_data {
    int64_t n;
    const double *params, *tokens, *flops, *loss; /* [n] each, finite and above 0 */
    const double *weight;                         /* [n] or NULL */
    const int64_t *cluster;                       /* [n] or NULL */
    bool optima; /* every row is the bottom of a budget already: only the lines are drawn, weight for weight */
} ll_isoflop_data;

typedef struct ll_budget {
    ll_valley valley;
    ll_estimate n_opt;
    double d_opt;
    double bias; /* of ln N_opt: what a parabola over these sizes does to a noiseless surface of exponents .34, .28;
                    NaN at an edge */
} ll_budget;

typedef struct ll_isoflop {
    ll_fit_opts opts;  /* resolved; of it only n_boot, resample, level and seed count */
    int64_t n, n_used; /* rows, and those in the budgets */
    bool optima;
    ll_budget *budget;          /* by rising flops; owned */
    int64_t n_budgets, n_short; /* n_short: budgets of fewer than three sizes, left out */
    int64_t n_three;            /* budgets of three sizes */
    int64_t n_bottoms, n_edge;  /* those with a bottom of their own; of them outside the sizes run */
    ll_estimate a, b, G;
    int64_t freedom;         /* what the fit of a, b and G leaves of n_used; fewer where the bottoms scatter */
    double scatter_p;        /* of bottoms so far off the line by the noise alone; NaN where nothing tells */
    double noise_sd;         /* of ln loss about the shared valley */
    double a_bottoms, r2;    /* of the line through the budgets' own bottoms */
    double a_inner;          /* of it without the edges; both NaN where fewer than two budgets are left */
    int64_t n_draws, n_flat; /* resamples; of them those whose budgets did not turn */
    double *a_draw;          /* [n_draws] of the resamples; NaN where one had no line; owned */
    double wall_s;
} ll_isoflop;

/* Fewer than two budgets of three sizes, or budgets that together do not turn: LL_EINPUT. On failure f is empty. */
ll_status ll_isoflop_run(ll_isoflop *f, const ll_isoflop_data *data, const ll_fit_opts *opts, ll_error *err);
void ll_isoflop_clear(ll_isoflop *f);

/* Rows beyond what the fit takes; and those whose residuals are of full size: what ll_interval asks for. */
int64_t ll_isoflop_freedom(const ll_isoflop *f);
int64_t ll_isoflop_rows(const ll_isoflop *f);

/* The bias above, of sizes that lie u [n] = ln N - ln N_opt from the true optimum. */
double ll_isoflop_bias(const double *u, int64_t n, double alpha, double beta);

/* A line for people per thing to worry about: line k into buf, false when there is none. */
bool ll_isoflop_warning(const ll_isoflop *f, int k, char *buf, size_t size);

#endif
