/* The store: ladders, runs with all their conventions, curve points and the ledger, in a file by SQLite or, where its
 * name is postgresql://..., in a PostgreSQL database.
 *
 *     ll_store *s;
 *     LL_TRY(ll_store_open(&s, "loglog.db", LL_STORE_WRITE, err));
 *     LL_TRY(ll_store_put_run(s, &run, err));
 *     ll_store_close(s);
 *
 * One handle belongs to one thread; several processes may hold handles on one store.
 * The schema has a version and is migrated on opening; a store of a newer version, a file or database that is no
 * store and a damaged one are refused by name. Every write is one transaction.
 */
#ifndef LL_STORE_STORE_H
#define LL_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/document/json.h"
#include "loglog/error.h"
#include "loglog/table.h"

typedef struct ll_store ll_store;
typedef enum ll_store_mode { LL_STORE_READ = 1, LL_STORE_WRITE } ll_store_mode;

/* READ of a file that is not there succeeds with an empty store; WRITE creates it. */
ll_status ll_store_open(ll_store **out, const char *path, ll_store_mode mode, ll_error *err);
/* The same of a store that has to be there: else LL_EINPUT, and nothing is made. */
ll_status ll_store_open_there(ll_store **out, const char *path, ll_store_mode mode, ll_error *err);
void ll_store_close(ll_store *s); /* NULL is fine */

/* What read asks of the store is of one moment. Where a server's connection was lost read is called again. */
typedef ll_status ll_store_reading(ll_store *s, void *ctx, ll_error *err);
ll_status ll_store_read(ll_store *s, ll_store_reading *read, void *ctx, ll_error *err);

/* False: no file is there. A server is not asked. */
bool ll_store_may_be_there(const char *path);

/* A number that is another one whenever another handle has written since this handle last asked. */
ll_status ll_store_changes(ll_store *s, int64_t *number, ll_error *err);

/* Who is told that a store's server is away or back, by one line without its end; NULL: nobody. For the process. */
void ll_store_on_notice(void (*say)(const char *line));

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

enum { LL_RUN_ID = 288 }; /* bytes of a run's id and its end */

/* The one list of a run's columns: it makes the struct, the SQL schema, binding, reading and the names that a
 * where clause may use. Unknown numbers are NaN, unknown counts 0, unknown texts "". TEXT(name, bytes). In parts, by
 * the version of the store that a part came with: a part is never changed. */
#define LL_RUN_FIELDS(TEXT, STATE, INT, REAL)  \
    LL_RUN_FIELDS_OF_1(TEXT, STATE, INT, REAL) \
    LL_RUN_FIELDS_OF_3(TEXT, STATE, INT, REAL)
#define LL_RUN_FIELDS_OF_3(TEXT, STATE, INT, REAL)                                     \
    INT(ffw)            /* width of the feed-forward layer */                          \
    REAL(best_loss)     /* lowest validation loss of the learning curve and the end */ \
    REAL(best_step)     /* where that was */                                           \
    TEXT(tokenizer, 96) /* name and hash of what made the tokens; "": bytes */
#define LL_RUN_FIELDS_OF_1(TEXT, STATE, INT, REAL)                                        \
    TEXT(id, LL_RUN_ID) /* unique in the store: ladder id, '/', rung name */              \
    TEXT(ladder, 17)    /* "" for imported runs, else a ladder that was put before */     \
    TEXT(name, 224)                                                                       \
    TEXT(family, 96)                                                                      \
    TEXT(role, 16) /* fit, forecast, trunk, scored, excluded; "": none */                 \
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

double ll_run_count(const ll_run *run);         /* N: non-embedding, else total, else unstated; NaN when unknown */
double ll_run_bits_per_byte(const ll_run *run); /* NaN when unknown */

/* Every known field, and bits_per_byte where the run knows its bytes per token; and the document loglog.runs/1. */
ll_json *ll_run_json(const ll_run *run);
ll_json *ll_runs_json(const ll_run *runs, int64_t n);

