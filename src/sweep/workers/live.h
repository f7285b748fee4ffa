/* How far a ladder is while it is trained: what the bar shows, and what other processes read in progress.json of
 * the ladder's folder. It is no result: where it cannot be written or read, nothing is lost.
 *
 *     ll_live_begin(&l, rungs, state, n);
 *     ll_live_started(&l, &rung);  ll_live_event(&l, &rung, &event);  ll_live_ended(&l, &rung, true);
 *     ll_live_update(&l);                                  share and left_s are those of now
 *     ll_live_write(&l, folder);
 */
#ifndef LL_SWEEP_WORKERS_LIVE_H
#define LL_SWEEP_WORKERS_LIVE_H

#include "base/document/json.h"
#include "sweep/workers/pack.h"

enum { LL_LIVE_RUNGS = 64 }; /* at a time; more are counted when they end */

typedef struct ll_live_rung {
    char name[48];
    int64_t step, steps;
    double train_loss, tokens_per_s, left_s; /* NaN before its first step is told */
    double cost, share;                      /* exact FLOPs of its own, and how much of them is done */
} ll_live_rung;

typedef struct ll_live {
    double share;   /* of the exact FLOPs that the ladder takes, running rungs included */
    double left_s;  /* of the whole at the pace since it began; NaN until there is one */
    double spent_s; /* since it began */
    double written; /* since 1970 */
    int64_t done, rungs;
    int n;
    ll_live_rung at[LL_LIVE_RUNGS];
    double cost, cost_done, cost_before, began; /* of all; of ended rungs; what was done before; by ll_clock_now */
} ll_live;

void ll_live_begin(ll_live *l, const ll_rung *rungs, const ll_task_state *state, int64_t n);
void ll_live_started(ll_live *l, const ll_rung *r);
void ll_live_event(ll_live *l, const ll_rung *r, const ll_train_event *e);
void ll_live_ended(ll_live *l, const ll_rung *r, bool done); /* not done: what its checkpoint holds still counts */
void ll_live_update(ll_live *l);

/* A rung as progress.json has it; owned by the caller. */
ll_json *ll_live_rung_json(const ll_live_rung *at);

void ll_live_write(ll_live *l, const char *folder);

/* False where there is none that can be read. cost and what follows are not read. */
bool ll_live_read(ll_live *l, const char *folder);

#endif
