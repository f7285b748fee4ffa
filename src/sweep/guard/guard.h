/* The guard: a policy, the evidence and the waivers that a run was given, asked about its rungs.
 *
 *     ll_guard *g;
 *     LL_TRY(ll_guard_open(&g, &(ll_guard_opts){ "house.yaml", "evidence.yaml", "", ladder }, err));
 *     LL_TRY(ll_guard_ask(g, &moment, err));
 *     ll_guard_close(g);
 *
 * The parent asks before a rung starts, about all that it will take, and after; the worker asks while it trains,
 * about what it has taken so far, at each growth of compute that the policy names and when time alone may have
 * changed the answer. No guard (NULL) says yes to everything. What a rung computes does not depend on it: a gate
 * only stops, and evaluates once more.
 */
#ifndef LL_SWEEP_GUARD_GUARD_H
#define LL_SWEEP_GUARD_GUARD_H

#include "decide/gate/gate.h"
#include "forecast/belief/forecast.h"
#include "store/store.h"
#include "sweep/design/design.h"

typedef struct ll_guard_opts {
    const char *policy, *evidence, *waivers; /* paths; NULL or "" for none. Without a policy there is no guard */
    const char *ladder;
    double most_flops; /* of its largest rung; 0: as each run has */
} ll_guard_opts;

typedef struct ll_guard {
    ll_policy policy;
    ll_facts facts;
    ll_waiver waiver[LL_WAIVER_MOST];
    int n_waivers;
    char ladder[LL_OPTION_NAME];
    double most_flops; /* NaN: as each run has */
} ll_guard;

/* LL_EINPUT and LL_EFORMAT when a file cannot be read as what it should be, or there is evidence without a policy.
 */
ll_status ll_guard_open(ll_guard **out, const ll_guard_opts *opts, ll_error *err);
void ll_guard_close(ll_guard *g);

/* The ladder, where it was not known yet when the guard was opened. */
void ll_guard_name(ll_guard *g, const char *ladder, double most_flops);

/* What is put to the gate beside the evidence, over which it goes. */
typedef struct ll_guard_moment {
    ll_gate_when when;
    double flops, trained_flops; /* that the lines are held against; that the model has seen by now */
    double loss, se;             /* as measured; NaN: not */
    double bytes_per_token;      /* NaN: unknown */
    const ll_forecast *forecast; /* of the run to come; NULL: what the evidence says */
} ll_guard_moment;

/* Of a run in the store: done, it is what came; else what it will take. forecast may be NULL. */
ll_guard_moment ll_guard_moment_of(const ll_run *run, const ll_forecast *forecast);

/* The case of the moment, for the gate. LL_EINPUT and LL_EFORMAT when the evidence's fit cannot be used. */
ll_status ll_guard_case(ll_gate_case *out, const ll_facts *facts, const ll_guard_moment *m, const char *ladder,
                        double now, ll_error *err);

/* The case of a run in the store, its sealed forecast minded, and of one under way what it is foretold to end at
 * (forecast/end). Every line is asked of it: the measured ones too of one that is still to come. The ladder is the
 * run's; out borrows it. LL_EINPUT when the evidence is about another ladder, run or data; a ledger that cannot be
 * believed is the case's doubt and no error. */
ll_status ll_guard_case_of_run(ll_gate_case *out, const ll_facts *facts, ll_store *s, const ll_run *run, double now,
                               ll_error *err);

/* LL_EINPUT when the evidence says that it is about another ladder, run or data than this. */
ll_status ll_guard_check_bound(const ll_guard *g, const ll_run *run, const char *data_hash, ll_error *err);

/* LL_OK, or LL_EREFUSED and LL_EUNSURE with the reason. The measured loss's interval is that of its validation
 * windows. */
ll_status ll_guard_ask(const ll_guard *g, const ll_guard_moment *m, ll_error *err);

/* Sets when the trainer asks: at every growth of the policy's cadence, counted from the last evaluation. */
void ll_guard_cadence(const ll_guard *g, const ll_rung *rung, ll_train_job *job);

/* The next moment after now (since 1970) at which time alone may change an answer: the evaluation is due, or a
 * waiver expires. */
double ll_guard_ask_again(const ll_guard *g, double now);

/* LL_EUNSURE when the ledger cannot be believed, or holds an entry dated after now: the clock was set back, and no
 * date can be. */
ll_status ll_guard_check_clock(const ll_guard *g, ll_store *s, ll_error *err);

/* Appends to the ledger the waivers that hold and are not in it yet. */
ll_status ll_guard_record_waivers(const ll_guard *g, ll_store *s, ll_error *err);

/* Appends that a gate did not say yes to a run, and why (loglog.refusal/1). */
ll_status ll_guard_record_refusal(const ll_guard *g, ll_store *s, const char *run, const ll_error *why,
                                  ll_error *err);

#endif
