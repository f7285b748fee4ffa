/* Fitting: arrays in, a law with intervals out.
 *
 *     ll_fit_data data = { .n = n, .x = { [LL_VAR_N] = N, [LL_VAR_D] = D }, .loss = L };
 *     ll_fit_opts opts = { .n_boot = 1000, .seed = 1 };        a zero field means the documented default
 *     ll_fit fit;
 *     LL_TRY(ll_fit_run(&fit, ll_law_find("chinchilla"), &data, &opts, err));
 *     printf("%g [%g, %g]\n", fit.params[0].value, fit.params[0].lo, fit.params[0].hi);
 *     ll_fit_clear(&fit);
 *
 * Deterministic for any number of threads: draw i uses its own random stream.
 */
#ifndef LOGLOG_FIT_H
#define LOGLOG_FIT_H

#include <stdbool.h>
#include <stdint.h>

#include "loglog/api.h"
#include "loglog/error.h"
#include "loglog/law.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ll_fit_data {
    int64_t n;
    const double *x[LL_VAR_COUNT]; /* [n] each; NULL where the law does not read it */
    const double *loss;            /* [n] above zero, but for a law of losses below it */
    const double *weight;          /* [n] or NULL */
    const int64_t *cluster;        /* [n] or NULL: rows of one number are resampled together */
    const int64_t *line;           /* [n] or NULL: the row's line in its file, 0 of none; for warnings, as is run */
    const char *const *run;        /* [n] or NULL: its name, or NULL */
} ll_fit_data;

/* Rows that someone owns; ll_fit_data is a view of such or of the caller's arrays, and never owns. */
enum { LL_ROWS_LOSS = LL_VAR_COUNT, LL_ROWS_WEIGHT, LL_ROWS_CLUSTER, LL_ROWS_COLUMNS };
typedef struct ll_fit_rows {
    int64_t n, room;
    double *number[LL_ROWS_CLUSTER]; /* [room] the variables, the loss, the weight; NULL: no such column */
    int64_t *cluster;                /* [room] or NULL */
    double *block;                   /* owns them all */
} ll_fit_rows;

/* Each is a sum over rows, weighted: Huber_delta(r), |r|, r^2 of r = ln predicted - ln loss; r^2 of the losses. */
typedef enum ll_objective { LL_OBJ_HUBER_LOG = 1, LL_OBJ_LAD_LOG, LL_OBJ_LS_LOG, LL_OBJ_LS } ll_objective;
typedef enum ll_resample {
    LL_RESAMPLE_CASE = 1,
    LL_RESAMPLE_CLUSTER,
    LL_RESAMPLE_WILD,
    LL_RESAMPLE_RESIDUAL /* one noise for all rows, of size 1 / sqrt(weight); rows of clusters are refused */
} ll_resample;

/* Names and back: huber_log, lad_log, ls_log, ls; none (0), case, cluster, wild, residual. False for another word,
 * which leaves out as it was. */
LL_API const char *ll_objective_name(ll_objective objective);
LL_API bool ll_objective_named(const char *name, ll_objective *out);
LL_API const char *ll_resample_name(ll_resample resample);
LL_API bool ll_resample_named(const char *name, ll_resample *out);

typedef struct ll_fit_opts {
    /* huber_log: sum (never mean) of Huber(ln predicted - ln loss); ls for a law of losses below zero, always */
    ll_objective objective;
    double delta;   /* 1e-3 */
    int64_t n_boot; /* 1000; below 0: none */
    /* case; cluster when data.cluster is given; else residual up to 20 runs or below 6 a parameter, and wild below 10
     * runs. From 5,000 rows on a draw of case or cluster takes about 2500 of them and is brought nearer to the fit by
     * the root of that share. */
    ll_resample resample;
    double level;      /* 0.9 */
    int64_t n_starts;  /* 0: the law's grid */
    uint64_t seed;     /* 1 */
    int threads;       /* 0: all cores */
    bool no_influence; /* leave out no row at a time: influence stays NULL */
    uint32_t fixed;    /* bit i: parameter i is held at fixed_value[i] */
    double fixed_value[LL_LAW_MAX_PARAMS];
} ll_fit_opts;

