/* The next runs to buy, as the document loglog.next/1. */
#ifndef LL_FORECAST_NEXT_JSON_H
#define LL_FORECAST_NEXT_JSON_H

#include "base/json.h"
#include "forecast/next.h"

/* The interval of the forecast's loss at that sd of ln loss; without runs the losses have no level (NaN). */
typedef struct ll_next_interval {
    double lo, hi;
} ll_next_interval;
ll_next_interval ll_next_interval_at(const ll_next *next, double sd);

#define LL_NEXT_LEVEL 0.9

ll_json *ll_next_json(const ll_next *next, const char *law, int64_t runs_so_far);

#endif
