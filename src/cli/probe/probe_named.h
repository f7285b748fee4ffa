/* The probe that a word on the command line means. */
#ifndef LL_CLI_PROBE_PROBE_NAMED_H
#define LL_CLI_PROBE_PROBE_NAMED_H

#include "sweep/asking/ask_runs.h"

/* NULL, with the nearest name in the line, where there is none. verb: for the line, "probe run". */
const ll_probe_kind *ll_cli_probe_named(const char *verb, const char *word, ll_error *err);

/* The line on standard error that says how far probes are (ll_ask_progress). */
void ll_cli_probe_progress(void *ctx, const ll_ask_progress *p);

#endif
