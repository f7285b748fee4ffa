/* A sweep: a spec carried out, from data to a scored forecast. It wires what the floors below keep apart: training
 * and store, fits and ledger.
 *
 *     ll_sweep s;
 *     LL_TRY(ll_sweep_prepare(&s, &spec, &opts, err));        data built or found, rungs designed
 *     LL_TRY(ll_sweep_run(&s, &watch, err));                  trained, sealed, scored; may be called again
 *     ll_sweep_clear(&s);
 *
 * Files lie beside the store, in a folder of its name: data-KEY.{train,val}.bin, and for each ladder a folder with
 * the resolved spec, the weights and, while a rung is unfinished, its state. The ladder's id is the hash of the
 * resolved spec and of the data: other data, other ladder.
 */
#ifndef LL_SWEEP_SWEEP_H
#define LL_SWEEP_SWEEP_H

#include "data/shard.h"
#include "decide/gate/unasked.h"
#include "forecast/belief/forecast.h"
#include "store/store.h"
#include "sweep/guard/guard.h"
#include "sweep/slurm/slurm_run.h"
#include "sweep/workers/live.h"

typedef struct ll_sweep_opts {
    const char *store;   /* path of the database */
    const char *where;   /* what to call the spec in messages: its path */
    const char *command; /* the command line, for the record */
    const char *how;     /* a text that is kept beside the spec in the ladder's folder, as how.yaml; NULL: none */
    const char *program; /* what a worker runs as */
    const char *ledger;  /* JSONL file that every seal and score is published in as well; NULL or "": none */
    const char *policy, *evidence, *waivers; /* of guard.h; NULL or "": none */
    const char
        *changed; /* the text is another than its shards were built from: "refuse" (also NULL), "keep", "rebuild" */
    bool dry; /* train and keep nothing: of data that is not there yet as much is read as tells whether a run takes
               * it, and its hash stays unknown */
    ll_slurm_mode mode; /* with the jobs of engine.kind slurm; the local engine knows only LL_SLURM_WATCH */
    const char
        *hand_out; /* a file .csv or .sh: the rungs that are next are written there, and none is started; NULL or
                           * "": they are trained */
    void (*reading)(void *ctx, int64_t documents, int64_t bytes); /* while data is built; may be NULL */
    bool (*stop)(void *ctx); /* asked while data is built from text; may be NULL */
    void *ctx;               /* of both */
} ll_sweep_opts;

enum { LL_SWEEP_STAGES = 2 }; /* the fitted rungs and their trunks; then those that are forecast */

/* What a stage took, of what was trained by this call. */
typedef struct ll_sweep_use {
    int64_t rungs;           /* that it finished */
    double wall_s;           /* from its first start to its last end */
    double cpu_s;            /* of its processes */
    double flops;            /* exact, of training */
    double part_s[LL_PARTS]; /* of cpu_s, what the rungs told when they ended or stopped */
} ll_sweep_use;

typedef struct ll_sweep {
    ll_spec spec;
    ll_sweep_opts opts;
    char id[17], spec_hash[65], data_hash[65]; /* id and data_hash "" on a dry run without data */
    char folder[LL_PATH_MAX], data_prefix[LL_PATH_MAX];
    ll_spec_also also;
    char also_prefix[LL_SPEC_ALSO][LL_PATH_MAX]; /* of shards beside the ladder's folder */
    ll_shard_info train, val;
    ll_guard *guard; /* owned; NULL without a policy */
    ll_rung *rungs;
    const ll_kernels *kernels; /* the table that trains, once its precision is settled; NULL where a command does */
    double *needs;             /* [n] bytes of each rung's process, as announced; 0: not known */
    int64_t n;
    int workers;
    int ranks;          /* processes that train each rung together, at most; 1: one */
    double memory;      /* bound for all together */
    int64_t queued;     /* rungs that the last ll_sweep_run left in Slurm's queue */
    int64_t handed_out; /* rungs of the last ll_sweep_run that were written down */
    int64_t bends;      /* runs of the last ll_sweep_run that came outside the 99 % interval sealed for them */
    ll_sweep_use use[LL_SWEEP_STAGES]; /* of the last ll_sweep_run */
    ll_live live;                      /* of the ll_sweep_run in progress, for its watch */
} ll_sweep;

ll_status ll_sweep_prepare(ll_sweep *s, const ll_spec *spec, const ll_sweep_opts *opts, ll_error *err);
void ll_sweep_clear(ll_sweep *s);

/* What the caller is told, from one thread; every function may be NULL. */
typedef struct ll_sweep_watch {
    bool (*stop)(void *ctx);
    void (*started)(void *ctx, int64_t rung);
    void (*message)(void *ctx, int64_t rung, const ll_message *m);
    void (*tick)(void *ctx);
    void (*sealed)(void *ctx, const ll_forecast *f, const char *why_not); /* f NULL: there is none, and why */
    void (*scored)(void *ctx, const ll_forecast *f, const ll_score *score);
    void (*unasked)(void *ctx, const ll_unasked *refusal); /* a gate refused the ladder; no policy was given now */
    void (*say)(void *ctx, const char *line);              /* of Slurm's queue */
    bool (*cancel)(void *ctx); /* it is to stop: are the jobs in Slurm's queue to end as well? */
    void *ctx;
} ll_sweep_watch;

/* Trains what is not done yet. LL_OK where rungs are left in Slurm's queue, as opts.mode said; LL_ESTOP when
 * stopped, LL_ENUM or LL_EIO when rungs failed (they are named, the others are done), LL_ESTATE when another
 * process works on the same ladder; LL_EREFUSED or LL_EUNSURE when the policy's gate did not say yes: what is
 * trained by then is safe, and goes on once it does. */
ll_status ll_sweep_run(ll_sweep *s, const ll_sweep_watch *watch, ll_error *err);

/* Each rung is trained by so many processes: fewer rungs at a time, and more memory for each. LL_EINPUT where ranks
 * cannot be had. */
ll_status ll_sweep_ranks(ll_sweep *s, int64_t ranks, ll_error *err);

/* Where the store is: as given, or loglog.db in the spec's folder where nothing is (""). */
ll_status ll_sweep_store(char out[LL_PATH_MAX], const char *given, const char *spec, ll_error *err);

/* The folder of a store's files: "loglog.db" keeps them in "loglog.d", and a store on a server in the "loglog.d" of
 * the working folder. */
ll_status ll_sweep_files(char out[LL_PATH_MAX], const char *store, ll_error *err);

/* Memory of a worker that trains the rung, bytes: with room for as many threads as it can use. */
double ll_sweep_needs(const ll_rung *rung, const ll_spec *spec, const ll_kernels *kernels);

#endif
