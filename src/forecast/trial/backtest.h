/* The wind tunnel: fit the runs below a compute cut, forecast those above, and see how it came.
 *
 *     ll_backtest_score s;
 *     ll_backtest_opts opts = { .seed = 1 };
 *     LL_TRY(ll_backtest_run(&s, LL_BACKTEST_LOGLOG, law, &data, 10, &opts, err));
 *     s.median_abs_rel_err, s.coverage[LL_BACKTEST_90]
 *
 * Fitted are the runs with C <= C_max / factor, judged all above. Deterministic for any number of threads.
 */
#ifndef LL_FORECAST_TRIAL_BACKTEST_H
#define LL_FORECAST_TRIAL_BACKTEST_H

#include "base/document/json.h"
#include "forecast/belief/prior.h"
#include "loglog/fit.h"

/* X(id, name, bottom): standard.h; our own, posterior.h; and approach 2, valleys.h, its bottoms along one of three
 * laws. Of a table of one variable bnsl and m4 are the law itself. */
#define LL_BACKTEST_METHODS(X)           \
    X(STANDARD, "standard", NULL)        \
    X(LOGLOG, "loglog", NULL)            \
    X(ISOFLOP, "isoflop", "power_floor") \
    X(BNSL, "bnsl", "bnsl")              \
    X(M4, "m4", "m4")

typedef enum ll_backtest_method {
#define LL_BACKTEST_ENUM(id, name, bottom) LL_BACKTEST_##id,
    LL_BACKTEST_METHODS(LL_BACKTEST_ENUM)
#undef LL_BACKTEST_ENUM
        LL_BACKTEST_METHOD_COUNT
} ll_backtest_method;
extern const char *const ll_backtest_methods[LL_BACKTEST_METHOD_COUNT];

enum { LL_BACKTEST_50, LL_BACKTEST_80, LL_BACKTEST_90, LL_BACKTEST_95, LL_BACKTEST_LEVELS };
extern const int ll_backtest_levels[LL_BACKTEST_LEVELS]; /* percent */

typedef struct ll_backtest_opts {
    uint64_t seed;         /* 1 */
    int64_t n_boot;        /* 1000, of every method but loglog */
    int threads;           /* 0: all cores */
    const ll_prior *prior; /* of our method; NULL: the default one */
} ll_backtest_opts;

typedef struct ll_backtest_score {
    int64_t n_fit, n_test;
    double median_abs_rel_err, max_abs_rel_err; /* of predicted / loss - 1 */
    double bias;                                /* its mean */
    double coverage[LL_BACKTEST_LEVELS];        /* share of judged runs inside the central interval */
    double interval_score;                      /* mean, of the 90 % interval of ln loss */
    double log_score;                           /* mean minus log density of ln loss */
} ll_backtest_score;

/* factor not above 1, nothing above the cut, or below it no more runs than the law
 * has parameters: LL_EINPUT; n_fit and n_test are set all the same. */
ll_status ll_backtest_run(ll_backtest_score *out, ll_backtest_method method, const ll_law *law,
                          const ll_fit_data *data, double factor, const ll_backtest_opts *opts, ll_error *err);

/* A score as part of the document loglog.backtest/1; missing: why there is none, or "". */
ll_json *ll_backtest_score_json(const ll_backtest_score *s, const char *missing);

#endif
