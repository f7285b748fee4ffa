#include "sweep/slurm/slurm_paper.h"

#include <math.h>
#include <stdlib.h>

#include "sweep/slurm/queue.h"

void ll_slurm_list(ll_slurm_rung *out, const ll_rung *rungs, const ll_task_state *state, const double *needs,
                   int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        const int64_t trunk = rungs[i].trunk;
        const bool has_trunk = trunk >= 0 && state[trunk] != LL_TASK_DONE;
        const bool comes = !has_trunk || state[trunk] == LL_TASK_WAITING || state[trunk] == LL_TASK_RUNNING;
        out[i] = (ll_slurm_rung) { .cost = rungs[i].cost,
                                   .memory = needs[i],
                                   .after = has_trunk ? trunk : -1,
                                   .waits = state[i] == LL_TASK_WAITING && comes };
    }
}

static ll_status plan_stage(ll_slurm_dry *d, int stage, ll_slurm_rung *list, ll_task_state *state,
                            const ll_rung *rungs, const double *needs, const double *seconds, int64_t n,
                            int64_t most, ll_error *err) {
    for (int64_t i = 0; i < n; i++) {
        const bool here = (rungs[i].role == LL_RUNG_FORECAST) == (stage == 1);
        state[i] = here ? LL_TASK_WAITING : stage == 1 ? LL_TASK_DONE : LL_TASK_SKIPPED;
    }
    ll_slurm_list(list, rungs, state, needs, n);
    for (int64_t i = 0; i < n; i++) list[i].seconds = seconds[i];
    LL_TRY(ll_slurm_plan_make(&d->plan[stage], list, n, most, err));
    if (isnan(d->makespan)) return LL_OK;
    const ll_slurm_paper p = ll_slurm_on_paper(&d->plan[stage], list, n, d->slots, d->wish.throttle);
    d->makespan += p.makespan;
    d->bound += p.bound;
    return LL_OK;
}

static int64_t slots_here(const ll_slurm_wish *wish, int64_t n) {
    int64_t cores;
    const bool known = ll_slurm_cores(wish->partition, &cores, NULL) == LL_OK && cores >= wish->cpus;
    return known ? cores / wish->cpus : n;
}

ll_status ll_slurm_dry_make(ll_slurm_dry *out, ll_pace *pace, const ll_spec *spec, const ll_rung *rungs,
                            const double *needs, int64_t n, int64_t slots, double *seconds, ll_error *err) {
    *out = (ll_slurm_dry) { .slots = slots };
    LL_TRY(ll_slurm_wish_read(&out->wish, spec->engine.slurm, err));
    if (slots == 0) out->slots = slots_here(&out->wish, n);
    if (!pace->kernels) out->makespan = out->bound = NAN;
    for (int64_t i = 0; pace->kernels && i < n; i++) {
        const int threads = ll_rung_threads(&rungs[i], (int)out->wish.cpus);
        seconds[i] = ll_pace_seconds(pace, &rungs[i], spec) / ll_pace_speed(&rungs[i], threads);
    }
    ll_slurm_rung *list = calloc((size_t)n + 1, sizeof *list);
    ll_task_state *state = calloc((size_t)n + 1, sizeof *state);
    const int64_t most = ll_slurm_most_tasks();
    ll_status status = list && state ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory");
    for (int k = 0; k < LL_SLURM_STAGES && status == LL_OK; k++)
        status = plan_stage(out, k, list, state, rungs, needs, seconds, n, most, err);
    free(list);
    free(state);
    if (status != LL_OK) ll_slurm_dry_clear(out);
    return status;
}

void ll_slurm_dry_clear(ll_slurm_dry *d) {
    for (int k = 0; k < LL_SLURM_STAGES; k++) ll_slurm_plan_free(&d->plan[k]);
}
