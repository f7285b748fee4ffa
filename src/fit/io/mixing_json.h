/* Mixing laws as the document of the contract loglog.fit/1: params holds each loss's law by its header, derived the
 * best mixture, judged the scores on other rows. */
#ifndef LL_FIT_IO_MIXING_JSON_H
#define LL_FIT_IO_MIXING_JSON_H

#include "fit/io/fit_json.h"
#include "fit/mixing/mixing_law.h"

/* share [f->shares] and loss [f->losses] are headers; score [f->losses] or NULL. */
ll_json *ll_mixing_json(const ll_mixing *f, const char *const *share, const char *const *loss,
                        const ll_mixing_score *score, const ll_fit_context *context);

#endif
