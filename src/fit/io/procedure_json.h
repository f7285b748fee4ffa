/* The procedures that are no functional form, approaches 1 and 2 and the critical batch, as the document of the
 * contract loglog.fit/1 with no params: derived holds a, b, G, or B_star and alpha_B, and the optima, treads or losses
 * that the lines are drawn through. */
#ifndef LL_FIT_IO_PROCEDURE_JSON_H
#define LL_FIT_IO_PROCEDURE_JSON_H

#include "fit/approach/critical_batch.h"
#include "fit/approach/envelope.h"
#include "fit/approach/isoflop.h"
#include "fit/io/fit_json.h"

ll_json *ll_isoflop_json(const ll_isoflop *f, const ll_fit_context *context);
ll_json *ll_envelope_json(const ll_envelope *f, const ll_fit_context *context);
ll_json *ll_critical_batch_json(const ll_critical_batch *f, const ll_fit_context *context);

#endif
