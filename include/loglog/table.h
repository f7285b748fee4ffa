/* The run table: rows of runs with canonical columns, read from and written to CSV and JSONL.
 *
 *     ll_table t;
 *     ll_table_opts o = { .where = "kept_in_fit = 1" };
 *     LL_TRY(ll_table_read(&t, "runs.csv", &o, err));
 *     for (int64_t i = 0; i < t.rows; i++) use(ll_table_num(&t, i, LL_COL_PARAMS));
 *     ll_table_clear(&t);
 *
 * Losses are in nats per token unless loss_unit or the column's name says otherwise. A held-out loss is taken
 * before a column that is only called loss. A missing number is NaN. Counts of parameters carry their convention:
 * params is non-embedding, params_total is everything; a name of others for N is unstated until
 * ll_table_opts.params_are says which.
 *
 * A count whose header ends in a unit, "Model Size (B)" or "FLOPs (1E21)", is read in it; so (K), (M) and (T).
 *
 * Rows of one run are no independent observations. Where neither cluster nor last is given and names of runs
 * repeat, each run is a cluster, and each row without a name one of its own. A column called model or model_name
 * names what may have been trained many times: it is a label, and clusters nothing unless it is bound by hand,
 * --col run=model.
 */
#ifndef LOGLOG_TABLE_H
#define LOGLOG_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "loglog/api.h"
#include "loglog/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Canonical columns: name, meaning. Text columns come first. A column called role that holds any other word than
 * its four, such as assistant, is another thing and is left out; bound by hand it is refused. */
#define LL_TABLE_COLUMNS(X)                                       \
    X(RUN, "run", "name of the run")                              \
    X(FAMILY, "family", "model family")                           \
    X(ROLE, "role", "fit, forecast, trunk, scored or excluded")   \
    X(PARAMS, "params", "non-embedding parameters")               \
    X(PARAMS_TOTAL, "params_total", "all parameters")             \
    X(TOKENS, "tokens", "training tokens")                        \
    X(FLOPS, "flops", "training FLOPs")                           \
    X(LOSS, "loss", "final validation loss, nats per token")      \
    X(SEED, "seed", "seed")                                       \
    X(LOSS_SE, "loss_se", "standard error of the loss")           \
    X(UNIQUE_TOKENS, "unique_tokens", "distinct training tokens") \
    X(STEP, "step", "optimiser steps")                            \
    X(BATCH_TOKENS, "batch_tokens", "tokens per step")            \
    X(LR, "lr", "peak learning rate")                             \
    X(CONTEXT, "context", "context length, tokens")               \
    X(VOCAB, "vocab", "vocabulary size")                          \
    X(BYTES_PER_TOKEN, "bytes_per_token", "bytes per token")      \
    X(WEIGHT, "weight", "weight in a fit")

typedef enum ll_column {
#define LL_TABLE_ENUM(id, name, help) LL_COL_##id,
    LL_TABLE_COLUMNS(LL_TABLE_ENUM)
#undef LL_TABLE_ENUM
        LL_COL_COUNT
} ll_column;

enum { LL_COL_FIRST_NUMBER = LL_COL_PARAMS };

typedef enum ll_params_are { LL_PARAMS_UNSTATED = 0, LL_PARAMS_NONEMBEDDING, LL_PARAMS_TOTAL } ll_params_are;
/* UNSTATED: of a column whose name is neither a loss's nor names a unit, such as accuracy. */
typedef enum ll_loss_unit {
    LL_LOSS_NATS = 0,
    LL_LOSS_BITS_PER_BYTE,
    LL_LOSS_BITS_PER_TOKEN,
    LL_LOSS_UNSTATED
} ll_loss_unit;

/* Every text may be NULL or "": not given. */
typedef struct ll_table_opts {
    const char *name;       /* what messages and documents call the table; its path */
    const char *where;      /* "column OP value [and ...]", OP one of = != < <= > >=, over any header */
    const char *columns;    /* "tokens=D_tokens,params=1e9*Size,step=": canonical=header or factor*header, nothing
                               behind '=' leaves it out */
    const char *params_are; /* "total" or "nonembedding": what an alias of N counts */
    const char *loss_unit;  /* "nats", "bits_per_byte", "bits_per_token"; else by the column's name */
    const char
        *cluster;    /* a header whose distinct values number the clusters; "none": no clusters, not even runs */
    const char *set; /* "params=124M,run=a": columns that the table lacks, one value for every row */
    bool with_loss;  /* rows whose loss is an empty cell are left out, and counted */
    bool last;       /* rows are checkpoints: of each run only the one of the largest step that has a loss */
    const char *x;   /* a header of numbers: a variable that has no canonical name */
    const char *y;   /* a header of numbers that is fitted in place of the loss, and its standard error's, Y_se;
                         rows without it are left out */
    const char *measures; /* "A,B": headers of further numbers, into the table's measures */
    int64_t max_rows;     /* 0: 20 million */
} ll_table_opts;

