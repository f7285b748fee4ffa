/* The laws of whole learning curves, of one model or of several: the loss at each step from the learning rates up
 * to it.
 *
 *     const ll_curve_law *law = ll_curve_law_find("multi_power");
 *     law->curve(&rates, N, NULL, params, loss, NULL);
 *
 * multi_power (Luo et al. 2025, arXiv:2503.12811): L0 + A S1^-alpha - B sum over changes of the rate of
 * (eta_before - eta) G(eta^-gamma S), G(x) = 1 - (C x + 1)^-beta, S the sum of rates since the change and S1 since the
 * start of training, warm-up included. The rise of the warm-up is one of the changes, which puts about B times the peak
 * rate between L0 and where a constant rate leads: so the published constants give the published errors. annealing
 * (Tissue et al. 2024, arXiv:2408.11029): L0 + A S1^-alpha - C S2, S2 the sum of the falls behind the warm-up, each
 * (eta_before - eta) (1 - lambda^steps) / (1 - lambda) at steps behind it. At a constant rate both are, at last, a
 * power law of S1.
 *
 * multi_power_n is multi_power inside a law of size, for curves of several models: a term A/N^alpha beside that of S1,
 * and F N^r in the place of B. The two terms are joined as in a forecast (forecast/belief/curve.h): added at q = 1, so
 * that along a constant rate it is Chinchilla's form, the larger of them as q goes to 0: early in training models of
 * all sizes are equally bad. S_W is what training had before S1, and the rise of the warm-up is none of the changes:
 * F N^r times it would be a second term of size. Rates are shares of each run's peak.
 */
#ifndef LL_FIT_CURVE_CURVE_LAW_H
#define LL_FIT_CURVE_CURVE_LAW_H

#include <stdbool.h>

#include "fit/curve/rates.h"
#include "loglog/law.h"

#define LL_MULTI_POWER_FORM \
    "L0 + A S1^-alpha - B sum (eta_before - eta) G(eta^-gamma S), G(x) = 1 - (C x + 1)^-beta"
#define LL_MULTI_POWER_SOURCE "Luo et al. 2025, arXiv:2503.12811"
#define LL_MULTI_POWER_N_FORM                                                                                      \
    "E + 2 [((A/N^alpha)^(1/q) + (B/(S1 + S_W)^beta)^(1/q))/2]^q - F N^r sum (eta_before - eta) G(eta^-gamma S), " \
    "G(x) = 1 - (C x + 1)^-zeta"
#define LL_MULTI_POWER_N_SOURCE "Luo et al. 2025, arXiv:2503.12811, in E + A/N^alpha + B/D^beta"
#define LL_ANNEALING_FORM "L0 + A S1^-alpha - C S2, S2 = sum (eta_before - eta) (1 - lambda^steps)/(1 - lambda)"
#define LL_ANNEALING_SOURCE "Tissue et al. 2024, arXiv:2408.11029"

enum { LL_CURVE_L0, LL_CURVE_A, LL_CURVE_ALPHA, LL_CURVE_FALL }; /* what all begin with; FALL: the coefficient */
enum { LL_CURVE_PARAMS = 12, LL_CURVE_LINEAR = 4 };

/* What a parameter is before there are curves: normal, of its logarithm where it is searched as one. sd 0: nothing is
 * known, or, where at is not 0, it is held there. */
typedef struct ll_curve_prior {
    double at, sd;
} ll_curve_prior;

typedef struct ll_curve_law {
    ll_law law; /* its names, source and parameters; eval and grad NULL: a row alone has no value */
    ll_curve_prior prior[LL_CURVE_PARAMS];
    const double *grid[LL_CURVE_PARAMS];   /* where searches begin, ending with 0; NULL: linear, or its prior's */
    int n_linear, linear[LL_CURVE_LINEAR]; /* the coefficients that the loss is linear in */
    bool of_sizes;                         /* it reads N, and rates as shares of the peak */
    /* Loss into L [n] and, unless J is NULL, its gradient over the parameters into J [n][law.n_params], at the rows
     * that are wanted (NULL: all); the others are left alone. N: parameters of the run, of a law of sizes. */
    void (*curve)(const ll_rates *r, double N, const bool *want, const double *params, double *L, double *J);
} ll_curve_law;

extern const ll_curve_law ll_curve_multi_power, ll_curve_multi_power_n, ll_curve_annealing;
const ll_curve_law *ll_curve_law_find(const char *name); /* NULL when there is none */

#endif
