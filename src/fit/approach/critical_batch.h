/* The critical batch: how many steps each batch takes to each of a set of losses, the hyperbola of steps and tokens
 * at each loss, and the power law B_crit(L) = B_star / L^(1/alpha_B) through their B_crit (Kaplan et al. 2020,
 * s5.1; McCandlish et al. 2018).
 *
 *     ll_critical_batch_data d = { .n = n, .batch = B, .steps = S, .loss = L, .cluster = run };
 *     ll_critical_batch f;
 *     LL_TRY(ll_critical_batch_run(&f, &d, &(ll_fit_opts) { .seed = 1 }, err));
 *     f.B_star.value, f.alpha_B.value, f.loss[0].B_crit.value
 *     ll_critical_batch_clear(&f);
 *
 * A curve is the rows of one cluster, all of one batch and, where params are given, of one size; each size has
 * hyperbolas of its own and all share the power law. Steps to a loss lie on the straight line of ln S on ln L between
 * the two rows where the curve first comes beneath it. The losses are in equal ratios over the lower half, by ratio,
 * of what three batches and more reach from their first row: the upper half is the warm-up's. Rates that were not
 * tuned batch by batch bend the hyperbola, and a decaying schedule makes curves of other lengths no longer
 * comparable: a sweep is best run at a constant rate.
 */
#ifndef LL_FIT_APPROACH_CRITICAL_BATCH_H
#define LL_FIT_APPROACH_CRITICAL_BATCH_H

#include <stddef.h>

#include "fit/approach/hyperbola.h"
#include "loglog/fit.h"

#define LL_CRITICAL_BATCH_FORM "S = S_min (1 + B_crit/B) at each loss, B_crit = B_star/L^(1/alpha_B) through them"
enum { LL_CRITICAL_LOSSES = 12 };

typedef struct ll_critical_batch_data {
    int64_t n;
    const double *batch, *steps, *loss; /* [n] tokens a step, steps, loss; finite and above 0 */
    const double *params;               /* [n] or NULL: all of one size */
    const int64_t *cluster;             /* [n] */
} ll_critical_batch_data;

/* One loss of one size. */
typedef struct ll_critical_loss {
    int64_t size;        /* its number, from 0 */
    double params, loss; /* params NaN where none are given */
    ll_hyperbola at;
    bool found;                       /* there is a hyperbola; else the three are NaN */
    ll_estimate S_min, E_min, B_crit; /* steps, tokens, tokens a step */
} ll_critical_loss;

typedef struct ll_critical_batch {
    ll_fit_opts opts;          /* resolved; of it only n_boot, resample, level, seed and threads count */
    int64_t n;                 /* rows on curves */
    int64_t n_curves, n_short; /* curves; those of a single row, left out */
    int64_t n_sizes;
    ll_critical_loss *loss; /* by size, then by falling loss; owned */
    int64_t n_losses, n_found, n_edge;
    ll_estimate B_star, alpha_B;
    double r2;                 /* of the line ln B_crit on ln L */
    int64_t n_draws, n_rising; /* n_rising: draws in which B_crit does not grow as the loss falls, left out */
    double wall_s;
} ll_critical_batch;

/* Fewer than three batches that come to a common loss, or fewer than two losses with a hyperbola: LL_EINPUT. On
 * failure f is empty. opts->resample: wild (0 is that): each curve's departures in ln S change sign together; or
 * cluster: whole curves are drawn again. */
ll_status ll_critical_batch_run(ll_critical_batch *f, const ll_critical_batch_data *data, const ll_fit_opts *opts,
                                ll_error *err);
void ll_critical_batch_clear(ll_critical_batch *f);

/* A line for people per thing to worry about: line k into buf, false when there is none. */
bool ll_critical_batch_warning(const ll_critical_batch *f, int k, char *buf, size_t size);

/* B_crit(L), tokens a step. */
double ll_critical_batch_at(double B_star, double alpha_B, double loss);

#endif