enum {
    LL_HEADER_MAX = 256
}; /* bytes of a header that a column may be bound to, and a zero; others may be longer */

typedef struct ll_header {
    char *name;
    bool words; /* the first row holds a word there that is no number */
} ll_header;

enum { LL_TABLE_MEASURES_MOST = 64 }; /* that may be asked for of a table */

/* A number that has no canonical column, written as NAME and NAME_se. */
typedef struct ll_table_measure {
    char name[LL_HEADER_MAX];
    double *value, *se; /* [rows], NaN: not known; owned, one block. se NULL: it has none */
} ll_table_measure;

typedef struct ll_table {
    int64_t rows, dropped;        /* dropped: rows where the filter did not hold */
    int64_t without_loss;         /* rows left out for want of a loss: of opts.with_loss or opts.y */
    double *num[LL_COL_COUNT];    /* NULL where the table has no such column; else [rows] */
    char **text[LL_COL_COUNT];    /* of RUN, FAMILY and ROLE; each text owned, NULL reads as "" */
    int64_t *line;                /* [rows] line in the source, for messages */
    int64_t *cluster;             /* [rows] or NULL */
    uint64_t *cells;              /* [rows] of opts.with_loss: a hash of all the row's cells; else NULL */
    bool names_repeat;            /* rows share the name of a run; not counted where cluster names a column */
    bool clustered_by_run;        /* cluster numbers the runs, unasked: names repeat and there are two at least */
    double *x;                    /* [rows] of opts.x, or NULL */
    char x_header[LL_HEADER_MAX]; /* its header */
    ll_table_measure *measures;   /* [n_measures] of a store's runs; of a table those asked for */
    int64_t n_measures;
    ll_params_are params_are; /* what num[PARAMS] counts */
    ll_loss_unit loss_unit;
    char header[LL_COL_COUNT][LL_HEADER_MAX]; /* the header each column came from; "--set" */
    char hash[65];                            /* SHA-256 of the file, hexadecimal */
    ll_header *headers;                       /* [n_headers] all of the file's, in its order; owned */
    int64_t n_headers;
} ll_table;

/* Reads CSV (RFC 4180: quotes, line breaks inside them, a byte-order mark, CRLF) or, by the suffix .jsonl,
 * JSON lines. A CSV whose columns but the first are all named "RUN - METRIC", as charts of W&B are, is read as rows
 * of run, first column and metrics. Every error names the file, line and column. On failure t is empty. */
LL_API ll_status ll_table_read(ll_table *t, const char *path, const ll_table_opts *opts, ll_error *err);

/* Writes the columns that are present: JSON lines for .jsonl, else CSV. Numbers keep every bit; the headers are
 * such that reading gives the same convention of N and unit of loss. An infinity is LL_ENUM. */
LL_API ll_status ll_table_write(const ll_table *t, const char *path, ll_error *err);
LL_API ll_status ll_table_print(const ll_table *t, FILE *out, bool jsonl, ll_error *err);
LL_API bool ll_table_is_jsonl(const char *path); /* by the suffix .jsonl or .ndjson */

/* A table of rows empty rows, every number NaN and every text NULL, with all canonical columns allocated. */
LL_API ll_status ll_table_new(ll_table *t, int64_t rows, ll_error *err);
LL_API void ll_table_clear(ll_table *t);

LL_API double ll_table_num(const ll_table *t, int64_t row, ll_column column); /* NaN when the column is absent */
LL_API const char *ll_column_name(ll_column column);
/* "'val_ce', 'x' and 3 more": headers of the file for a message that finds no such column, those first that may be
 * meant; for a number no column of words. */
enum { LL_HEADERS_TEXT = 512 };
LL_API const char *ll_table_candidates(const ll_table *t, ll_column column, char buf[LL_HEADERS_TEXT]);
LL_API bool ll_table_is_role(const char *word); /* one of the words of the column role, or "" */

#ifdef __cplusplus
}
#endif
#endif
