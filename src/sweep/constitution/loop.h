/* The constitution's loop over the runs of a ladder (constitution.h says what it leaves).
 *
 *     LL_TRY(ll_loop_run(&constitution, &opts, err));
 *     LL_TRY(ll_loop_read(&table, &constitution, &opts, err));
 *     table.row[0].stage, table.row[0].value[LL_LOOP_GOLD]
 *     ll_loop_print(out, &table, &constitution);                      a row for each run and stage, as CSV
 *     ll_loop_table_clear(&table);
 */
#ifndef LL_SWEEP_CONSTITUTION_LOOP_H
#define LL_SWEEP_CONSTITUTION_LOOP_H

#include <stdio.h>

#include "loglog/fit.h"
#include "store/store.h"
#include "sweep/constitution/constitution.h"

typedef struct ll_loop_opts {
    const char *store, *ladder; /* a ladder by id or name; "": the newest */
    const char *where;          /* "": every done run of it that is not tuned */
    bool flip;               /* the judges' sign is turned: what violates is preferred. Its stages are flip_STAGE */
    int threads;             /* 0: all cores */
    bool (*stop)(void *ctx); /* asked from any thread; NULL: never */
    void (*progress)(void *ctx, int64_t done, int64_t all); /* runs; one call at a time; or NULL */
    void *ctx;
} ll_loop_opts;

/* Runs go beside each other, one a thread; the numbers do not depend on how. LL_EINPUT where no run is there, or a
 * run's context is too short for prompt and answer; LL_ESTOP when stopped: it goes on where it was. */
ll_status ll_loop_run(const ll_constitution *c, const ll_loop_opts *opts, ll_error *err);

enum {
    LL_LOOP_ALL = 0,
    LL_LOOP_GOLD,
    LL_LOOP_KL,
    LL_LOOP_LOSS,
    LL_LOOP_TAX,
    LL_LOOP_FLOPS,
    LL_LOOP_SAMPLES,
    LL_LOOP_ROUNDS,
    LL_LOOP_PAIRS,
    LL_LOOP_WHAT
};

typedef struct ll_loop_row {
    int64_t run; /* of the table */
    char stage[LL_OPTION_NAME];
    double value[LL_LOOP_WHAT + LL_PRINCIPLES_MOST],
        se[LL_LOOP_WHAT + LL_PRINCIPLES_MOST]; /* by what; then principles */
    int64_t n;                                 /* prompts */
    ll_estimate cost; /* the tax in training compute; NaN where the ladder has no law of its loss in compute */
} ll_loop_row;

typedef struct ll_loop_table {
    ll_run *run;      /* [runs] owned */
    ll_loop_row *row; /* [rows] owned; run by run, in the order of the stages */
    int64_t runs, rows;
} ll_loop_table;

/* What the store holds of this constitution. */
ll_status ll_loop_read(ll_loop_table *out, const ll_constitution *c, const ll_loop_opts *opts, ll_error *err);
void ll_loop_table_clear(ll_loop_table *t);

/* One more row, all of it NaN, as the table's own; NULL without memory. */
ll_loop_row *ll_loop_add_row(ll_loop_table *t, int64_t run, const char *stage, ll_error *err);

/* all, gold, kl, loss, tax, flops, samples, rounds, pairs, or a principle's id. */
const char *ll_loop_what(const ll_constitution *c, int what);

/* run, params, tokens, seed, labels (of learned judges), stage, kind ("stage" of those that are one, "flip_" with
 * the sign turned; else step, bestof), number (of step.N and bestof.N), d (the root of kl), then each what with its
 * standard error, and share of good answers by the judges and by gold: proxy_good and gold_good. */
void ll_loop_print(FILE *out, const ll_loop_table *t, const ll_constitution *c);

/* ---- for the room ---- */
/* The factor of training compute that each row's tax is worth, by the ladder's own law L = (Cc/C)^alpha of its runs: a
 * model with the loss L + tax is one of L's compute over (1 + tax/L)^(1/alpha), and that much more of it buys the
 * tax back. The interval is that of the law's draws; the tax is taken as measured. */
ll_status ll_loop_price(ll_loop_table *t, ll_store *store, const ll_loop_opts *opts, ll_error *err);
enum { LL_LOOP_SETTINGS = sizeof((ll_run_score *)0)->settings };
void ll_loop_settings(const ll_constitution *c, char out[LL_LOOP_SETTINGS]);
/* Done runs of the ladder that are models of ours and were not tuned; owned. LL_EINPUT where none is there. */
ll_status ll_loop_select_runs(ll_store *store, const ll_loop_opts *opts, ll_run **out, int64_t *n, ll_error *err);

#endif