void ll_run_init(ll_run *run); /* nothing known: every number NaN, every text "", planned */

ll_status ll_store_put_run(ll_store *s, const ll_run *run, ll_error *err);           /* insert, or replace by id */
ll_status ll_store_get_run(ll_store *s, const char *id, ll_run *out, ll_error *err); /* LL_EINPUT when absent */
ll_status ll_store_seek_run(ll_store *s, const char *id, ll_run *out, bool *found, ll_error *err);

/* A run whose row does not have its checksum is LL_EFORMAT in every list and look-up, and *out what the row says.
 */

/* One run by its id, by a name or by a beginning of either that only one run has; else LL_EINPUT. */
ll_status ll_store_find_run(ll_store *s, const char *word, ll_run *out, ll_error *err);

/* Selects by ladder ("": all), state (-1: all) and a where clause in the words of ll_table_opts.where over
 * the field names above; ordered by ladder creation, then flops. *out is the caller's to free. */
#define LL_LADDER_IMPORTED "imported" /* in place of a ladder's id: runs that are of none */
ll_status ll_store_list_runs(ll_store *s, const char *ladder, int state, const char *where, ll_run **out,
                             int64_t *n, ll_error *err);
/* The same without holding them: one at a time, in any order, borrowed for the call; or only their number. */
typedef ll_status ll_run_visit(void *ctx, const ll_run *run, ll_error *err);
ll_status ll_store_visit_runs(ll_store *s, const char *ladder, int state, const char *where, ll_run_visit *visit,
                              void *ctx, ll_error *err);
/* One at a time in the order of a list. */
ll_status ll_store_visit_listed(ll_store *s, const char *ladder, int state, const char *where, ll_run_visit *visit,
                                void *ctx, ll_error *err);
/* The names alone, in any order. */
typedef ll_status ll_name_visit(void *ctx, const char *name, ll_error *err);
ll_status ll_store_visit_names(ll_store *s, const char *ladder, int state, const char *where, ll_name_visit *visit,
                               void *ctx, ll_error *err);
ll_status ll_store_count_runs(ll_store *s, const char *ladder, int state, const char *where, int64_t *n,
                              ll_error *err);

/* The runs of a ladder, counted by the database: how many are in each state, and their FLOPs; unknown ones are 0. */
enum { LL_RUN_STATES = LL_RUN_STOPPED + 1 };
typedef struct ll_run_tally {
    int64_t n[LL_RUN_STATES];
    double flops[LL_RUN_STATES];
} ll_run_tally;
ll_status ll_store_tally_runs(ll_store *s, const char *ladder, ll_run_tally *out, ll_error *err);

ll_status ll_store_drop_runs(ll_store *s, const char *const *ids, int64_t n, ll_error *err); /* and their points */

/* ---- points of learning curves ---- */
typedef struct ll_point {
    int64_t step;
    double tokens, loss, se, train_loss; /* validation loss and its standard error, nats per token */
} ll_point;
ll_status ll_store_put_point(ll_store *s, const char *run, const ll_point *p,
                             ll_error *err); /* same step: replaced */
/* Removes the points and the scores of the run from this step on. */
ll_status ll_store_cut_points(ll_store *s, const char *run, int64_t step, ll_error *err);
ll_status ll_store_list_points(ll_store *s, const char *run, ll_point **out, int64_t *n, ll_error *err);
/* Those behind a step alone. */
ll_status ll_store_list_points_behind(ll_store *s, const char *run, int64_t step, ll_point **out, int64_t *n,
                                      ll_error *err);

/* ---- scores: measures of a trained model that are not its training loss ---- */
enum { LL_SCORE_NAME = 96 }; /* bytes of "PROBE.METRIC" and its end */
typedef struct ll_run_score {
    int64_t step; /* of the run, after which the model was asked */
    char probe[40], metric[48];
    char settings[120]; /* what else the value depends on, "windows=256"; compared, never read */
    double value, se;   /* NaN: not known */
    int64_t items;      /* of what the value is the mean of */
    double chance;      /* what a model that knows nothing reaches; NaN: does not apply */
} ll_run_score;

