/* A sweep while it runs: what its parts share. sweep.c goes through the stages, sweep_record.c writes down what is
 * known before a rung starts, sweep_told.c what the engine tells while and after it trains, with the gate's word.
 */
#ifndef LL_SWEEP_SWEEP_RUNNING_H
#define LL_SWEEP_SWEEP_RUNNING_H

#include "sweep/sweep.h"

typedef struct ll_running {
    ll_sweep *s;
    const ll_sweep_watch *watch;
    ll_store *store;
    ll_task_state *state;   /* [s->n] */
    ll_status store_status; /* the first failure of the store, which ends the sweep */
    ll_error store_error;
    int64_t failed, first_failed;
    char failure[256];
    double told;      /* when progress.json was written last */
    ll_error refused; /* the gate's first answer that was no yes, which ends the sweep */
} ll_running;

/* ---- sweep_record.c ---- */

void ll_running_id(const ll_sweep *s, const ll_rung *r, char id[LL_RUN_ID]);

/* Everything about a rung that is known before it starts. */
ll_run ll_running_run_of(const ll_sweep *s, const ll_rung *r);

/* The ladder and its rungs, in the store. Done rungs are left alone, and trunks while the states that others start
 * from are there; the others are planned anew and will go on from their checkpoints. */
ll_status ll_running_record(ll_running *r, ll_error *err);

/* Until a rung is recorded as done its checkpoint stays: whoever was to record it may have been killed. */
void ll_running_forget(const ll_sweep *s, const ll_rung *rung);

/* ---- sweep_told.c ---- */

/* Index of r's stage in ll_sweep.use. */
int ll_running_stage(const ll_rung *r);

/* Asks the gate about rung i, before it starts or once it is done. The answer is in r->refused. */
ll_status ll_running_ask(ll_running *r, int64_t i, ll_error *err);

/* What either engine tells goes to r from now on. */
void ll_running_listen(ll_running *r, ll_local_opts *local, ll_slurm_opts *cluster);

#endif
