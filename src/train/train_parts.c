#include "train/train_parts.h"

#include <string.h>

#include "base/system/clock.h"

void ll_parts_lap(ll_parts_clock *c, ll_train_part part) {
    const double cpu = ll_clock_cpu(), now = ll_clock_now();
    c->cpu_s[part] += cpu - c->last_cpu;
    if (part == LL_PART_STEPS) c->steps += now - c->last;
    c->last_cpu = cpu;
    c->last = now;
}

void ll_parts_read(const ll_parts_clock *c, double *cpu_s) {
    const double share = c->steps > 0 ? c->packing / c->steps : 0;
    memcpy(cpu_s, c->cpu_s, sizeof c->cpu_s);
    cpu_s[LL_PART_PACKING] += share * cpu_s[LL_PART_STEPS];
    cpu_s[LL_PART_STEPS] -= share * cpu_s[LL_PART_STEPS];
}

const char *ll_train_part_name(ll_train_part part) {
    static const char *const names[LL_PARTS] = { "start", "steps", "packing", "evaluation", "saving", "telling" };
    return names[part];
}
