/* The next runs to buy, as the document loglog.next/1. */
#ifndef LL_DECIDE_NEXT_NEXT_JSON_H
#define LL_DECIDE_NEXT_NEXT_JSON_H

#include "base/document/json.h"
#include "decide/next/next.h"
#include "forecast/study/study.h"

/* What there is to tell; everything is borrowed. */
typedef struct ll_next_told {
    const ll_next *next;
    const char *law;
    const ll_study *study; /* NULL: no runs yet */
    const ll_outlook *now; /* of the target, NULL without a study */
    const char *written;   /* the file of the runs, or "" */
} ll_next_told;

/* The forecast of the target once it is as sure as sd of ln loss: today's, drawn together around its median.
 * Without a study the losses have no level: NaN. */
ll_estimate ll_next_then(const ll_next_told *told, double sd);

/* The first runs that bring this share of what all of them take off the sd. */
int ll_next_that_matter(const ll_next *next, double share);

ll_json *ll_next_json(const ll_next_told *told);

#endif
