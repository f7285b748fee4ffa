/* What a posterior holds: made by posterior.c and posterior_weigh.c, read by posterior_predict.c, and nobody else's. */
#ifndef LL_FORECAST_BELIEF_POSTERIOR_GRID_H
#define LL_FORECAST_BELIEF_POSTERIOR_GRID_H

#include "forecast/belief/departure.h"
#include "forecast/belief/posterior.h"

/* The covariance of the runs over the noise's square, which is one for all points of one ratio, share and
 * growth. */
typedef struct ll_posterior_factor {
    double ratio, share; /* of departure to noise; of the noise's variance within a cluster */
    double growth;       /* of ln noise for each decade below the largest compute */
    double *L;           /* [n,n] Cholesky factor; owned, NULL before it is made and when nothing needs it */
    double *scale;       /* [n] a row's noise over the frontier's; behind L */
    bool singular;
    bool lacking; /* there was no memory for it or one of its points */
} ll_posterior_factor;

/* One point of the grid: what the runs say given the sizes of noise and departure, its share and growth. n runs, p
 * parameters. In one piece of memory. */
typedef struct ll_posterior_point {
    double noise, departure, evidence;
    int factor;
    double theta[LL_LAW_MAX_PARAMS];
    double *alpha;                                    /* [n] covariance^-1 residual; behind the point, as is */
    double *J;                                        /* [p][n] L^-1 gradient */
    double Lh[LL_LAW_MAX_PARAMS * LL_LAW_MAX_PARAMS]; /* [p,p] Cholesky factor of theta's precision, column-major */
} ll_posterior_point;

struct ll_posterior {
    ll_curve curve;
    ll_prior prior;
    int64_t n;
    bool selected;    /* the n rows are some of a larger table */
    double largest;   /* compute */
    double drift;     /* the prior's, as it is for runs so small */
    double below;     /* decades from the largest compute up to the known ones */
    bool own_compute; /* the runs have C of their own */
    double *y;        /* [n] ln loss; owned, and what follows lies behind it */
    double *lnx;      /* [n][LL_VAR_COUNT] */
    double *scale;    /* [n] a row's noise over that of a run of its compute at the valley's bottom */
    double *beneath;  /* [n] decades from a row up to the largest compute */
    double *growth;   /* [n] its departure over the bottom's */
    int64_t *row;     /* [n] of the data; owned */
    int64_t *cluster; /* [n] or NULL; owned */
    double *alike;    /* [n][n] correlation of rows j <= i at j n + i; owned, while the grid is weighed */
    double lead[LL_LAW_MAX_PARAMS]; /* theta at the prior's own sizes of noise and departure */
    ll_posterior_factor factors[LL_POSTERIOR_CELLS];
    ll_posterior_point *points[LL_POSTERIOR_GRID]; /* owned; while the grid is weighed NULL where there is none */
    int n_points;
    bool coarse; /* fewer rows, every second ratio, fewer sizes of noise, and one share and growth */
    double weight[LL_POSTERIOR_GRID];
    double evidence; /* ln of how likely the runs are, over the whole grid */
};

/* The logarithms of a row of the law's variables; 0 for the others. */
void ll_posterior_logs(const ll_law *law, const double *const *columns, int64_t row, double lnx[LL_VAR_COUNT]);

/* How far n places, lnx [n][LL_VAR_COUNT], lie above the valley of the lead, into excess [n]. */
void ll_posterior_excess(const ll_posterior *p, const double *lnx, int64_t n, double *excess);

/* From rows and curve to the points of the grid and their weights; and the memory that these hold given back. */
ll_status ll_posterior_weigh(ll_posterior *p, int threads, ll_error *err);
void ll_posterior_release(ll_posterior *p);

/* The share of the noise that rows of one cluster have in common, as the runs have it. */
double ll_posterior_share(const ll_posterior *p);

/* m vectors b [m][n], each by the inverse of the Cholesky factor of the point's covariance. */
void ll_posterior_whiten(const ll_posterior *p, const ll_posterior_point *at, double *b, int m);

/* For triage.h: the posterior on a coarser grid, and by it what the other rows say of each row of data, those that
 * are no rows of it included: mean [n] and sd [n] of ln loss. */
ll_status ll_posterior_sketch(ll_posterior **out, const ll_law *law, const ll_fit_data *data, const ll_prior *prior,
                              const ll_fit_opts *opts, int threads, ll_error *err);
ll_status ll_posterior_left_out(const ll_posterior *p, const ll_fit_data *data, double *mean, double *sd,
                                ll_error *err);

#endif
