/* The laws of one variable that a set of runs carries, L(N), L(D) and L(C), and its isoFLOP valleys.
 *
 *     ll_univariate_data d = { .n = n, .params = N, .tokens = D, .flops = C, .loss = L };
 *     ll_univariates l;
 *     LL_TRY(ll_univariates_find(&l, &d, &(ll_fit_opts){ .seed = 1 }, err));
 *     if (l.along[LL_VAR_N].floor.law) use(l.along[LL_VAR_N].floor.params[0].value);
 *     ll_univariates_clear(&l);
 *
 * A law that the runs cannot carry is absent (its fit has law NULL) and says why; that is no error.
 */
#ifndef LL_FIT_APPROACH_UNIVARIATE_H
#define LL_FIT_APPROACH_UNIVARIATE_H

#include "fit/approach/choose.h"
#include "fit/approach/valley.h"

enum { LL_UNIVARIATES = 3 };

/* One law of one variable, in Kaplan's form and with a floor. */
typedef struct ll_univariate {
    ll_var along;                     /* LL_VAR_N, LL_VAR_D or LL_VAR_C */
    ll_fit power, floor;              /* law NULL: absent */
    ll_chosen runs;                   /* that it stands on; rows owned */
    char missing[LL_UNIVARIATE_TEXT]; /* why a form is absent; "" when both are there */
    double bend_power, bend_floor;    /* p-values of a bend; NaN where absent or untestable */
} ll_univariate;

typedef struct ll_univariates {
    ll_univariate along[LL_UNIVARIATES]; /* along N, D, C */
    ll_valley *valleys;                  /* by rising flops; owned */
    int n_valleys;
} ll_univariates;

/* opts are those of every fit in it; its fixed parameters are ignored. Fails only on memory. */
ll_status ll_univariates_find(ll_univariates *l, const ll_univariate_data *data, const ll_fit_opts *opts,
                              ll_error *err);
void ll_univariates_clear(ll_univariates *l);

#endif