/* A stop reason is not an error, and an error is not a stop reason. */
typedef enum ll_fit_stop { LL_FIT_CONVERGED = 1, LL_FIT_AT_BOUND, LL_FIT_MAX_EVAL, LL_FIT_STALLED } ll_fit_stop;
LL_API const char *ll_fit_stop_name(ll_fit_stop stop);

typedef struct ll_estimate {
    double value, se, lo, hi; /* se, lo, hi NaN without resampling */
} ll_estimate;

enum { LL_FIT_MAX_OPTIMA = 8, LL_FIT_MAX_WARNINGS = 16, LL_FIT_WARNING = 200 };

typedef struct ll_fit {
    const ll_law *law;
    ll_fit_opts opts; /* resolved */
    int64_t n;
    ll_fit_rows rows; /* its own copy; owned */
    ll_fit_data data; /* a view of it */
    double objective;
    ll_fit_stop stop;
    ll_estimate params[LL_LAW_MAX_PARAMS];
    int64_t n_draws;    /* resamples that were fitted */
    int64_t taken;      /* rows, or clusters, in each resample of a large table; 0: as many as there are */
    double *draws;      /* [n_draws][law->n_params]; owned */
    double *residual;   /* [n] ln loss - ln predicted; of a law of losses below zero loss - predicted; owned */
    double *influence;  /* [n] change of the last exponent when the row is left out, in se; owned; may be NULL */
    double *left_out;   /* [n][law->n_params] parameters when the row is left out; owned; NULL with influence */
    uint32_t weak;      /* bit i: the draws scatter parameter i by more than 20 % (a log parameter) or 25 % */
    double residual_sd; /* robust, degrees of freedom taken off, of ln loss (of the loss likewise) */
    struct {
        double objective, params[LL_LAW_MAX_PARAMS];
    } optima[LL_FIT_MAX_OPTIMA]; /* best first */
    int n_optima;
    int64_t starts;
    char warnings[LL_FIT_MAX_WARNINGS][LL_FIT_WARNING];
    int n_warnings;
    double wall_s;
} ll_fit;

/* Zero fields become defaults; impossible ones are LL_EINPUT. */
LL_API ll_status ll_fit_opts_resolve(const ll_fit_opts *in, ll_fit_opts *out, ll_error *err);

/* Fewer rows, or fewer distinct points, than parameters, all losses equal, a loss that is not above zero, a
 * variable that is not finite and above zero: LL_EINPUT, row named where there is one. On failure fit is empty. As
 * many rows as parameters: fitted, without draws. */
LL_API ll_status ll_fit_run(ll_fit *fit, const ll_law *law, const ll_fit_data *data, const ll_fit_opts *opts,
                            ll_error *err);
LL_API void ll_fit_clear(ll_fit *fit);

/* The sum that is minimised, at parameters of one's own. */
LL_API double ll_fit_objective(const ll_law *law, const ll_fit_data *data, const ll_fit_opts *opts,
                               const double *params);

/* Value, and over the draws se and the interval at opts.level, of any function of the parameters. The interval is
 * the percentile one, widened for few rows (Hesterberg 2015). */
LL_API ll_estimate ll_fit_derived(const ll_fit *fit, double (*f)(const double *params, const void *ctx),
                                  const void *ctx);

/* Does a quadratic in the log of a variable explain what the law leaves over? The p-value, by permutation; its
 * false-alarm rate is the level it is judged at. NaN where there are too few runs to tell. C stands in as 6 N D. */
LL_API double ll_fit_bend_p(const ll_fit *fit, const ll_fit_data *data, ll_var along, uint64_t seed);

#ifdef __cplusplus
}
#endif
#endif
