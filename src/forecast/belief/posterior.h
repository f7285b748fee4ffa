/* What the runs say of a law, and of where the law is wrong: the method behind every forecast.
 *
 *     ln loss_i = ln law(theta, x_i) + departure(x_i) + noise_i
 *
 * law is the fitted form with one freedom more: how its power terms are joined (curve.h, which also has the prior
 * of theta). departure is a smooth random function of the logarithms of the law's variables (departure.h), larger on
 * the slopes of a valley than at its bottom, so a law that bends is followed where the runs are and let go where they
 * end (Kennedy and O'Hagan 2001, "Bayesian calibration of computer models").
 * noise is each run's own and grows towards small compute, so the largest runs count most; rows of one cluster
 * share a part of its variance. A run to come is odd once in a while, and then scatters more (triage.h). The sizes of
 * noise and departure are not known, nor is that share where there are clusters, nor, where runs are few, how the noise
 * grows: a grid of 9 ratios of departure to noise, 5 shares, 3 growths, and 5 sizes of noise about the likeliest is
 * weighed by how likely each makes the runs (the evidence,
 * by Laplace's approximation), and a forecast is the mixture. Near the runs it leans on their neighbours, far from them
 * on the law, and its interval grows on the way by itself, and by a drift per decade of compute beyond the largest run
 * for what no run has seen. Below the compute that the prior's numbers were chosen over the drift grows, and
 * ladders fall faster than their law (prior.h: drift_growth, bend).
 *
 *     ll_posterior *p;
 *     LL_TRY(ll_posterior_new(&p, law, &data, NULL, NULL, threads, err));
 *     ll_mixture m;  double room[LL_POSTERIOR_ROOM];
 *     LL_TRY(ll_posterior_predict(p, x, room, &m, err));          of ln loss of a run at x
 *     ll_posterior_free(p);
 *
 * Above LL_POSTERIOR_ROWS runs an even selection along compute is used, the largest included. Nothing is random.
 */
#ifndef LL_FORECAST_BELIEF_POSTERIOR_H
#define LL_FORECAST_BELIEF_POSTERIOR_H

#include "forecast/belief/prior.h"
#include "loglog/fit.h"
#include "stat/mixture.h"

enum {
    LL_POSTERIOR_ROWS = 400,
    LL_POSTERIOR_SKETCH_ROWS = 256,
    LL_POSTERIOR_NOISES = 5,
    LL_POSTERIOR_RATIOS = 9,
    LL_POSTERIOR_SHARES = 5,
    LL_POSTERIOR_GROWTHS = 3
};
enum { LL_POSTERIOR_CELLS = LL_POSTERIOR_RATIOS * LL_POSTERIOR_SHARES * LL_POSTERIOR_GROWTHS };
enum { LL_POSTERIOR_GRID = LL_POSTERIOR_CELLS * LL_POSTERIOR_NOISES };
enum { LL_POSTERIOR_PARTS = 2 * LL_POSTERIOR_GRID }; /* each point's run like the others, and its odd one */
enum { LL_POSTERIOR_ROOM = 3 * LL_POSTERIOR_PARTS };

typedef struct ll_posterior ll_posterior;

/* LL_EINPUT for a law of losses below zero, which have no logarithm. */
ll_status ll_posterior_takes(const ll_law *law, ll_error *err);

/* prior NULL: the default one. opts NULL: nothing held; else its fixed and fixed_value. threads 0: all cores. */
ll_status ll_posterior_new(ll_posterior **out, const ll_law *law, const ll_fit_data *data, const ll_prior *prior,
                           const ll_fit_opts *opts, int threads, ll_error *err);
void ll_posterior_free(ll_posterior *p);

/* m parts into room. Thread-safe. */
ll_status ll_posterior_predict(const ll_posterior *p, const double x[LL_VAR_COUNT], double room[LL_POSTERIOR_ROOM],
                               ll_mixture *m, ll_error *err);

typedef struct ll_place {
    double x[LL_VAR_COUNT];
} ll_place;

/* The same of m places at once, LL_POSTERIOR_TOGETHER at most, which costs a half of one by one: room
 * [m][LL_POSTERIOR_ROOM], out [m]. */
enum { LL_POSTERIOR_TOGETHER = 8 };
ll_status ll_posterior_predict_some(const ll_posterior *p, const ll_place *x, int m, double *room, ll_mixture *out,
                                    ll_error *err);

/* ---- what more runs would tell, for what_if.h: given a point of the grid the model is linear and normal ---- */

typedef struct ll_posterior_view { /* borrowed */
    int n;                         /* points of the grid that are kept */
    const double *weight;          /* [n] */
    const ll_prior *prior;
    double largest; /* compute among the runs */
    double drift;   /* of ln loss, for each decade beyond it */
} ll_posterior_view;
ll_posterior_view ll_posterior_look(const ll_posterior *p);

/* At point k of the grid: covariance of ln loss, noise apart, between m places into S [m,m], and the sd of a run's
 * own scatter at each into noise [m]. prior->spread and drift are not in them. Thread-safe. */
ll_status ll_posterior_covariance(const ll_posterior *p, int k, const ll_place *x, int m, double *S, double *noise,
                                  ll_error *err);

/* No runs yet: the prior alone, its terms taken at x, where the largest run is to come. Its losses have no level.
 */
ll_status ll_posterior_of_prior(ll_posterior **out, const ll_law *law, const double x[LL_VAR_COUNT],
                                const ll_prior *prior, ll_error *err);

#endif
