#include "sweep/workers/pack.h"

#include <stdbool.h>

#include "base/system/threads.h"

enum { WIDE = 128 };

/* A wide rung that can use every core runs alone: one large model at a time is in memory and in the caches. */
static bool takes_all(const ll_rung *r, int cores) {
    return r->model.width > WIDE && r->micro >= cores;
}

static bool is_ready(const ll_pack *p, int64_t i) {
    const int64_t trunk = p->rungs[i].trunk;
    if (p->state[i] != LL_TASK_WAITING) return false;
    if (trunk < 0 || p->state[trunk] == LL_TASK_DONE) return true;
    return p->reached && p->reached[trunk] > 0 && p->reached[trunk] >= p->rungs[i].start_step;
}

void ll_pack_paths(const ll_rung *rungs, int64_t n, double *path) {
    bool grows = true;
    for (int64_t i = 0; i < n; i++) path[i] = rungs[i].cost;
    while (grows) { /* once for each trunk on a trunk's trunk */
        grows = false;
        for (int64_t i = 0; i < n; i++) {
            if (rungs[i].trunk < 0) continue;
            const ll_rung *t = &rungs[rungs[i].trunk];
            const double share = (double)(rungs[i].start_step - t->start_step) / (double)(t->steps - t->start_step);
            const double through = share * t->cost + path[i];
            if (!(through > path[rungs[i].trunk])) continue;
            path[rungs[i].trunk] = through;
            grows = true;
        }
    }
}

int64_t ll_pack_next(const ll_pack *p, const double *needs, double left) {
    const int cores = ll_threads_available();
    int64_t best = -1;
    bool alone = true;
    for (int64_t i = 0; i < p->n; i++) {
        if (p->state[i] != LL_TASK_RUNNING) continue;
        if (takes_all(&p->rungs[i], cores)) return -1;
        alone = false;
    }
    for (int64_t i = 0; i < p->n; i++) {
        if (!is_ready(p, i) || (needs && needs[i] > left) || (!alone && takes_all(&p->rungs[i], cores))) continue;
        if (best < 0 || p->path[i] > p->path[best]) best = i;
    }
    return best;
}

int ll_pack_threads(const ll_rung *rung, int cores, int running, int place) {
    int share = cores / running + (place < cores % running), most = ll_rung_threads(rung, cores);
    return share < 1 ? 1 : share < most ? share : most;
}
