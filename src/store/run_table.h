/* A table that grows run by run, so that runs in great number need not be held: of each only what a table says.
 *
 *     ll_run_table rt;
 *     ll_run_table_open(&rt, false);
 *     LL_TRY(ll_run_table_add(&rt, &run, err));           each, in the order of the rows
 *     status = ll_run_table_close(&rt, status, &t, err);  t is the caller's; empty where status is not LL_OK
 *
 * Or in parts, where its rows are many: twice through the same runs, forgetting the rows whenever they are enough. What
 * the columns are is known after the first time.
 *
 *     LL_TRY(ll_run_table_add(&rt, &run, err)); ... ll_run_table_forget_rows(&rt);
 *     LL_TRY(ll_run_table_settle(&rt, err));
 *     LL_TRY(ll_run_table_add(&rt, &run, err)); ... LL_TRY(ll_run_table_tell_apart(&rt, err)); use(&rt.t);
 *     ll_run_table_clear(&rt);
 */
#ifndef LL_STORE_RUN_TABLE_H
#define LL_STORE_RUN_TABLE_H

#include "store/folds.h"
#include "store/measures.h"

/* Numbers that stand in a table and in a run under one meaning, (column, field); N and the loss need a conversion
 * and are not here. */
#define LL_RUN_TABLE_REALS(X)           \
    X(PARAMS_TOTAL, params_total)       \
    X(TOKENS, tokens)                   \
    X(FLOPS, flops)                     \
    X(UNIQUE_TOKENS, unique_tokens)     \
    X(STEP, steps)                      \
    X(BATCH_TOKENS, batch_tokens)       \
    X(LR, lr)                           \
    X(BYTES_PER_TOKEN, bytes_per_token) \
    X(WEIGHT, weight)

typedef struct ll_run_table {
    ll_table t; /* columns come with the first number that is known in them */
    int64_t room;
    char **id;  /* [rows]; rows of one run, one behind the other, share it */
    bool whole; /* with the numbers that have no canonical column */
    double *beside[LL_MEASURES_BESIDE];
    int64_t all, stated, unstated;  /* runs, also of parts before, by what their N counts */
    bool *of_ladder;                /* [rows] */
    bool ladders;                   /* a run is of one */
    bool says[LL_COL_FIRST_NUMBER]; /* whether a column of texts has any */
    ll_folds names;                 /* of the runs; once settled those that several runs have */
    bool settled;
    char ladder[17]; /* of all of them; "": they are of several */
} ll_run_table;

void ll_run_table_open(ll_run_table *rt, bool whole);
ll_status ll_run_table_add(ll_run_table *rt, const ll_run *run, ll_error *err);
ll_status ll_run_table_close(ll_run_table *rt, ll_status status, ll_table *out, ll_error *err);

/* Of a table in parts. The rows of one run are in one. After settle the columns stay as they are; tell_apart gives the
 * rows since forget_rows their names, by what all runs are called. Measures stay in beside. */
ll_status ll_run_table_settle(ll_run_table *rt, ll_error *err);
ll_status ll_run_table_tell_apart(ll_run_table *rt, ll_error *err);
void ll_run_table_forget_rows(ll_run_table *rt);
void ll_run_table_clear(ll_run_table *rt);

/* As close, and of a whole table the scores of its runs as columns; points: rows are points of runs, and a score
 * belongs to that of its step. */
ll_status ll_run_table_close_with_scores(ll_run_table *rt, ll_status status, ll_store *s, bool points,
                                         ll_table *out, ll_error *err);

#endif
