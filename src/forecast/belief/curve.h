/* A law in the coordinates of the forecast: ln loss as a function of theta, with a normal prior on theta.
 *
 *     ll_curve c;
 *     LL_TRY(ll_curve_init(&c, law, &data, C, &opts, prior, err));      C [n] compute of each row
 *     double y = ll_curve_at(&c, theta, lnx, g);                        g [c.p] = d y / d theta; may be NULL
 *
 * theta are logarithms. Of a law that is a sum of terms each coefficient is taken at the frontier, the mean of ln x
 * over the runs within a factor of 10 of the largest compute, so that it is the term's own size there and hardly
 * depends on the exponent. Its K power terms s are joined as
 *
 *     K [mean of s^(1/q)]^q
 *
 * which is their sum at q = 1 and the larger of them as q goes to 0: the nest of Kaplan's and Chinchilla's surfaces
 * (law "nest"), written so that equal terms keep their sum. q is one more theta, near 1 by the prior. Any other law
 * keeps its parameters, and the prior is wide about a plain fit.
 */
#ifndef LL_FORECAST_BELIEF_CURVE_H
#define LL_FORECAST_BELIEF_CURVE_H

#include "forecast/belief/prior.h"
#include "loglog/fit.h"

typedef struct ll_curve {
    const ll_law *law;
    int p;                                                   /* of theta */
    int mixing;                                              /* which of them is ln q; -1: q is 1 */
    double ref[LL_LAW_MAX_TERMS];                            /* ln x at which term k's coefficient is taken */
    double centre[LL_LAW_MAX_PARAMS], sd[LL_LAW_MAX_PARAMS]; /* of theta */
} ll_curve;

/* LL_EINPUT: no forecast stands on this law, whatever the runs. */
ll_status ll_curve_can(const ll_law *law, ll_error *err);

/* Of opts only fixed and fixed_value are read; NULL: none. */
ll_status ll_curve_init(ll_curve *c, const ll_law *law, const ll_fit_data *data, const double *C,
                        const ll_fit_opts *opts, const ll_prior *prior, ll_error *err);

/* ln loss of n rows, lnx [n][LL_VAR_COUNT], into y [n]; d y / d theta into g [c.p][n], or NULL. */
void ll_curve_rows(const ll_curve *c, const double *theta, const double *lnx, int64_t n, double *y, double *g);

/* That of one row, to the same bits; g [c.p]. */
double ll_curve_at(const ll_curve *c, const double *theta, const double lnx[LL_VAR_COUNT], double *g);

#endif
