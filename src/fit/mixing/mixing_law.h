/* Losses on several domains as functions of the proportions that a text is mixed of, and the mixture of the least mean.
 *
 *     ll_mixing f;
 *     LL_TRY(ll_mixing_run(&f, &data, &(ll_fit_opts) { .seed = 1 }, err));
 *     f.law[k].t[j].value, f.best[j].value, ll_mixing_at(&f, k, r, buf)
 *     ll_mixing_clear(&f);
 *
 * The exponential mixing law (Ye et al. 2024, arXiv:2403.16952): of one size and length of training, the loss on
 * domain i at proportions r is L_i = c_i + k_i exp(sum_j t_ij r_j). As proportions add up to one, k_i is ln k_i
 * more on every t_ij, and is left out here. Every loss is fitted by itself, from a grid of c; what is resampled are
 * residuals, row by row those of all losses together, as one run's losses depart together.
 *
 * The best mixture is that of the least mean of the losses, each proportion within those that were run. The mean is
 * convex in r, so that a projected descent finds it.
 */
#ifndef LL_FIT_MIXING_MIXING_LAW_H
#define LL_FIT_MIXING_MIXING_LAW_H

#include <stddef.h>

#include "loglog/fit.h"

#define LL_MIXING_FORM "c + exp(sum_j t_j r_j), r_j the proportions of a mixture"
#define LL_MIXING_SOURCE "Ye et al. 2024, arXiv:2403.16952 (exponential mixing law)"

enum { LL_MIXING_SHARES = LL_LAW_MAX_PARAMS - 1, LL_MIXING_LOSSES = 16, LL_MIXING_DRAWS = 200 };

typedef struct ll_mixing_data {
    int64_t n;
    int shares, losses;
    const double *share[LL_MIXING_SHARES]; /* [n] each, 0 to 1; those of a row add up to 1 within a thousandth */
    const double *loss[LL_MIXING_LOSSES];  /* [n] each, above 0 */
    const char *source;                    /* what messages call the rows */
    const int64_t *line;                   /* [n] or NULL: rows are counted from 1 */
} ll_mixing_data;

typedef struct ll_mixing_law {
    ll_estimate c, t[LL_MIXING_SHARES];
    ll_estimate at_best; /* the loss at the best mixture */
    double residual_sd;  /* of ln loss, degrees of freedom taken off */
} ll_mixing_law;

typedef struct ll_mixing {
    ll_fit_opts opts; /* resolved; at most LL_MIXING_DRAWS draws */
    int64_t n, n_draws;
    int shares, losses;
    double lo[LL_MIXING_SHARES], hi[LL_MIXING_SHARES]; /* proportions that were run */
    ll_mixing_law law[LL_MIXING_LOSSES];
    ll_estimate best[LL_MIXING_SHARES], least; /* the best mixture, and the mean of the losses there */
    double *residual;                          /* [losses][n] of ln loss, at full size; owned */
    double *draws;                             /* [n_draws][losses][1 + shares] ln c and t; owned */
    double wall_s;
} ll_mixing;

/* How the laws do on rows that they were not fitted to. */
typedef struct ll_mixing_score {
    int64_t n;
    double mean_abs_rel_err, worst_abs_rel_err, of_constant; /* of_constant: that of the fitted rows' mean loss */
    double covered;                                          /* share of the losses inside their intervals */
} ll_mixing_score;

/* Too few rows, a share below 0 or above 1, shares that do not add up to one, a loss that is not above 0:
 * LL_EINPUT, line named. On failure f is empty. */
ll_status ll_mixing_run(ll_mixing *f, const ll_mixing_data *data, const ll_fit_opts *opts, ll_error *err);
void ll_mixing_clear(ll_mixing *f);

/* What a run of the proportions r [shares] will lose on domain k, its own departure among the doubt. */
ll_estimate ll_mixing_at(const ll_mixing *f, int k, const double *r);

/* score [losses]; data has the shares and losses of the fit. */
ll_status ll_mixing_judge(const ll_mixing *f, const ll_mixing_data *data, const ll_mixing_data *fitted,
                          ll_mixing_score *score, ll_error *err);

/* A line for people per thing to worry about: line k into buf, false when there is none. */
bool ll_mixing_warning(const ll_mixing *f, int k, char *buf, size_t size);

#endif
