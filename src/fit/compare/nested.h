/* Is a law whose parameters two groups of runs partly share enough, or must more of them be each group's own?
 *
 * A score test: the columns by which the wider law could move away from the narrower one, cleaned of all that the
 * narrower one can follow, against its residuals; F is what they explain over what they leave. Its distribution is
 * had by giving the residuals signs at random and cleaning them again (Freedman and Lane 1983, with the sign flips
 * of Winkler et al. 2014): the groups may have noise of different size, and rows that belong together keep
 * together. A residual is first divided by the root of 1 minus its leverage, which gives back what the fit took.
 * Outliers are drawn in to 1.345 robust standard deviations of their group (Huber 1964: 95 % efficient where there
 * are none).
 *
 * Against several wider laws the one that tells most is taken, and that it was chosen is paid for: its rank among
 * the flips is compared with those of flips whose law was chosen likewise (Westfall and Young 1993).
 */
#ifndef LL_FIT_COMPARE_NESTED_H
#define LL_FIT_COMPARE_NESTED_H

#include "loglog/fit.h"

enum { LL_NESTED_WIDER = 4 };

typedef struct ll_nested {
    const ll_law *law;
    const ll_fit_data *data[2];
    const double *params[2];         /* of each group under the narrower law, at its optimum */
    uint32_t own;                    /* bits of the parameters that are each group's own */
    uint32_t wider[LL_NESTED_WIDER]; /* the same of each wider law: it holds own */
    int n_wider;
    const int32_t *unit; /* [n of both groups] rows of one number flip their signs together */
    uint64_t seed;
    uint32_t fixed; /* as in ll_fit_opts */
} ll_nested;

/* The p-value, from at most 5000 rows of a group, evenly spaced; its false-alarm rate is the level it is judged at.
 * NaN where no freedom is left to tell. */
double ll_nested_p(const ll_nested *t);

#endif
