/* How well a sweep used the machine: FLOPs of training over the time from start to end, and how busy the cores
 * were. */
#ifndef LL_CLI_TRAIN_SWEEP_USE_H
#define LL_CLI_TRAIN_SWEEP_USE_H

#include <stdio.h>

#include "base/document/json.h"
#include "sweep/sweep.h"

/* One line; nothing when nothing was trained. Takes a fifth of a second to measure what the machine can do. */
void ll_use_print(FILE *out, const ll_sweep *s);

/* {"stages":[...],"peak_flops_per_s":...,"share_of_peak":...} of what was trained now. */
ll_json *ll_use_json(const ll_sweep *s);

#endif
