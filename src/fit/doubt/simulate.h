/* Simulated losses on a given design: a planted law times the exponential of noise. */
#ifndef LL_FIT_DOUBT_SIMULATE_H
#define LL_FIT_DOUBT_SIMULATE_H

#include "loglog/fit.h"

enum { LL_COVERAGE_TARGETS = 4 };

/* A function of the parameters whose interval is on trial too. */
typedef struct ll_target {
    const char *name;
    double (*f)(const double *params, const void *ctx);
    const void *ctx;
} ll_target;

/* What is simulated. Everything is borrowed. A row of weight w has noise of 1 / sqrt(w): a weight is 1 / se^2. */
typedef struct ll_trial {
    const ll_law *law;
    const ll_fit_data *data; /* the design: its variables, weights and clusters; its losses are not read */
    ll_fit_opts opts;        /* of each study's fit; its threads are those of the whole */
    const double *params;    /* [law->n_params] planted */
    const double *residual;  /* [n] of ln loss, to draw noise from; NULL: normal noise */
    double sd;               /* of ln loss, of the normal noise */
    int64_t studies;
    ll_target target[LL_COVERAGE_TARGETS];
    int n_targets;
    void (*tick)(void *ctx, int64_t done); /* on the calling thread, now and then; NULL: nobody watches */
    void *ctx;
} ll_trial;

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