/* In one transaction; a score of the same step, probe and metric is replaced. */
ll_status ll_store_put_scores(ll_store *s, const char *run, const ll_run_score *scores, int64_t n, ll_error *err);
/* By probe, metric and step; *out is the caller's to free. */
ll_status ll_store_list_scores(ll_store *s, const char *run, ll_run_score **out, int64_t *n, ll_error *err);

/* Of every run of a ladder ("": of all) the last score of each metric, or that of every step, by probe and metric;
 * borrowed for the call. Another status than LL_OK ends the visit and is handed on. */
typedef ll_status ll_run_score_visit(void *ctx, const char *run, const ll_run_score *score, ll_error *err);
ll_status ll_store_visit_scores(ll_store *s, const char *ladder, bool every_step, ll_run_score_visit *visit,
                                void *ctx, ll_error *err);

/* ---- ledger: entries are JSON texts, appended and never changed ---- */
typedef struct ll_entry {
    int64_t seq;
    char hash[65], previous[65];
    char *body; /* owned */
} ll_entry;
/* The entries of a verified chain (store/hash_chain.h), in their order. A chain that is broken is LL_ESTATE and
 * names the first place whose entry is not the one that was sealed there: whoever reads the ledger reads it whole,
 * or not. */
ll_status ll_store_list_entries(ll_store *s, ll_entry **out, int64_t *n, ll_error *err);
/* Those of them that are wanted, and the last, whose seq is how many there are; wanted NULL: all. Every hash is looked
 * at all the same, but what is not wanted takes no memory. */
typedef bool ll_store_wanted(const void *ctx, const ll_entry *e);
ll_status ll_store_list_wanted(ll_store *s, ll_store_wanted *wanted, const void *ctx, ll_entry **out, int64_t *n,
                               ll_error *err);
/* How many places there are, without reading them. */
ll_status ll_store_count_entries(ll_store *s, int64_t *n, ll_error *err);
/* The same without the entries; *bad_seq is that place, else 0. */
ll_status ll_store_check_ledger(ll_store *s, int64_t *bad_seq, ll_error *err);

/* Appends atomically: hash = SHA-256(previous hash, newline, body); the first previous is 64 zeros. Two writers at
 * once are put in order. A broken chain is LL_ESTATE and stays as it is. */
ll_status ll_store_append(ll_store *s, const char *body, ll_entry *out, ll_error *err);

/* Makes the body that is to follow the last of n entries, for free(), or leaves *body NULL where nothing is to be
 * appended. */
typedef ll_status ll_store_compose(void *ctx, const ll_entry *entries, int64_t n, char **body, ll_error *err);

/* Asks compose, shown the entries that are wanted as above, and appends its answer in one write transaction: no other
 * writer comes between. *out is the new entry, all zero where there is none. */
ll_status ll_store_append_if(ll_store *s, ll_store_wanted *wanted, ll_store_compose *compose, void *ctx,
                             ll_entry *out, ll_error *err);
void ll_entries_free(ll_entry *entries, int64_t n);

/* ---- import and export ---- */
/* Rows as done runs, one each, in their order, as an import makes them; *out is the caller's to free. A loss in
 * bits per byte needs bytes_per_token. */
ll_status ll_table_to_runs(const ll_table *t, const char *source, ll_run **out, ll_error *err); /* [t->rows] */
/* The done runs as a table, a row each, by name, or where another ladder has the same by id; without the columns of
 * which nothing is known. Runs with a stated and runs with an unstated count of N do not go into one table. */
