/* The store's hold on SQLite, shared by sqlite*.c and nobody else: statements, transactions, error lines. */
#ifndef LL_STORE_SQLITE_SQLITE_H
#define LL_STORE_SQLITE_SQLITE_H

#include <sqlite3.h>

#include "base/system/file.h"
#include "store/store.h"

struct ll_store {
    sqlite3 *db;
    bool writable;
    char path[LL_PATH_MAX];
};

/* Turns SQLite's last complaint into a status and one line that names the file. */
ll_status ll_sql_fail(ll_store *s, ll_error *err);

ll_status ll_sql_exec(ll_store *s, const char *sql, ll_error *err);
ll_status ll_sql_prepare(ll_store *s, sqlite3_stmt **out, const char *sql, ll_error *err);

/* *row: whether there is a row to read. */
ll_status ll_sql_step(ll_store *s, sqlite3_stmt *stmt, bool *row, ll_error *err);

/* Steps a statement that gives no rows and makes it ready for the next binding. */
ll_status ll_sql_run(ll_store *s, sqlite3_stmt *stmt, ll_error *err);

void ll_sql_bind_text(sqlite3_stmt *stmt, int i, const char *text); /* the text must outlive the step */
void ll_sql_bind_real(sqlite3_stmt *stmt, int i, double v);         /* NaN is NULL */
double ll_sql_real(sqlite3_stmt *stmt, int i);                      /* NULL is NaN */
void ll_sql_text(sqlite3_stmt *stmt, int i, char *out, size_t size);
char *ll_sql_dup(sqlite3_stmt *stmt, int i); /* NULL only when out of memory */

/* A row's sum is row_check(its values), an SQL function: 64 bits in which any one changed value shows for certain.
 * It is written with the row and compared on reading; what LL_SQL_SUM of the values says in a SELECT is 1 for a
 * sound row. */
#define LL_SQL_SUM(table, values) "(" table ".sum IS row_check(" values "))"
ll_status ll_sql_add_row_check(ll_store *s, ll_error *err);

/* Looks through a store of at most 16 MiB, where that takes milliseconds: pages that are swapped, cut off or lost.
 */
ll_status ll_sql_check_pages(ll_store *s, ll_error *err);

/* BEGIN IMMEDIATE; end commits when status is LL_OK, else rolls back and hands the status on. */
ll_status ll_sql_begin(ll_store *s, ll_error *err);
ll_status ll_sql_end(ll_store *s, ll_status status, ll_error *err);

/* Room for one more element of size bytes behind n; doubles. NULL when out of memory, the old block stays. */
void *ll_sql_grow(void *block, int64_t n, size_t size);

/* Puts n runs, made one by one with their points, in the place of all whose ids begin with prefix, which ends with
 * '/': one transaction, and no write where the same are there. Only source may differ. Of out fills added, replaced
 * and namesakes. */
typedef struct ll_sql_source {
    ll_status (*make)(void *ctx, int64_t i, ll_run *out, const ll_point **points, int64_t *n_points, ll_error *err);
    void *ctx;
    int64_t n;
} ll_sql_source;
ll_status ll_sql_replace_runs(ll_store *s, const char *prefix, const ll_sql_source *from, ll_imported *out,
                              ll_error *err);

/* Statements over the one list of a run's fields, sums written and compared. A condition goes behind select_runs;
 * limit, order may follow: LL_SQL_RUNS bytes hold them. */
enum { LL_SQL_RUNS = 8192 };
extern const char ll_sql_insert_run[], ll_sql_select_runs[], ll_sql_put_point[];
ll_status ll_sql_read_run(ll_store *s, sqlite3_stmt *stmt, ll_run *run, ll_error *err);
ll_status ll_sql_bind_run(ll_store *s, sqlite3_stmt *stmt, const ll_run *run, ll_error *err);
ll_status ll_sql_bind_point(ll_store *s, sqlite3_stmt *stmt, const char *run, const ll_point *p, ll_error *err);

#endif
