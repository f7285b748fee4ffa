/* What a probe measured, by name. */
#ifndef LL_TESTS_PROBE_MEASURED_H
#define LL_TESTS_PROBE_MEASURED_H

#include "support.h"

#include <string.h>

#include "probe/probes.h"

static inline const ll_measured *measured(const ll_measures *m, const char *name) {
    for (int k = 0; k < m->n; k++)
        if (strcmp(m->of[k].metric, name) == 0) return &m->of[k];
    fail_msg("no metric '%s'", name);
    return NULL;
}

#endif
