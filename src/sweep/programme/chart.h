/* The figure of an experiment: panels of series out of its tables, as docs/schemas/loglog.programme-result.1.json has
 * them. */
#ifndef LL_SWEEP_PROGRAMME_CHART_H
#define LL_SWEEP_PROGRAMME_CHART_H

#include "base/document/json.h"
#include "sweep/programme/frame.h"
#include "sweep/programme/programme_file.h"

typedef struct ll_chart_source {
    const ll_programme_experiment *experiment;
    const ll_frame *(*table)(void *ctx, const char *name); /* by the name a panel gives */
    ll_json *const *fit;                                   /* [n_quantities] documents; NULL: none */
    void *ctx;
} ll_chart_source;

/* NULL without an error where the experiment has no panels. A column that a table lacks leaves a panel without that
 * series; a where that cannot be read is LL_EINPUT. */
ll_status ll_chart_json(ll_json **out, const ll_chart_source *source, ll_error *err);

#endif
