/* The store's hold on SQLite, shared by sqlite*.c and nobody else. s->db is the connection. */
#ifndef LL_STORE_SQLITE_SQLITE_H
#define LL_STORE_SQLITE_SQLITE_H

#include <sqlite3.h>

#include "store/sql/sql.h"

/* Turns SQLite's last complaint into a status and one line that names the file. */
ll_status ll_sqlite_fail(ll_store *s, ll_error *err);

ll_status ll_sqlite_exec(ll_store *s, const char *sql, ll_error *err);
ll_status ll_sqlite_prepare(ll_store *s, sqlite3_stmt **out, const char *sql, ll_error *err);
ll_status ll_sqlite_step(ll_store *s, sqlite3_stmt *stmt, bool *row, ll_error *err); /* *row: one to read */

/* BEGIN IMMEDIATE; end commits when status is LL_OK, else rolls back and hands the status on. */
ll_status ll_sqlite_begin(ll_store *s, ll_error *err);
ll_status ll_sqlite_end(ll_store *s, ll_status status, ll_error *err);

/* row_check(values): their sum (store/sql/row_sum.h) as an SQL function, which migrations ask. */
ll_status ll_sqlite_add_row_check(ll_store *s, ll_error *err);

/* Looks through a store of at most 16 MiB, where that takes milliseconds: pages that are swapped, cut off or lost.
 */
ll_status ll_sqlite_check_pages(ll_store *s, ll_error *err);

/* Brings the store to this program's version. The first refuses what is no loglog store, or a newer one. */
ll_status ll_sqlite_version(ll_store *s, int64_t *version, ll_error *err); /* 0: an empty database */
ll_status ll_sqlite_migrate(ll_store *s, ll_error *err);

/* A file that is only read stays as it is: what is read from here on is a copy in memory. */
ll_status ll_sqlite_copy_to_memory(ll_store *s, ll_error *err);

ll_status ll_sqlite_load_runs(ll_store *s, bool begins, ll_error *err);

#endif
