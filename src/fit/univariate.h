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
#ifndef LL_FIT_UNIVARIATE_H
#define LL_FIT_UNIVARIATE_H

#include "loglog/fit.h"

enum { LL_UNIVARIATES = 3, LL_UNIVARIATE_TEXT = 256 };

typedef struct ll_univariate_data {
    int64_t n;
    const double *params, *tokens, *flops, *loss; /* [n] each, borrowed; above 0 and finite */
} ll_univariate_data;

/* One law of one variable, in Kaplan's form and with a floor. */
typedef struct ll_univariate {
    ll_var along;                     /* LL_VAR_N, LL_VAR_D or LL_VAR_C */
    ll_fit power, floor;              /* law NULL: absent */
    int64_t n, *rows;                 /* the runs it stands on, as rows of the data; owned */
    char chosen[LL_UNIVARIATE_TEXT];  /* how they were chosen */
    char missing[LL_UNIVARIATE_TEXT]; /* why a form is absent; "" when both are there */
    double bend_power, bend_floor;    /* p-values of a bend; NaN where absent or untestable */
} ll_univariate;

/* One compute budget: loss = loss_min + curvature (ln N - ln n_opt)^2. */
typedef struct ll_valley {
    double flops;           /* geometric mean of its runs */
    int64_t n;              /* its runs */
    double n_opt, loss_min; /* at the bottom of the parabola; NaN when concave */
    double curvature;
    bool edge;    /* the bottom lies outside the sizes that were run */
    bool concave; /* there is no bottom, or none nearer to the sizes than they span */
} ll_valley;

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
