/* A law of whole learning curves (curve_law.h) fitted to those of one model, and judged on curves of other schedules.
 *
 *     ll_curve_fit f;
 *     LL_TRY(ll_curve_fit_run(&f, ll_curve_law_find("multi_power"), &data, &(ll_fit_opts) { .seed = 1 }, err));
 *     f.params[LL_CURVE_ALPHA].value, f.judged.mean_abs_rel_err
 *     ll_curve_fit_clear(&f);
 *
 * A few curves hardly tell apart how fast the loss follows a fall of the rate and how much: C, beta and gamma of
 * multi_power have priors about published fits, lambda of annealing keeps 0.999 unless opts fixes another. Neighbouring
 * points of a curve err together: intervals are of a wild bootstrap whose signs turn a tenth of a curve at a time, and
 * whose priors are drawn about their own centres.
 */
#ifndef LL_FIT_CURVE_CURVE_FIT_H
#define LL_FIT_CURVE_CURVE_FIT_H

#include <stddef.h>

#include "fit/curve/curve_law.h"
#include "fit/curve/curve_rows.h"
#include "loglog/fit.h"

enum { LL_CURVE_DRAWS = 100, LL_CURVE_BLOCKS = 10 }; /* draws at most; blocks of a curve */

/* How predictions hold against losses: errors relative to the loss, r2 of the losses. */
typedef struct ll_curve_score {
    int64_t row; /* of the data, the curve's first; -1: of all */
    int64_t n;
    double r2, mean_abs_rel_err, worst_abs_rel_err;
    double end_rel_err; /* of the last row, with its sign; of_curves: the mean of their sizes */
} ll_curve_score;

typedef struct ll_curve_fit {
    const ll_curve_law *law;
    ll_fit_opts opts;                       /* resolved; fixed has what the law holds too */
    int64_t n, n_curves, n_falling, n_warm; /* as of ll_curve_rows */
    ll_estimate params[LL_CURVE_PARAMS];
    double objective, residual_sd; /* residual_sd: of ln loss, degrees of freedom taken off */
    ll_fit_stop stop;
    int64_t starts, n_draws;
    ll_curve_score fitted, judged, of_curves; /* all rows; of_curves: the mean over the judged curves */
    ll_curve_score *curve;                    /* [n_judged_curves]; owned */
    int64_t n_judged_curves;
    double wall_s;
} ll_curve_fit;

/* Rows as ll_curve_rows_new asks, more of them than parameters, and one behind a fall of the rate unless the fall's
 * coefficient is fixed: else LL_EINPUT. opts.resample: 0 or wild. On failure f is empty. */
ll_status ll_curve_fit_run(ll_curve_fit *f, const ll_curve_law *law, const ll_curve_data *data,
                           const ll_fit_opts *opts, ll_error *err);
void ll_curve_fit_clear(ll_curve_fit *f);

/* A line for people per thing to worry about: line k into buf, false when there is none. */
bool ll_curve_fit_warning(const ll_curve_fit *f, int k, char *buf, size_t size);

#endif
