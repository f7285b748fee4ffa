/* The last score of each metric of runs, as columns of a document. */
#ifndef LL_CLI_RUNS_SCORE_COLUMNS_H
#define LL_CLI_RUNS_SCORE_COLUMNS_H

#include "store/store.h"

/* Sets PROBE.METRIC and PROBE.METRIC_se, a number for each run of ids, null where it has none. ladder "": of any. */
ll_status ll_score_columns(ll_store *s, const char *ladder, const ll_json *ids, ll_json *out, ll_error *err);

#endif
