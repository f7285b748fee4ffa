/* The store's hold on PostgreSQL, shared by postgres_*.c and nobody else. libpq brings Kerberos and LDAP along: it is
 * loaded when a store of its kind is first opened, not when the program starts. */
#ifndef LL_STORE_POSTGRES_LIBPQ_H
#define LL_STORE_POSTGRES_LIBPQ_H

#ifdef LL_HAVE_LIBPQ

#include <libpq-fe.h>

#include "store/sql/sql.h"

#define LL_PQ_FUNCTIONS(X) \
    X(connectdbParams)     \
    X(pingParams)          \
    X(conninfoParse)       \
    X(conninfoFree)        \
    X(finish)              \
    X(status)              \
    X(errorMessage)        \
    X(setNoticeProcessor)  \
    X(exec)                \
    X(execParams)          \
    X(prepare)             \
    X(execPrepared)        \
    X(enterPipelineMode)   \
    X(exitPipelineMode)    \
    X(pipelineSync)        \
    X(sendQueryParams)     \
    X(sendQueryPrepared)   \
    X(getResult)           \
    X(clear)               \
    X(resultStatus)        \
    X(resultErrorField)    \
    X(ntuples)             \
    X(ftype)               \
    X(getisnull)           \
    X(getvalue)            \
    X(getlength)           \
    X(cmdTuples)           \
    X(freemem)

typedef struct ll_pq_functions {
#define LL_PQ_FIELD(name) __typeof__(PQ##name) *name;
    LL_PQ_FUNCTIONS(LL_PQ_FIELD)
#undef LL_PQ_FIELD
} ll_pq_functions;
extern ll_pq_functions ll_pq;
ll_status ll_pq_load(ll_error *err);

/* s->db. */
typedef struct ll_pg {
    PGconn *conn;
    unsigned session;    /* which connection this is; statements are prepared anew in each */
    unsigned statements; /* that were prepared */
    bool within;         /* a transaction */
    int pending;         /* statements on their way whose answers are not read yet */
    bool lost, clash;    /* why the last thing failed: the connection is gone; another transaction was first */
    int64_t changed;
} ll_pg;

/* Connects, or finds the lost server again. The first of a program is in a hurry, unless a server is just starting. */
ll_status ll_pg_connect(ll_store *s, ll_error *err);
ll_status ll_pg_reconnect(ll_store *s, ll_error *err);

/* Turns what the server said into a status and one line, notes whether the connection is lost, clears the result. */
ll_status ll_pg_fail(ll_store *s, PGresult *result, ll_error *err);

/* One or more statements without parameters; *out, which may be NULL, is the last one's whole number, as text. */
ll_status ll_pg_exec(ll_store *s, const char *sql, int64_t *out, ll_error *err);

/* Waits for the answers of what is on its way; the first that is an error counts. Whatever asks the server calls it
 * before. */
ll_status ll_pg_flush(ll_store *s, ll_error *err);

/* *version: 0 where there is no store yet. Refuses what is none, or a newer one. */
ll_status ll_pg_version(ll_store *s, int64_t *version, ll_error *err);
ll_status ll_pg_migrate(ll_store *s, ll_error *err);

ll_status ll_pg_prepare(ll_store *s, ll_sql_statement **out, const char *sql, ll_error *err);
ll_status ll_pg_step(ll_store *s, ll_sql_statement *stmt, bool *row, ll_error *err);
ll_status ll_pg_put(ll_store *s, ll_sql_statement *stmt, ll_error *err);
void ll_pg_bind(ll_sql_statement *stmt, int i, const ll_sql_value *v);
ll_sql_value ll_pg_value(ll_sql_statement *stmt, int i);
void ll_pg_reset(ll_sql_statement *stmt);
void ll_pg_finish(ll_sql_statement *stmt);

#endif
#endif
