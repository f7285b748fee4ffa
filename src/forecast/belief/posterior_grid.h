/* What a posterior holds: made by posterior.c, read by posterior_predict.c, and nobody else's. */
#ifndef LL_FORECAST_BELIEF_POSTERIOR_GRID_H
#define LL_FORECAST_BELIEF_POSTERIOR_GRID_H

#include "forecast/belief/departure.h"
#include "forecast/belief/posterior.h"

/* One point of the grid: what the runs say given the sizes of noise and departure. n runs, p parameters. */
typedef struct ll_posterior_point {
    double noise, departure, evidence;
    double theta[LL_LAW_MAX_PARAMS];
    double *L;     /* [n,n] Cholesky factor of the covariance; owned, and what follows lies behind it */
    double *alpha; /* [n] covariance^-1 residual */
    double *J;     /* [p][n] L^-1 gradient */
    double Lh[LL_LAW_MAX_PARAMS * LL_LAW_MAX_PARAMS]; /* [p,p] Cholesky factor of theta's precision, column-major */
} ll_posterior_point;

struct ll_posterior {
    ll_curve curve;
    ll_prior prior;
    int64_t n;
    double largest;   /* compute */
    bool own_compute; /* the runs have C of their own */
    double *y;        /* [n] ln loss; owned, and what follows lies behind it */
    double *lnx;      /* [n][LL_VAR_COUNT] */
    double *scale;    /* [n] a row's noise over the frontier's */
    double *growth;   /* [n] its departure over the bottom's */
    int64_t *row;     /* [n] of the data; owned */
    int64_t *cluster; /* [n] or NULL; owned */
    double *alike;    /* [n][n] correlation of rows j <= i at j n + i; owned, while the grid is weighed */
    double lead[LL_LAW_MAX_PARAMS]; /* theta at the prior's own sizes of noise and departure */
    ll_posterior_point points[LL_POSTERIOR_GRID];
    int n_points;
    bool coarse; /* every second point of the grid */
    double weight[LL_POSTERIOR_GRID];
};

/* The logarithms of a row of the law's variables; 0 for the others. */
void ll_posterior_logs(const ll_law *law, const double *const *columns, int64_t row, double lnx[LL_VAR_COUNT]);

/* What a place's excess over the valley of the lead makes of noise and departure. */
ll_growth ll_posterior_growth(const ll_posterior *p, const double lnx[LL_VAR_COUNT]);

/* For triage.h: the posterior on a coarser grid, and by it what the other rows say of each row of data, those that
 * are no rows of it included: mean [n] and sd [n] of ln loss. */
ll_status ll_posterior_sketch(ll_posterior **out, const ll_law *law, const ll_fit_data *data, const ll_prior *prior,
                              const ll_fit_opts *opts, int threads, ll_error *err);
ll_status ll_posterior_left_out(const ll_posterior *p, const ll_fit_data *data, double *mean, double *sd,
                                ll_error *err);

#endif
