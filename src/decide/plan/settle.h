/* How many runs would settle whether a change gains so much: a power computation from the noise of one run.
 *
 *     ll_settle s = ll_settle_make(&compare, &gain, 0.01, 0.8);
 *     s.runs        of each recipe at one scale
 *     s.designs     or so many times the runs of both tables, judged by their laws at the largest shared scale
 */
#ifndef LL_DECIDE_PLAN_SETTLE_H
#define LL_DECIDE_PLAN_SETTLE_H

#include "decide/plan/gain.h"

typedef struct ll_settle {
    double gain, power; /* of the loss, as a share; probability that it is seen when it is there */
    double alarm;       /* probability that it is called when nothing differs, two-sided */
    double noise_sd;    /* of ln loss of one run; root mean square of the two */
    int64_t replicates; /* runs beyond the first at their point; below 4 the noise is the residuals' */
    bool replicated;    /* noise from such replicates: seeds alone. Else misfit of the law is in it */
    int64_t runs;       /* of each, at one scale, by a two-sample t test; 0: no number below a million */
    double designs;     /* NaN without draws or a shared range */
    double at;          /* the scale of designs */
} ll_settle;

ll_settle ll_settle_make(const ll_compare *c, const ll_gain *g, double gain, double power);
ll_json *ll_settle_json(const ll_settle *s);

#endif
