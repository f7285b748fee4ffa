/* Principal components of the scores of many models, where some are missing: iterated principal components, in which a
 * missing score is what the mean and the first component say of its model, found anew until it stays.
 *
 *     ll_components c;
 *     ll_components_find(&c, &(ll_benchmarks) { n, m, 3, x }, NULL, false, filled, S);
 *     c.share[0], c.loading[0][j]
 *
 * Scores are taken about their means and not scaled: shares of right answers have one scale.
 */
#ifndef LL_FIT_OBSERVATIONAL_COMPONENTS_H
#define LL_FIT_OBSERVATIONAL_COMPONENTS_H

#include <stdbool.h>
#include <stdint.h>

enum { LL_BENCHMARKS_MOST = 16, LL_COMPONENTS_MOST = 8 };

typedef struct ll_benchmarks {
    int64_t n;       /* models */
    int m, k;        /* benchmarks, components: 1 <= k <= m */
    const double *x; /* [n][m], NaN: missing */
} ll_benchmarks;

typedef struct ll_components {
    int m, k;
    double mean[LL_BENCHMARKS_MOST];
    double loading[LL_COMPONENTS_MOST][LL_BENCHMARKS_MOST]; /* unit length; its sum is not below 0 */
    double share[LL_COMPONENTS_MOST];                       /* of the variance of the filled table */
} ll_components;

/* weight [n] or NULL: models of weight 0 have components, and no say in them. filled [n][m] holds a first guess of
 * the missing scores where guessed, else it is begun at the means; it comes back with what they are found to be. S
 * [n][k] gets the components' scores. A benchmark that no model with weight has makes all of it NaN. Allocates
 * nothing. */
void ll_components_find(ll_components *c, const ll_benchmarks *b, const double *weight, bool guessed,
                        double *filled, double *S);

#endif