ll_status ll_store_export(ll_store *s, const char *ladder, const char *where, ll_table *out, ll_error *err);
/* The points of the runs that have a loss, run by run, each as a run that ended there; *out is the caller's to free. */
ll_status ll_runs_to_points(ll_store *s, const ll_run *runs, int64_t n, ll_run **out, int64_t *n_out,
                            ll_error *err);
/* Every point of the learning curves of the done runs. */
ll_status ll_store_export_curves(ll_store *s, const char *ladder, const char *where, ll_table *out, ll_error *err);
/* Either as CSV or JSON lines into out, in parts: *rows of them. Nothing is written before all were read once. LL_EIO
 * where a server's connection is lost while it writes. */
typedef struct ll_export_opts {
    const char *ladder, *where;
    bool curves, jsonl;
} ll_export_opts;
ll_status ll_store_export_to(ll_store *s, const ll_export_opts *opts, FILE *out, int64_t *rows, ll_error *err);
/* Import. A table where rows share the name of a run, of one size and at other steps (without steps, at other
 * tokens), holds learning curves: each name becomes one run with a point a row, whose loss is that of the last row
 * that has one. So does a table of steps without names and sizes, as TensorBoard writes: one run, called as the
 * file. In any other table each row is a run. Rows of one step are one point, a later value in place of an earlier.
 *
 * Ids are "import/<first 8 digits of the file's hash>/" and the name, for curves, or the line (and the name, where
 * rows share a line). The runs of one file are replaced as a whole, or, where they would be the same, left as they
 * are. Tokens of a point are the table's, else step * batch_tokens. A loss in bits per byte needs bytes_per_token.
 * A text that is too long, a run that sizes lacks or has twice is LL_EINPUT with file and line. */
typedef struct ll_import_opts {
    const char *source;       /* the file's name, as it is to stand in the store */
    const ll_table *sizes;    /* or NULL: by name of the run what the table lacks, such as params or batch_tokens */
    const char *sizes_source; /* its file's name */
    bool rows_are_runs;       /* whatever their names: no curves */
} ll_import_opts;

typedef struct ll_imported {
    bool curves;       /* points came in; else every row is a run */
    int64_t runs;      /* of the table */
    int64_t points;    /* in the store for them */
    int64_t merged;    /* rows whose step had one before */
    int64_t added;     /* runs written: all, or 0 where they are there already */
    int64_t replaced;  /* runs of the same file that they took the place of */
    int64_t namesakes; /* runs of the same names from another file of the same source: an earlier state of it? */
} ll_imported;

/* Whether an import would be refused, without a store; else what would come in. */
ll_status ll_store_import_check(const ll_table *t, const ll_import_opts *opts, ll_imported *out, ll_error *err);
/* Whether the table's runs are rungs of the store's ladders, by the id of the first, and such a table: rungs that have
 * a loss in it are done, with it and the points of its curve; those without are left alone. LL_EINPUT for a run that
 * is no rung, another N, another loss than that of a done one; what came before it is there then. */
bool ll_store_holds_rungs(ll_store *s, const ll_table *t);
ll_status ll_store_import_rungs(ll_store *s, const ll_table *t, const ll_import_opts *opts, ll_imported *out,
                                ll_error *err);

/* One transaction for all. */
ll_status ll_store_import(ll_store *s, const ll_table *t, const ll_import_opts *opts, ll_imported *out,
                          ll_error *err);

/* ---- from one store to another ---- */
typedef struct ll_store_copied {
    int64_t ladders, runs, points, scores, entries;
    char head[65]; /* hash of the ledger's last entry, the same in both; "": the ledger is empty */
} ll_store_copied;

/* Everything, as it stood at one moment, into an empty store: one transaction. Checksums are compared on the way and
 * made anew, the ledger's chain is verified in both. A store that holds something is LL_ESTATE. progress may be NULL.
 */
ll_status ll_store_copy(ll_store *from, ll_store *to, ll_store_copied *out,
                        void (*progress)(void *ctx, int64_t done, int64_t all), void *ctx, ll_error *err);

#endif
