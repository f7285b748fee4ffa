/* A law of whole curves as the document of the contract loglog.fit/1, with judged where rows were. */
#ifndef LL_FIT_IO_CURVE_JSON_H
#define LL_FIT_IO_CURVE_JSON_H

#include "fit/curve/curve_fit.h"
#include "fit/io/fit_json.h"

/* context->runs: of all rows of the data, or NULL. */
ll_json *ll_curve_fit_json(const ll_curve_fit *f, const ll_fit_context *context);

#endif
