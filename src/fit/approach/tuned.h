/* What runs lost by their learning rate and batch, and the law of what is left once it is taken off.
 *
 *     ll_tuned f;
 *     LL_TRY(ll_tuned_run(&f, &data, &(ll_fit_opts) { .seed = 1 }, err));
 *     f.best[LL_TUNED_RATE].by_params.value, f.lost[i], f.law.params[0].value
 *     ll_tuned_clear(&f);
 *
 * Runs of one N and D are a cell. In it, near the bottom of its valley,
 *
 *     ln L = ln L_best(N, D) + (z - z_best)' K (z - z_best) / 2,     z_best = c + a ln N + b ln D,
 *
 * z the logarithms of rate and batch, or of the rate alone. K is one for all cells (Li et al. 2025, arXiv:2503.04715,
 * find the valley's shape the same), so that without the cells' own means it is linear in its coefficients: least
 * squares with Huber's weights over the runs within LL_TUNED_NEAR of their cell's lowest tenth. Intervals are over
 * cells drawn again. The law is Chinchilla's through each cell's median of ln L less what was lost.
 */
#ifndef LL_FIT_APPROACH_TUNED_H
#define LL_FIT_APPROACH_TUNED_H

#include <stddef.h>

#include "loglog/fit.h"

#define LL_TUNED_FORM "E + A/N^alpha + B/D^beta, and lr, batch = c N^a D^b where it is reached"
#define LL_TUNED_SOURCE "Li et al. 2025, arXiv:2503.04715 (best rate and batch)"
#define LL_TUNED_NEAR 0.05

enum { LL_TUNED_RATE, LL_TUNED_BATCH, LL_TUNED_KINDS };

typedef struct ll_tuned_data {
    int64_t n;
    const double *params, *tokens, *rate, *loss; /* [n] above 0 */
    const double *batch;                         /* [n] in tokens; NULL: the rate alone */
} ll_tuned_data;

/* value (N / params)^by_params (D / tokens)^by_tokens, at the geometric means of the runs. */
typedef struct ll_tuned_best {
    ll_estimate value, by_params, by_tokens;
    double curvature; /* of ln L, for a factor of e off */
} ll_tuned_best;

typedef struct ll_tuned {
    ll_fit_opts opts;           /* resolved */
    int64_t n, n_cells, n_near; /* runs; those that the valleys are fitted to */
    int kinds;                  /* 1: the rate alone */
    double params, tokens;      /* geometric means of the runs */
    ll_tuned_best best[LL_TUNED_KINDS];
    double K[LL_TUNED_KINDS * LL_TUNED_KINDS]; /* [kinds,kinds] */
    double *lost;                              /* [n] of ln loss; owned */
    double median_lost, residual_sd;           /* of the runs near; robust, of ln loss within the cells */
    ll_fit law, raw;                           /* with what was lost taken off, and as the runs came */
    double law_sd, raw_sd;                     /* of ln loss of the runs near about each; robust */
    int64_t n_draws;
    double wall_s;
} ll_tuned;

/* No cell of more runs than it takes, sizes or lengths that are all one, a valley that has no bottom: LL_EINPUT. On
 * failure f is empty. */
ll_status ll_tuned_run(ll_tuned *f, const ll_tuned_data *data, const ll_fit_opts *opts, ll_error *err);
void ll_tuned_clear(ll_tuned *f);

/* ln L less ln L_best of a run; batch is read where the fit has it. */
double ll_tuned_lost(const ll_tuned *f, double params, double tokens, double rate, double batch);

/* Mean relative errors on other runs: of those within LL_TUNED_NEAR of their cell's lowest tenth, and of each
 * cell's lowest loss; by the law and what was lost, and by the law fitted to the runs as they came. */
typedef struct ll_tuned_score {
    int64_t n, n_cells;
    double near, near_raw, best, best_raw;
} ll_tuned_score;

/* data has batches where the fit has them. */
ll_status ll_tuned_judge(ll_tuned_score *out, const ll_tuned *f, const ll_tuned_data *data, ll_error *err);

/* A line for people per thing to worry about: line k into buf, false when there is none. */
bool ll_tuned_warning(const ll_tuned *f, int k, char *buf, size_t size);

#endif
