/* Rungs that miss the law on the high side alone. Badly tuned training can only raise a loss, so a size whose runs
 * lie above the law by more than chance allows is suspect: it bends the line that is drawn through it. A law of one
 * variable is drawn along the lower edge of its runs, and tells nothing of the others. */
#ifndef LL_FIT_DOUBT_UNDERTUNED_H
#define LL_FIT_DOUBT_UNDERTUNED_H

#include "loglog/fit.h"

enum { LL_UNDERTUNED_MAX = 8 };
#define LL_UNDERTUNED_ALARM 0.05 /* chance that sound, normal noise raises any rung of the table */

typedef struct ll_undertuned {
    int64_t rungs; /* sizes, 2 % apart; 0: the law does not read N, or the runs do not scatter */
    int n;         /* of them in the list, the largest departure first */
    struct {
        double params, miss, z; /* N; mean of ln loss - ln law; in its standard errors */
        int64_t runs, row;      /* the first of its rows */
    } rung[LL_UNDERTUNED_MAX];
} ll_undertuned;

ll_status ll_undertuned_find(ll_undertuned *u, const ll_fit *fit, ll_error *err);

#endif
