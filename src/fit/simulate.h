/* Simulated losses on a given design: a planted law times the exponential of noise. */
#ifndef LL_FIT_SIMULATE_H
#define LL_FIT_SIMULATE_H

#include "fit/coverage.h"

typedef struct ll_simulator {
    const ll_trial *trial;
    int64_t n, n_pool, n_groups; /* rows; rows of weight above 0; clusters */
    double *ln_loss;             /* [n] of the planted law */
    double *scale;               /* [n] noise of a row against one of mean weight */
    double *within, *between;    /* [n_pool] and [n_groups] to draw from; between all 0 without clusters */
    int32_t *group;              /* [n] 0 .. n_groups-1, or NULL */
    double extra_sd, total_sd;   /* of the normal part; of all noise */
    double *block;               /* owns the doubles */
} ll_simulator;

/* Borrows the trial. LL_EINPUT: the law is not above zero at a row, or no row is left beyond the parameters. */
ll_status ll_simulator_new(ll_simulator *s, const ll_trial *trial, ll_error *err);
void ll_simulator_free(ll_simulator *s);

/* The losses [n] of study i; depends on nothing but the trial's seed and i. effect [n_groups] is scratch. */
void ll_simulate(const ll_simulator *s, int64_t i, double *loss, double *effect);

#endif
