#include "cli/train/dry_slurm.h"

#include <math.h>

#include "cli/print.h"
#include "loglog/units.h"

static const char *const stages[LL_SLURM_STAGES] = { "fit", "forecast" };

/* Of the longest task of an array. */
static double longest(const ll_slurm_plan *p, const ll_slurm_group *g, const double *seconds) {
    double most = 0;
    for (int64_t t = 0; t < g->n; t++) most = fmax(most, seconds[p->order[g->first + t]]);
    return most;
}

static void print_stage(const ll_slurm_dry *d, int stage, const ll_rung *rungs, const double *seconds) {
    const ll_slurm_plan *p = &d->plan[stage];
    char text[32];
    for (int64_t k = 0; k < p->n; k++) {
        const ll_slurm_group *g = &p->at[k];
        const double most = longest(p, g, seconds);
        ll_say("%-8s %6lld rungs, %s first", stages[stage], (long long)g->n, rungs[p->order[g->first]].name);
        if (most > 0) ll_say(", each up to %s", ll_units_show_seconds(most, text, sizeof text));
        if (g->memory > 0) ll_say(", %s", ll_units_show_bytes(g->memory, text, sizeof text));
        if (g->after >= 0) ll_say(", after %s", rungs[g->after].name);
        ll_say("\n");
    }
}

void ll_slurm_dry_print(const ll_slurm_dry *d, const ll_rung *rungs, const double *seconds) {
    char time[32], bound[32];
    ll_say("\nsbatch");
    for (int k = 0; k < d->wish.n; k++) ll_say(" %s", d->wish.option[k]);
    if (d->wish.throttle) ll_say(", %lld tasks of an array at a time", (long long)d->wish.throttle);
    ll_say(":\n");
    for (int k = 0; k < LL_SLURM_STAGES; k++) print_stage(d, k, rungs, seconds);
    ll_say("%lld rungs in %lld arrays, %lld at a time", (long long)(d->plan[0].rungs + d->plan[1].rungs),
           (long long)(d->plan[0].n + d->plan[1].n), (long long)d->slots);
    if (!isnan(d->makespan))
        ll_say(": about %s, at least %s", ll_units_show_seconds(d->makespan, time, sizeof time),
               ll_units_show_seconds(d->bound, bound, sizeof bound));
}

static ll_json *group_json(const ll_slurm_plan *p, int64_t k, int stage, const ll_rung *rungs,
                           const double *seconds) {
    const ll_slurm_group *g = &p->at[k];
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "stage", stages[stage]);
    ll_json_set_int(o, "rungs", g->n);
    ll_json_set_str(o, "first", rungs[p->order[g->first]].name);
    if (g->after >= 0) ll_json_set_str(o, "after", rungs[g->after].name);
    ll_json_set_num(o, "memory_bytes", g->memory);
    const double most = longest(p, g, seconds);
    ll_json_set_num(o, "seconds", most > 0 ? most : NAN);
    return o;
}

ll_json *ll_slurm_dry_json(const ll_slurm_dry *d, const ll_rung *rungs, const double *seconds) {
    ll_json *o = ll_json_object(), *arrays = ll_json_array();
    for (int s = 0; s < LL_SLURM_STAGES; s++)
        for (int64_t k = 0; k < d->plan[s].n; k++)
            ll_json_push(arrays, group_json(&d->plan[s], k, s, rungs, seconds));
    ll_json_set(o, "arrays", arrays);
    ll_json_set_int(o, "slots", d->slots);
    ll_json_set_num(o, "bound_s", d->bound);
    return o;
}
