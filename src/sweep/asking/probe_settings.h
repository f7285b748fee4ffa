/* Settings: what a probe's scores depend on beside the model, "items=500 seed=1 data=8a1f0e33c2d4". Scores with other
 * settings are other scores. */
#ifndef LL_SWEEP_ASKING_PROBE_SETTINGS_H
#define LL_SWEEP_ASKING_PROBE_SETTINGS_H

#include "probe/probes.h"
#include "store/store.h"

enum { LL_PROBE_SETTINGS = sizeof((ll_run_score *)0)->settings };

/* The options that the probe reads. Data is the beginning of a SHA-256 over the file, or over the names and contents
 * of all files below the folder; "" is "none". LL_EINPUT where it is not there. */
ll_status ll_probe_settings(char out[LL_PROBE_SETTINGS], const ll_probe_kind *probe, const ll_probe_opts *opts,
                            ll_error *err);

#endif
