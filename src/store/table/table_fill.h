/* Filling a run table from any source of rows: headers are bound to columns, then row after row is taken.
 * Shared by the CSV and the JSONL reader; private to the store's floor. */
#ifndef LL_STORE_TABLE_TABLE_FILL_H
#define LL_STORE_TABLE_TABLE_FILL_H

#include "loglog/table.h"
#include "store/table/where.h"

/* text, or where that is NULL the number num. */
typedef struct ll_cell {
    const char *text;
    double num;
} ll_cell;

typedef struct ll_labels ll_labels; /* distinct texts and their numbers */

typedef struct ll_fill {
    ll_table *t;
    const char *path;
    char *const *headers; /* [n_headers], borrowed */
    int64_t n_headers;
    int64_t of[LL_COL_COUNT];      /* header of each column, -1: none */
    double times[LL_COL_COUNT];    /* what a plain number in it stands for is so many times more; 0: it is as it
                                      * is; below 0: by a letter of its header, unless it is a million or more */
    const char *set[LL_COL_COUNT]; /* the value of every row, where of is -1; or NULL. Owned by set_texts */
    double set_num[LL_COL_COUNT];  /* the same as a number */
    char *set_texts;
    bool role_by_hand; /* of --col or --set */
    bool no_role;      /* a word was met that is no role */
    ll_where where;
    int64_t where_of[LL_WHERE_MAX];
    double where_times[LL_WHERE_MAX]; /* as times, of a column by its canonical name */
    int64_t cluster_of, x_of;         /* -1: none */
    int64_t measure_of[LL_TABLE_MEASURES_MOST],
        measure_se_of[LL_TABLE_MEASURES_MOST]; /* [t->n_measures]; of se -1: none */
    bool y;                                    /* rows without a loss, which is that of opts.y, are left out */
    bool with_loss;                            /* so are those whose loss is an empty cell */
    bool run_by_hand;                          /* of --col */
    bool by_run;                               /* cluster_of is the column of runs' names, unasked */
    bool cluster_runs;                         /* and they are the clusters, where names repeat */
    ll_labels *labels;
    int64_t room, max_rows;
} ll_fill;

/* Binds headers to columns by --col, canonical name or alias; decides the convention of N and the unit of the
 * loss; an ambiguous or duplicate header is LL_EINPUT. */
ll_status ll_fill_bind(ll_fill *f, const ll_table_opts *opts, ll_error *err);

/* The part of it that is about conventions, once the headers are bound. */
ll_status ll_fill_convention(ll_fill *f, const char *params_are, const char *loss_unit, ll_error *err);

/* Of every count whose header ends in its unit, (K), (M), (B), (T) or (1E21), the factor, where none is given. */
void ll_fill_units(ll_fill *f);

/* "Training FLOP" and "training-flop" become training_flop. */
void ll_header_normalise(const char *header, char out[LL_HEADER_MAX]);
bool ll_header_is(const char *header, ll_column c); /* by the canonical name or an alias */

/* Copies the headers into t; sample [n]: the cells of one row, or NULL. */
ll_status ll_headers_take(ll_table *t, const char *path, char *const *headers, int64_t n, const ll_cell *sample,
                          ll_error *err);

/* The headers for a message that looks for wanted, by the column it is meant for (LL_COL_COUNT: any). */
const char *ll_headers_near(const ll_table *t, const char *wanted, ll_column c, char buf[LL_HEADERS_TEXT]);

/* at_most: an upper bound of the rows to come; sample: the first of them, or NULL. After a failure only
 * ll_fill_close may follow. */
ll_status ll_fill_open(ll_fill *f, ll_table *t, const char *path, char *const *headers, int64_t n_headers,
                       const ll_cell *sample, int64_t at_most, const ll_table_opts *opts, ll_error *err);
ll_status ll_fill_row(ll_fill *f, const ll_cell *cells, int64_t line, ll_error *err); /* cells[n_headers] */
/* After the last row: columns that are none after all go: of roles, of clusters of one row. */
ll_status ll_fill_finish(ll_fill *f, ll_error *err);
void ll_fill_close(ll_fill *f);

/* A file in memory; text[size] is zero and may be written to. */
typedef struct ll_table_source {
    const char *path;
    char *text;
    size_t size;
    int64_t lines; /* an upper bound of the rows */
} ll_table_source;

/* Leaves the rows where keep [rows] is false out, and counts them as dropped. */
void ll_table_keep_rows(ll_table *t, const bool *keep);

/* Of each run keeps the row of the largest step that has a loss; without a column of runs all rows are one run. */
ll_status ll_table_keep_last(ll_table *t, const char *path, ll_error *err);

ll_status ll_jsonl_read(const ll_table_source *in, ll_table *t, const ll_table_opts *opts, ll_error *err);

/* ll_table_print by parts: the headers, then the rows of tables of the same columns, one table behind the other. */
void ll_table_print_headers(const ll_table *t, FILE *out, bool jsonl);
ll_status ll_table_print_rows(const ll_table *t, FILE *out, bool jsonl, ll_error *err);

#endif
