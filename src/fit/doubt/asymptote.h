/* The asymptote's own band: what the other parameters and the forecast become with E held at the ends of its
 * interval. Loss data beyond the runs is what fixes E, so a fit is only as sure as this band is narrow. */
#ifndef LL_FIT_DOUBT_ASYMPTOTE_H
#define LL_FIT_DOUBT_ASYMPTOTE_H

#include "loglog/fit.h"

enum { LL_ASYMPTOTE_ENDS = 2 };

typedef struct ll_asymptote {
    int at; /* which parameter is E; -1: the law has none, it is held, or it has no interval */
    struct {
        double params[LL_LAW_MAX_PARAMS], objective; /* the best with E at this end */
    } end[LL_ASYMPTOTE_ENDS];
} ll_asymptote;

ll_status ll_asymptote_find(ll_asymptote *a, const ll_fit *fit, ll_error *err);

#endif
