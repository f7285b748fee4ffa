/* The store: runs with their learning curves, in an SQLite file or a PostgreSQL database
 * (postgresql://USER@HOST/NAME), written by the program, by imports, or from a training loop of one's own.
 *
 *     ll_log *log;
 *     LL_TRY(ll_log_begin(&log, "loglog.db", &(ll_log_run) { .name = "wide", .params = 124e6 }, err));
 *     LL_TRY(ll_log_point(log, step, tokens, validation_loss, NAN, err));          as often as it is known
 *     LL_TRY(ll_log_end(log, true, err));                  the last point's loss is the run's
 *
 * A run that was killed has every point that was logged. A log of its name goes on with it; where its first step lies
 * before the last one, the loop came back to an earlier checkpoint, and the points from there on are taken anew.
 *
 * Whatever reads a store that is not there is LL_EINPUT and makes none.
 *
 * A log belongs to one thread at a time; any number of processes may write to one store at once.
 */
#ifndef LOGLOG_STORE_H
#define LOGLOG_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "loglog/api.h"
#include "loglog/error.h"
#include "loglog/table.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is known of a run before it starts; 0 or NULL: not known. Losses are nats per token. */
typedef struct ll_log_run {
    const char *name;      /* unique in the store: a second log of the name goes on with it */
    const char *family;    /* of models that one law is to describe; NULL: none */
    double params;         /* N */
    bool params_are_total; /* N counts the embeddings; else it does not */
    double batch_tokens;   /* tokens a step: tokens of a point may then be 0 */
    double lr;             /* peak */
    double bytes_per_token;
    int64_t context, vocab, seed;
} ll_log_run;

typedef struct ll_log ll_log;

/* A run that is done already is LL_ESTATE. */
LL_API ll_status ll_log_begin(ll_log **out, const char *store, const ll_log_run *run, ll_error *err);

/* Validation loss after so many tokens; train_loss NaN where it is not known. A loss that is not finite and above 0,
 * or a step below the last one, is LL_EINPUT. A point of a step that has one replaces it. */
LL_API ll_status ll_log_point(ll_log *log, int64_t step, double tokens, double loss, double train_loss,
                              ll_error *err);

/* Closes the log, whatever it returns. done: the run becomes an observation with the loss of its last point
 * (LL_EINPUT without a point or parameters); else it stays as it is and may be gone on with. NULL is fine. */
LL_API ll_status ll_log_end(ll_log *log, bool done, ll_error *err);

/* The document loglog.runs/1, as 'loglog runs list --json' prints it; where NULL: all. For ll_text_free; NULL: err
 * says why. */
LL_API char *ll_store_runs_json(const char *store, const char *where, ll_error *err);

/* The learning curve of a run, by its id, name or a beginning of either: arrays of one length for free(). */
typedef struct ll_curve_points {
    int64_t n;
    int64_t *step;
    double *tokens, *loss, *train_loss; /* [n]; NaN where it was not measured. One block with step: free(step) */
} ll_curve_points;
LL_API ll_status ll_store_curve(const char *store, const char *run, ll_curve_points *out, ll_error *err);

/* The runs of a table into the store, which is made where there is none; *added counts those that were not there.
 * The same table again changes nothing. */
LL_API ll_status ll_store_add_table(const char *store, const char *table, const ll_table_opts *opts, int64_t *added,
                                    ll_error *err);

/* The done runs as a table: JSON lines for .jsonl, else CSV; *n counts them. */
LL_API ll_status ll_store_write_table(const char *store, const char *where, const char *table, int64_t *n,
                                      ll_error *err);

#ifdef __cplusplus
}
#endif
#endif
