/* Approach 1: the lower envelope of the learning curves, and straight lines through it, ln N_opt and ln D_opt on ln
 * C (Hoffmann et al. 2022, s3.1).
 *
 *     ll_envelope_data d = { .n = n, .params = N, .tokens = D, .flops = C, .loss = L, .cluster = run };
 *     ll_envelope f;
 *     LL_TRY(ll_envelope_run(&f, &d, &(ll_fit_opts){ .seed = 1 }, err));
 *     f.a.value, f.bias, f.tread[0].params
 *     ll_envelope_clear(&f);
 *
 * A curve is the rows of one cluster (checkpoints of a run) or, without clusters, of one size (within 2 %), joined
 * by straight lines in ln loss on ln C. At each of 1500 budgets in equal ratios the lowest curve is the optimum, so
 * the envelope is a staircase; a budget whose lowest curve is the smallest or the largest size that reaches it does
 * not show the optimum and is left out of the lines. Every row is taken as a finished run: losses from the middle
 * of a schedule lie too high, and the envelope then leans to sizes that were further through theirs. A lowest is
 * also the luckiest: runs that differ by 0.3 % of the loss pull a down by about .02, where sixteen sizes span two
 * decades.
 */
#ifndef LL_FIT_APPROACH_ENVELOPE_H
#define LL_FIT_APPROACH_ENVELOPE_H

#include <stddef.h>

#include "loglog/fit.h"

enum { LL_ENVELOPE_CURVES = 2000 };

typedef struct ll_envelope_data {
    int64_t n;
    const double *params, *tokens, *flops, *loss; /* [n] each, finite and above 0 */
    const int64_t *cluster;                       /* [n] or NULL */
} ll_envelope_data;

/* One step of the staircase: the budgets between which one curve is the lowest. */
typedef struct ll_tread {
    double params, flops_lo, flops_hi, tokens, loss; /* tokens and loss half way between, by ratio */
    bool edge; /* part of it or all lies where no smaller, or no larger, size was run */
} ll_tread;

typedef struct ll_envelope {
    ll_fit_opts opts; /* resolved; of it only n_boot, level, seed and threads count: curves are resampled */
    int64_t n;        /* rows on curves */
    int64_t n_curves, n_short; /* curves; those of fewer than two budgets, left out */
    int64_t n_budgets, n_edge; /* budgets of the grid that a curve reaches; of them left out as edges */
    ll_tread *tread;           /* by rising flops; owned */
    int64_t n_treads, n_sizes; /* n_sizes: curves that are lowest somewhere inside */
    ll_estimate a, b, G;       /* N_opt = G (C/6)^a, D_opt ~ C^b */
    double r2, a_all;          /* of the line ln N_opt on ln C; a with the edges in */
    double bias; /* of a: what this design does to a noiseless surface of exponents .34, .28 whose frontier runs
                    through the middle of this one; NaN where that surface shows no envelope */
    int64_t n_draws;
    double wall_s;
} ll_envelope;

/* Fewer than three sizes taking turns inside, or more than LL_ENVELOPE_CURVES curves: LL_EINPUT. On failure f is
 * empty. The resampling is of whole curves: opts->resample may be 0 or LL_RESAMPLE_CLUSTER. */
ll_status ll_envelope_run(ll_envelope *f, const ll_envelope_data *data, const ll_fit_opts *opts, ll_error *err);
void ll_envelope_clear(ll_envelope *f);

/* A line for people per thing to worry about: line k into buf, false when there is none. */
bool ll_envelope_warning(const ll_envelope *f, int k, char *buf, size_t size);

#endif
