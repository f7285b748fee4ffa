#include "sweep/pack.h"

#include <stdbool.h>

#include "base/system/threads.h"

enum { WIDE = 128 };

/* A wide rung that can use every core runs alone: one large model at a time is in memory and in the caches. */
static bool takes_all(const ll_rung *r) {
    return r->model.width > WIDE && r->micro >= ll_threads_available();
}

static bool is_ready(const ll_rung *rungs, const ll_task_state *state, int64_t i) {
    int64_t trunk = rungs[i].trunk;
    return state[i] == LL_TASK_WAITING && (trunk < 0 || state[trunk] == LL_TASK_DONE);
}

int64_t ll_pack_next(const ll_rung *rungs, const ll_task_state *state, int64_t n, const double *needs,
                     double left) {
    int64_t best = -1;
    bool alone = true;
    for (int64_t i = 0; i < n; i++) {
        if (state[i] != LL_TASK_RUNNING) continue;
        if (takes_all(&rungs[i])) return -1;
        alone = false;
    }
    for (int64_t i = 0; i < n; i++) {
        if (!is_ready(rungs, state, i) || (needs && needs[i] > left) || (!alone && takes_all(&rungs[i]))) continue;
        if (best < 0 || rungs[i].cost > rungs[best].cost) best = i;
    }
    return best;
}

int ll_pack_threads(const ll_rung *rung, int cores, int running, int place) {
    int share = cores / running + (place < cores % running), most = ll_rung_threads(rung, cores);
    return share < 1 ? 1 : share < most ? share : most;
}
