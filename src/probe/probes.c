#include "probe/probes.h"

#include <string.h>

const ll_probe_kind *const ll_probes[] = { &ll_probe_position, &ll_probe_memory, NULL };

const ll_probe_kind *ll_probe_find(const char *name) {
    for (const ll_probe_kind *const *p = ll_probes; *p; p++)
        if (strcmp((*p)->name, name) == 0) return *p;
    return NULL;
}
