/* The store: ladders, runs with all their conventions, curve points and the ledger, in SQLite.
 *
 *     ll_store *s;
 *     LL_TRY(ll_store_open(&s, "loglog.db", LL_STORE_WRITE, err));
 *     LL_TRY(ll_store_put_run(s, &run, err));
 *     ll_store_close(s);
 *
 * One handle belongs to one thread; several processes may hold handles on one file (WAL, busy timeout).
 * The schema has a version (PRAGMA user_version) and is migrated on opening; a store of a newer version,
 * a file that is no store and a damaged one are refused by name. Every write is one transaction.
 */
#ifndef LL_STORE_STORE_H
#define LL_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loglog/error.h"
#include "loglog/table.h"

typedef struct ll_store ll_store;
typedef enum ll_store_mode { LL_STORE_READ = 1, LL_STORE_WRITE } ll_store_mode;

/* READ of a file that is not there succeeds with an empty store; WRITE creates it. */
ll_status ll_store_open(ll_store **out, const char *path, ll_store_mode mode, ll_error *err);
void ll_store_close(ll_store *s); /* NULL is fine */

/* ---- ladders: one resolved spec over one data set ---- */
typedef struct ll_ladder {
    char id[17]; /* the first 16 digits of spec_hash */
    char name[64];
    char spec_hash[65], data_hash[65];
    char *spec;        /* the resolved YAML; owned */
    char *data;        /* JSON: bytes, documents, tokens, bytes_per_token, paths; owned */
    char command[512]; /* the command line that made it */
    char version[64], created[32];
} ll_ladder;

ll_status ll_store_put_ladder(ll_store *s, const ll_ladder *ladder, ll_error *err); /* same id: replaced */
/* By id, else the newest of that name; "": the newest of all. LL_EINPUT when absent. */
ll_status ll_store_get_ladder(ll_store *s, const char *id, ll_ladder *out, ll_error *err);
ll_status ll_store_list_ladders(ll_store *s, ll_ladder **out, int64_t *n, ll_error *err); /* oldest first */
void ll_ladder_clear(ll_ladder *ladder);
void ll_ladders_free(ll_ladder *ladders, int64_t n);

/* ---- runs ---- */
typedef enum ll_run_state {
    LL_RUN_PLANNED = 0,
    LL_RUN_RUNNING,
    LL_RUN_DONE,
    LL_RUN_FAILED,
    LL_RUN_STOPPED
} ll_run_state;
const char *ll_run_state_name(ll_run_state state);
int ll_run_state_named(const char *name); /* -1 when none is */

/* The one list of a run's columns: it makes the struct, the SQL schema, binding, reading and the names that a
 * where clause may use. Unknown numbers are NaN, unknown counts 0, unknown texts "". TEXT(name, bytes). */
#define LL_RUN_FIELDS(TEXT, STATE, INT, REAL)                                             \
    TEXT(id, 64)     /* unique in the store: ladder id, '/', rung name */                 \
    TEXT(ladder, 17) /* "" for imported runs, else a ladder that was put before */        \
    TEXT(name, 64)                                                                        \
    TEXT(family, 32)                                                                      \
    TEXT(role, 16) /* fit, forecast, trunk */                                             \
    TEXT(arm, 16)  /* isoflop budget and the like */                                      \
    STATE(state)                                                                          \
    INT(seed)                                                                             \
    REAL(params)          /* non-embedding */                                             \
    REAL(params_total)    /* everything */                                                \
    REAL(params_head)     /* non-embedding and the head */                                \
    REAL(params_unstated) /* of an imported run whose table did not say what it counts */ \
    REAL(tokens)                                                                          \
    REAL(unique_tokens)                                                                   \
    REAL(flops)       /* 6 params tokens */                                               \
    REAL(flops_exact) /* with attention and head */                                       \
    INT(layers)                                                                           \
    INT(width)                                                                            \
    INT(heads)                                                                            \
    INT(context)                                                                          \
    INT(vocab)                                                                            \
    REAL(batch_tokens)                                                                    \
    REAL(steps)                                                                           \
    REAL(lr)                                                                              \
    REAL(loss) /* final validation loss, nats per token */                                \
    REAL(loss_se)                                                                         \
    REAL(train_loss)                                                                      \
    REAL(bytes_per_token)                                                                 \
    REAL(weight)                                                                          \
    REAL(wall_s)                                                                          \
    REAL(tokens_per_s)                                                                    \
    REAL(energy_j)                                                                        \
    REAL(memory_bytes)                                                                    \
    TEXT(kernels, 32)                                                                     \
    TEXT(precision, 16)                                                                   \
    TEXT(host, 64)                                                                        \
    TEXT(version, 64)                                                                     \
    TEXT(started, 32)                                                                     \
    TEXT(ended, 32)                                                                       \
    TEXT(failure, 256)                                                                    \
    TEXT(source, 256) /* the imported file */

