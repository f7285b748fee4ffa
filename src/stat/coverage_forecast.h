/* What many samples of each item will solve, told from few: coverage at k by two laws.
 *
 *     ll_coverage_forecast f;
 *     if (ll_forecast_by_beta(&few, 10000, 0.9, seed, &f)) f.value, f.lo, f.hi
 *
 * By the Beta law (Schaeffer et al. 2025, arXiv:2502.17578) every item has a probability of its own, of which its
 * counts and the others' tell; the interval is of the items that were counted. By the exponential law coverage =
 * exp(-a k^-b) (Brown et al. 2024, arXiv:2407.21787) the curve goes on as it came; the interval is by resampling
 * the items.
 */
#ifndef LL_STAT_COVERAGE_FORECAST_H
#define LL_STAT_COVERAGE_FORECAST_H

#include <stdbool.h>
#include <stdint.h>

typedef struct ll_item_counts {
    const int64_t *right; /* [items] of n samples each */
    int64_t n, items;
} ll_item_counts;

typedef struct ll_coverage_forecast {
    double value, lo, hi; /* coverage */
    double a, b;          /* of the law: Beta(a, b), or exp(-a k^-b) */
    double a_se, b_se;
} ll_coverage_forecast;

/* false where the law says nothing: no item solved, or every sample right; out of memory. */
bool ll_forecast_by_beta(const ll_item_counts *few, int64_t k, double level, uint64_t seed,
                         ll_coverage_forecast *out);
bool ll_forecast_by_law(const ll_item_counts *few, int64_t k, double level, uint64_t seed,
                        ll_coverage_forecast *out);

#endif
