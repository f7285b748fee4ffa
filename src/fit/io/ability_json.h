/* What is asked of abilities as JSON: sharp or smooth, of the document loglog.compare/1, and two steps as one law and
 * observational scaling, of loglog.fit/1. */
#ifndef LL_FIT_IO_ABILITY_JSON_H
#define LL_FIT_IO_ABILITY_JSON_H

#include "fit/ability/ability.h"
#include "fit/ability/two_step.h"
#include "fit/io/fit_json.h"
#include "fit/observational/observational.h"
#include "loglog/table.h"

/* Takes convention. along: what the scale is. */
ll_json *ll_ability_json(const ll_ability *a, const ll_ability_opts *o, ll_json *convention, const char *along,
                         int64_t n);

/* Parts of it as procedures of fit. */
ll_json *ll_rise_json(const ll_rise *r, const ll_sharp *s, const ll_fit_context *context, double wall_s);
ll_json *ll_power_of_json(const ll_power_of *p, const ll_fit_opts *o, const ll_fit_context *context, double wall_s);

/* The score that is fitted and what it goes through are the names of their columns. */
ll_json *ll_two_step_json(const ll_two_step *f, const ll_fit_context *context, const char *score, const char *via);

/* names: of the target, then of the benchmarks. along: what C is. */
ll_json *ll_observational_json(const ll_observational *f, const ll_fit_context *context, const char *along,
                               const char (*names)[LL_HEADER_MAX]);

/* {"run": .., "law": .., "via": ..}; via left out of a direct law. */
ll_json *ll_ability_outlook_json(const ll_ability_outlook *o, double level);

#endif
