/* The store's hold on SQLite, shared by sqlite*.c and nobody else: statements, transactions, error lines. */
#ifndef LL_STORE_SQLITE_H
#define LL_STORE_SQLITE_H

#include <sqlite3.h>

#include "base/file.h"
#include "store/store.h"

struct ll_store {
    sqlite3 *db;
    bool writable;
    bool summed; /* rows carry their sums: not those of a store of version 1 that is only read */
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

/* Adds n runs, made one by one, in one transaction; a run whose id is there already stays as it is. */
typedef ll_status ll_sql_next_run(void *ctx, int64_t i, ll_run *out, ll_error *err);
ll_status ll_sql_add_runs(ll_store *s, ll_sql_next_run *next, void *ctx, int64_t n, int64_t *added, ll_error *err);

#endif
