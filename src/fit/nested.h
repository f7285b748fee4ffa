/* Is a law whose parameters two groups of runs partly share enough, or must more of them be each group's own?
 *
 * A score test: the columns by which the wider law could move away from the narrower one, cleaned of all that the
 * narrower one can follow, against its residuals; F is what they explain over what they leave. Its distribution is
 * had by giving the residuals signs at random and cleaning them again (Freedman and Lane 1983, with the sign flips
 * of Winkler et al. 2014): the groups may have noise of different size, and rows that belong together keep
 * together. A residual is first divided by the root of 1 minus its leverage, which gives back what the fit took.
 */
#ifndef LL_FIT_NESTED_H
#define LL_FIT_NESTED_H

#include "loglog/fit.h"

enum { LL_NESTED_WIDER = 4 };

typedef struct ll_nested {
    const ll_law *law;
    const ll_fit_data *data[2];
    const double *params[2];         /* of each group under the narrower law, at its optimum */
    uint32_t own;                    /* bits of the parameters that are each group's own */
    uint32_t wider[LL_NESTED_WIDER]; /* the same of each wider law: it holds own */
    int n_wider;
    const int32_t *unit; /* [n of both groups] 0 .. n_units-1: rows whose signs flip together */
    int64_t n_units;
    uint64_t seed;
    uint32_t fixed; /* as in ll_fit_opts */
} ll_nested;

/* The p-value; its false-alarm rate is the level it is judged at. NaN where no freedom is left to tell. */
double ll_nested_p(const ll_nested *t);

#endif
