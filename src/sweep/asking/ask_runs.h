/* Probes put to the trained runs of a store; what they measure is kept there as scores.
 *
 *     ll_asked_runs asked;
 *     const ll_ask_opts opts = { .store = "loglog.db", .ladder = "", .where = "params > 1e5", .probe.windows = 256 };
 *     LL_TRY(ll_ask_runs(&asked, &opts, &ll_probe_position, 1, err));
 *     asked.of[i].run, asked.of[i].scores[k].metric, asked.of[i].scores[k].value
 *     ll_asked_runs_clear(&asked);
 *
 * Scores of a run that are there already, taken with the same settings, are not taken again: whatever was ended goes on
 * where it stood.
 */
#ifndef LL_SWEEP_ASKING_ASK_RUNS_H
#define LL_SWEEP_ASKING_ASK_RUNS_H

#include <stdio.h>

#include "probe/probes.h"
#include "store/store.h"

typedef struct ll_ask_opts {
    const char *store, *ladder; /* a ladder by id or name; "": the newest */
    const char *where;          /* "": every done run of it */
    ll_probe_opts probe;
    bool again;                 /* scores that are there are taken anew */
    void (*progress)(void *ctx, const char *probe, const char *run, int64_t i, int64_t n); /* or NULL */
    void *ctx;
} ll_ask_opts;

typedef struct ll_asked_run {
    ll_run run;
    ll_run_score *scores; /* [n] of the probes that were asked; owned */
    int64_t n;
} ll_asked_run;

typedef struct ll_asked_runs {
    ll_asked_run *of; /* [n] owned */
    int64_t n;
    int64_t measured; /* pairs of run and probe that were asked now; the others were there */
} ll_asked_runs;

/* LL_EINPUT when no run is done for which where holds. */
ll_status ll_ask_runs(ll_asked_runs *out, const ll_ask_opts *opts, const ll_probe_kind *const *probes, int n_probes,
                      ll_error *err);

/* The scores of a probe as CSV, a row for each metric: run, params, tokens, the metric under the probe's name for it,
 * loss (the value) and loss_se. */
void ll_asked_runs_print(FILE *out, const ll_asked_runs *asked, const ll_probe_kind *probe);
void ll_asked_runs_clear(ll_asked_runs *asked);

#endif
