/* What runs lost by their rate and batch as the document of the contract loglog.fit/1: params of the law that is left,
 * derived the best rate and batch. */
#ifndef LL_FIT_IO_TUNED_JSON_H
#define LL_FIT_IO_TUNED_JSON_H

#include "fit/approach/tuned.h"
#include "fit/io/fit_json.h"

/* judged: other runs under both laws, or NULL. */
ll_json *ll_tuned_json(const ll_tuned *f, const ll_tuned_score *judged, const ll_fit_context *context);

#endif
