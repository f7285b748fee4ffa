#include "probe/probes.h"

#include <string.h>

const ll_probe_kind *const ll_probes[] = {
    &ll_probe_position,   &ll_probe_induction,  &ll_probe_recall,    &ll_probe_fewshot,
    &ll_probe_arithmetic, &ll_probe_samples,    &ll_probe_memory,    &ll_probe_blimp,
    &ll_probe_crows,      &ll_probe_winogender, &ll_probe_hellaswag, &ll_probe_arc,
    &ll_probe_piqa,       &ll_probe_csqa,       &ll_probe_lambada,   NULL,
};

const ll_probe_kind *ll_probe_find(const char *name) {
    for (const ll_probe_kind *const *p = ll_probes; *p; p++)
        if (strcmp((*p)->name, name) == 0) return *p;
    return NULL;
}
