/* The procedures that are no functional form, approaches 1 and 2, as the document of the contract loglog.fit/1 with
 * no params: derived holds a, b, G and the optima or the treads that the lines are drawn through. */
#ifndef LL_FIT_IO_PROCEDURE_JSON_H
#define LL_FIT_IO_PROCEDURE_JSON_H

#include "fit/approach/envelope.h"
#include "fit/approach/isoflop.h"
#include "fit/io/fit_json.h"

ll_json *ll_isoflop_json(const ll_isoflop *f, const ll_fit_context *context);
ll_json *ll_envelope_json(const ll_envelope *f, const ll_fit_context *context);

#endif
