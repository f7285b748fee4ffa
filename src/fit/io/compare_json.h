/* What two tables differ in, as part of the document loglog.compare/1. */
#ifndef LL_FIT_IO_COMPARE_JSON_H
#define LL_FIT_IO_COMPARE_JSON_H

#include "fit/compare/compare.h"
#include "fit/compare/isoflop_compare.h"

/* {"answer":.., "could_be":[..], "models":{..}, "change":{..}}: the part of loglog.compare/1 that is known here. */
void ll_compare_json(const ll_compare *c, ll_json *into);

/* {"answer":.., "alarm":.., "p":.., "p_from":.., "change":{"a":{..}}}: of loglog.compare/1. */
void ll_isoflop_compare_json(const ll_isoflop_compare *c, ll_json *into);

#endif
