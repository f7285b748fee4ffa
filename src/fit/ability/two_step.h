/* An ability in two steps: from N and D to a loss, from the loss to a score (Llama 3, arXiv:2407.21783, 3.2.1;
 * Bhagia et al. 2024, arXiv:2412.04403).
 *
 *     L = E + A/N^alpha + B/D^beta        or E + A/x^alpha of one variable
 *     score = floor + (ceiling - floor) / (1 + exp(k (L - L0)))
 *
 * L is the loss, or minus the right answer's log-probability. Each step is fitted to what was observed of it, the first
 * as 'fit' does, the second by least squares; every draw of one bootstrap resamples the runs and refits both, so what
 * is forecast carries the doubt of both, and the scatter of a run in each.
 *
 *     ll_two_step f;
 *     LL_TRY(ll_two_step_run(&f, &(ll_two_step_data) { .n = n, .N = N, .D = D, .via = loss, .score = acc }, &opts, err));
 *     double x[LL_VAR_COUNT] = { [LL_VAR_N] = 1e9, [LL_VAR_D] = 2e10 };
 *     ll_ability_outlook o;
 *     LL_TRY(ll_two_step_outlook(&f, x, &o, err));
 *     o.run.value, o.run.lo, o.run.hi
 *     ll_two_step_clear(&f);
 *
 * Beside it stands the direct law, -ln score = A/N^alpha + B/D^beta or A/x^alpha, fitted to the scores between 0 and 1.
 */
#ifndef LL_FIT_ABILITY_TWO_STEP_H
#define LL_FIT_ABILITY_TWO_STEP_H

#include "fit/ability/climb.h"
#include "loglog/fit.h"

typedef struct ll_two_step_data {
    int64_t n;
    const double *N, *D;       /* [n]; or */
    const double *x;           /* [n] the one variable; NULL: N and D */
    const double *via, *score; /* [n]; via: all above 0, or all below, a log-probability */
    const int64_t *cluster;    /* [n] or NULL */
} ll_two_step_data;

enum { LL_SECOND_FLOOR = 0, LL_SECOND_CEILING, LL_SECOND_K, LL_SECOND_L0, LL_SECOND_PARAMS };
enum { LL_TWO_STEP_PARAMS = LL_LAW_MAX_PARAMS + LL_SECOND_PARAMS };

typedef struct ll_two_step {
    ll_fit first;   /* of via; without draws of its own */
    bool negated;   /* L is -via */
    bool share;     /* the score lies between 0 and 1 */
    bool clustered; /* clusters were resampled, not rows */
    int n_params;   /* those of the first step, then LL_SECOND_PARAMS */
    ll_estimate params[LL_TWO_STEP_PARAMS];
    int64_t n, n_draws;
    double *draws;    /* [n_draws][n_params]; owned */
    double second_sd; /* scatter of the score, over ll_score_variance */
    double left;      /* share of the score's variance that the second step leaves */
    ll_fit direct;    /* of -ln score; law NULL where it could not be fitted, and why */
    int64_t direct_n;
    char no_direct[LL_FIT_WARNING];
    char warnings[4][LL_FIT_WARNING];
    int n_warnings;
    ll_fit_opts opts; /* resolved */
    int64_t freedom;
    double wall_s;
} ll_two_step;

/* Of opts all that a fit reads for the first step; resample case or cluster. LL_EINPUT as ll_fit_run, as
 * ll_scored_rows_new, and for a via that changes its sign. */
ll_status ll_two_step_run(ll_two_step *out, const ll_two_step_data *d, const ll_fit_opts *opts, ll_error *err);
void ll_two_step_clear(ll_two_step *f);

const char *ll_two_step_form(const ll_two_step *f);
const ll_law_param *ll_two_step_param(const ll_two_step *f, int j); /* name and unit */

typedef struct ll_ability_outlook {
    ll_estimate run; /* what a run will score: median and interval, its own scatter in it */
    ll_estimate law; /* the two laws' own value */
    ll_estimate via; /* L, by the first */
} ll_ability_outlook;

/* x as a law reads it: N and D, or the one variable as LL_VAR_X. */
ll_status ll_two_step_outlook(const ll_two_step *f, const double x[LL_VAR_COUNT], ll_ability_outlook *out,
                              ll_error *err);

/* Quantiles of what a run will score, at rising levels around 0.5; between 0 and 1 where the scores are. LL_EINPUT
 * without draws. */
ll_status ll_two_step_quantiles(const ll_two_step *f, const double x[LL_VAR_COUNT], const double *level, int n,
                                double *out, ll_error *err);

/* The same by the direct law; without via. LL_EINPUT where there is none. */
ll_status ll_direct_outlook(const ll_two_step *f, const double x[LL_VAR_COUNT], ll_ability_outlook *out,
                            ll_error *err);

/* L at which a score is reached: by the fit and, into draws [n_draws], by every draw; NaN where the score lies beyond
 * floor or ceiling. */
double ll_two_step_reach(const ll_two_step *f, double score, double *draws);

#endif
