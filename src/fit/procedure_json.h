/* The document of a procedure that is no functional form (approaches 1 and 2). */
#ifndef LL_FIT_PROCEDURE_JSON_H
#define LL_FIT_PROCEDURE_JSON_H

#include "fit/fit_json.h"

typedef struct ll_procedure {
    const char *law, *form, *objective;
    int64_t n, n_draws, n_short;
    ll_resample resample;
    uint64_t seed;
    double wall_s;
} ll_procedure;

/* loglog.fit/1 with no params; takes derived and warnings. */
ll_json *ll_procedure_json(const ll_procedure *p, const ll_fit_context *context, ll_json *derived,
                           ll_json *warnings);

#endif
