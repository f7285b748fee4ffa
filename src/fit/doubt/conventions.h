/* The exponents of one law under every count of N and of FLOPs that the table holds. The same runs give N ~ C^0.54,
 * 0.37 or 0.70 by the count alone (Pearce and Song 2024; Porian et al. 2024): a fit has to say which it is, and may
 * show the others.
 *
 * Where C is measured, not 6 N D, the frontier is the least loss at a given C = k N^u D^v, u and v by least squares
 * of ln C: alpha A N^-alpha / u = beta B D^-beta / v there, hence N ~ C^a with a = beta / (u beta + v alpha), and
 * D ~ C^b with b = alpha / (u beta + v alpha). With u = v = 1 that is Hoffmann et al. 2022, eq. 4. */
#ifndef LL_FIT_DOUBT_CONVENTIONS_H
#define LL_FIT_DOUBT_CONVENTIONS_H

#include "fit/solve/columns.h"
#include "loglog/fit.h"

enum { LL_CONVENTIONS_MAX = 6 };

typedef struct ll_convention {
    const char *params, *flops;      /* how N and C are counted; static */
    bool used;                       /* the fit's own */
    double value[LL_LAW_MAX_PARAMS]; /* the law's parameters under it */
    double a, b;                     /* of a chinchilla surface; else NaN */
} ll_convention;

typedef struct ll_conventions {
    int n; /* the fit's own alone: there is no other in the table */
    ll_convention of[LL_CONVENTIONS_MAX];
} ll_conventions;

/* Refits, without resamples, the law of fit to the table that its columns came from. A convention under which the
 * law cannot be fitted is left out. along is what X is in a law of one variable. */
ll_status ll_conventions_find(ll_conventions *c, const ll_fit *fit, const ll_table *t, const ll_columns *columns,
                              ll_var along, ll_error *err);

#endif
