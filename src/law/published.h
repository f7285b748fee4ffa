/* Constants that papers printed, by id: laws that are fitted here, a row being a law and its parameters in the
 * law's own order. What papers printed in other forms is in law/paper.h. */
#ifndef LL_LAW_PUBLISHED_H
#define LL_LAW_PUBLISHED_H

#include "loglog/law.h"

typedef struct ll_published {
    const char *id, *source;
    const ll_law *law;
    const char *x; /* of a law of one variable: what X is and its unit */
    double params[LL_LAW_MAX_PARAMS];
    ll_var along;       /* of a law of one variable: which */
    double per_unit;    /* of it: the variable's own units in one of X; 0 reads as 1 */
    const char *status; /* NULL: checked against the paper or its code */
    const char *unit;   /* of the loss; NULL: nats/token */
} ll_published;

extern const ll_published ll_published_laws[]; /* ends with id NULL */
const ll_published *ll_published_find(const char *id);

/* The published loss in the law's own unit; x [LL_VAR_COUNT] in parameters, tokens, FLOPs. */
double ll_published_loss(const ll_published *p, const double *x);

#endif
