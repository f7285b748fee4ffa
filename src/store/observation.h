/* What an observation is: a finished run that a law may be fitted to. Defined here and nowhere else.
 *
 *     ll_observed o;
 *     LL_TRY(ll_observe_store(&o, "loglog.db", &(ll_observe_opts){ .ladder = "" }, err));    or ll_observe_table
 *     fit(&o.table);                         a row for each observation, in the order of the store's list
 *     ll_observed_clear(&o);
 *
 * No observation is a trunk (it ends at a rate that no finished run has), a run that is held out and whose forecast
 * has not been scored yet, one that failed or has not ended, and one whose loss is no number above zero. A run that
 * was held out is an observation from the moment its score is in the ledger.
 */
#ifndef LL_STORE_OBSERVATION_H
#define LL_STORE_OBSERVATION_H

#include "store/store.h"

typedef enum ll_observation {
    LL_OBSERVATION = 0,
    LL_NO_OBSERVATION_UNFINISHED, /* planned, running or stopped */
    LL_NO_OBSERVATION_FAILED,
    LL_NO_OBSERVATION_LOSS, /* none, or no finite number above zero */
    LL_NO_OBSERVATION_TRUNK,
    LL_NO_OBSERVATION_HELD_OUT, /* and not scored yet */
    LL_NO_OBSERVATION_TUNED,    /* a run that went on with other aims than its text's loss */
    LL_NO_OBSERVATION_EXCLUDED, /* by hand: 'runs exclude' */
    LL_NO_OBSERVATION_COPY,     /* of a table's earlier row (store/copies.h) */
    LL_OBSERVATION_COUNT
} ll_observation;

const char *ll_observation_words(ll_observation kind); /* "trunk" and so on, of the runs left out */

/* The runs whose outcome the ledger holds. LL_ESTATE where its chain is broken. */
typedef struct ll_scored_runs {
    char (*id)[LL_RUN_ID]; /* [n] in the order of strcmp; owned */
    int64_t n;
} ll_scored_runs;
ll_status ll_store_scored_runs(ll_store *s, ll_scored_runs *out, ll_error *err);
void ll_scored_runs_clear(ll_scored_runs *scored);

ll_observation ll_run_observation(const ll_run *run, const ll_scored_runs *scored);

/* Gives the runs that were held out and are observations now the role "scored", as they are exported. */
void ll_runs_note_scored(ll_run *runs, int64_t n, const ll_scored_runs *scored);

/* Which runs of a store: LL_LADDER_ALL, LL_LADDER_IMPORTED, a ladder by id or name; "" or NULL: the newest ladder,
 * or in a store without one the imported runs. */
#define LL_LADDER_ALL "all"

typedef struct ll_observe_opts {
    const char *ladder, *where; /* NULL: none */
    const char *x, *y;          /* measures (store/measures.h): a variable; what is fitted in place of the loss.
                                   Runs that lack one are left out. NULL or "": none */
    const char *measures;       /* "A,B": further ones, into the table's measures; NULL or "": none */
    bool curves;                /* a row for each point of their learning curves, each run a cluster; no y then */
} ll_observe_opts;

typedef struct ll_observed {
    ll_table table;                         /* the observations; table.hash of a store is its ladder's data_hash */
    int64_t left_out[LL_OBSERVATION_COUNT]; /* how many runs of the selection are none, by why */
    char ladder[65];                   /* the one that was chosen: its id; "" for imported runs, all, a table */
    char ladder_name[65];              /* its name */
    char spec_hash[65], data_hash[65]; /* the ladder's; data_hash of a table is its file's */
    int64_t elsewhere;                 /* finished runs of the store that the choice of ladder passed over */
    char mixed[160];                   /* what the observations mix, "2 ladders, 2 families"; "" when nothing */
    int64_t n_finished;                /* every finished run of the selection, observation or not */
    double *flops, *loss;              /* [n_finished] of those; owned */
} ll_observed;

ll_status ll_observe(ll_observed *o, ll_store *s, const ll_observe_opts *opts, ll_error *err);

/* The same of a file. A ladder or field that is not there is LL_EINPUT. No observation is no error: table.rows is
 * 0. */
ll_status ll_observe_store(ll_observed *o, const char *path, const ll_observe_opts *opts, ll_error *err);

/* The rows of a file; those of a role that is no observation's are left out, and with opts.with_loss copies. */
ll_status ll_observe_table(ll_observed *o, const char *path, const ll_table_opts *opts, ll_error *err);
void ll_observed_clear(ll_observed *o);

#endif
