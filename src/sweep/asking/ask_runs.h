/* Probes put to trained models; what they measure of the runs of a store is kept there as scores.
 *
 *     ll_asked_runs asked;
 *     const ll_probe_kind *probe = &ll_probe_position;
 *     const ll_ask_opts opts = { .store = "loglog.db", .ladder = "", .where = "params > 1e5", .probe.windows = 256 };
 *     LL_TRY(ll_ask_runs(&asked, &opts, &probe, 1, err));
 *     asked.of[i].run, asked.of[i].scores[k].metric, asked.of[i].scores[k].value
 *     ll_asked_runs_clear(&asked);
 *
 * Scores of a run that are there already, taken with the same settings, are not taken again: whatever was ended goes on
 * where it stood. Where items are saved, their file has to be there as well.
 */
#ifndef LL_SWEEP_ASKING_ASK_RUNS_H
#define LL_SWEEP_ASKING_ASK_RUNS_H

#include <stdio.h>

#include "probe/probes.h"
#include "store/store.h"
#include "sweep/asking/subject.h"

/* Of the pairs of run and probe so many are done, and of the next one so many texts are answered; left_s: seconds
 * for the rest, NaN: not known yet. */
typedef struct ll_ask_progress {
    const char *probe, *run;
    int64_t done, n, answers;
    double left_s;
} ll_ask_progress;

typedef struct ll_ask_opts {
    const char *store, *ladder; /* a ladder by id or name; "": the newest */
    const char *where;          /* "": every done run of it */
    ll_probe_opts probe;
    const char *save; /* a folder for items (saved_items.h); NULL or "": none is saved */
    bool again;       /* scores that are there are taken anew */
    void (*progress)(void *ctx, const ll_ask_progress *p); /* a few times a second; or NULL */
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

/* The same of one model that is in no store, under a name: its scores are not kept. */
ll_status ll_ask_subject(ll_asked_runs *out, const ll_ask_opts *opts, ll_subject *subject, const char *name,
                         const ll_probe_kind *const *probes, int n_probes, ll_error *err);

/* The scores of a probe as CSV, a row for each metric: run, params, tokens, the metric under the probe's name for it,
 * loss (the value) and loss_se. "map.shots" are two columns: a metric "symbol.8" is in both, "all" in the last. */
void ll_asked_runs_print(FILE *out, const ll_asked_runs *asked, const ll_probe_kind *probe);
void ll_asked_runs_clear(ll_asked_runs *asked);

#endif