typedef struct ll_run {
#define LL_RUN_TEXT(field, bytes) char field[bytes];
#define LL_RUN_STATE(field) ll_run_state field;
#define LL_RUN_INT(field) int64_t field;
#define LL_RUN_REAL(field) double field;
    LL_RUN_FIELDS(LL_RUN_TEXT, LL_RUN_STATE, LL_RUN_INT, LL_RUN_REAL)
#undef LL_RUN_TEXT
#undef LL_RUN_STATE
#undef LL_RUN_INT
#undef LL_RUN_REAL
} ll_run;

typedef enum ll_field_kind { LL_FIELD_TEXT = 1, LL_FIELD_STATE, LL_FIELD_INT, LL_FIELD_REAL } ll_field_kind;
typedef struct ll_run_field {
    const char *name;
    ll_field_kind kind;
    size_t offset, size;
} ll_run_field;
extern const ll_run_field ll_run_fields[]; /* in the order of the list; ends with a NULL name */

void ll_run_init(ll_run *run); /* nothing known: every number NaN, every text "", planned */

ll_status ll_store_put_run(ll_store *s, const ll_run *run, ll_error *err);           /* insert, or replace by id */
ll_status ll_store_get_run(ll_store *s, const char *id, ll_run *out, ll_error *err); /* LL_EINPUT when absent */
ll_status ll_store_seek_run(ll_store *s, const char *id, ll_run *out, bool *found, ll_error *err);

/* A run whose row does not have its checksum is LL_EFORMAT in every list and look-up, and *out what the row says.
 */

/* One run by its id, by a name or by a beginning of either that only one run has; else LL_EINPUT. */
ll_status ll_store_find_run(ll_store *s, const char *word, ll_run *out, ll_error *err);

/* Selects by ladder ("" : all), state (-1: all) and a where clause in the words of ll_table_opts.where over
 * the field names above; ordered by ladder creation, then flops. *out is the caller's to free. */
ll_status ll_store_list_runs(ll_store *s, const char *ladder, int state, const char *where, ll_run **out,
                             int64_t *n, ll_error *err);
ll_status ll_store_drop_runs(ll_store *s, const char *const *ids, int64_t n, ll_error *err); /* and their points */

/* ---- points of learning curves ---- */
typedef struct ll_point {
    int64_t step;
    double tokens, loss, se, train_loss; /* validation loss and its standard error, nats per token */
} ll_point;
ll_status ll_store_put_point(ll_store *s, const char *run, const ll_point *p,
                             ll_error *err); /* same step: replaced */
ll_status ll_store_list_points(ll_store *s, const char *run, ll_point **out, int64_t *n, ll_error *err);

/* ---- ledger: entries are JSON texts, appended and never changed ---- */
typedef struct ll_entry {
    int64_t seq;
    char hash[65], previous[65];
    char *body; /* owned */
} ll_entry;
/* Appends atomically: hash = SHA-256(previous hash, newline, body); the first previous is 64 zeros.
 * Two writers at once are put in order. */
ll_status ll_store_append(ll_store *s, const char *body, ll_entry *out, ll_error *err);
ll_status ll_store_list_entries(ll_store *s, ll_entry **out, int64_t *n, ll_error *err);
/* Recomputes the chain (store/hash_chain.h). A broken one is LL_ESTATE with the first place whose entry is not the
 * one that was sealed there in *bad_seq, else that is 0. */
ll_status ll_store_check_ledger(ll_store *s, int64_t *bad_seq, ll_error *err);
void ll_entries_free(ll_entry *entries, int64_t n);

/* ---- import and export ---- */
/* The done runs as a table. Runs with a stated and runs with an unstated count of N do not go into one table. */
ll_status ll_store_export(ll_store *s, const char *ladder, const char *where, ll_table *out, ll_error *err);
/* Adds the table's rows as done runs; ids are "import/<first 8 of hash>/<line>", so that the same file adds
 * nothing twice under any filter. A loss in bits per byte needs bytes_per_token. *added counts new ones; one
 * transaction for all. */
ll_status ll_store_import(ll_store *s, const ll_table *t, const char *source, int64_t *added, ll_error *err);

#endif
