/* Statements and their values, which travel in libpq's binary form: big-endian words, and texts as they are. */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/postgres/libpq.h"
#include "store/postgres/postgres.h"

#ifdef LL_HAVE_LIBPQ

enum { BATCH = 256 };    /* statements on their way: what the server answers to so many has room on the way back */
enum { PORTION = 4096 }; /* rows of a question that may have many */
enum { PARAMETERS = 96, BOOL = 16, INT8 = 20, INT4 = 23, FLOAT8 = 701, TEXT = 25, TRIES = 5 };

typedef struct statement {
    ll_sql_statement base;
    ll_store *store;
    char name[24];    /* "": not prepared */
    unsigned session; /* in which it was prepared */
    int64_t runs;
    int n; /* parameters */
    Oid type[PARAMETERS];
    const char *value[PARAMETERS];
    int bytes[PARAMETERS], binary[PARAMETERS];
    char number[PARAMETERS][8];
    PGresult *result;
    int64_t row;
    char cursor[24]; /* "": the result has all rows */
    char sql[];      /* with $1 for ?1 */
} statement;

/* ---- making ---- */

/* ?3 is $3, and ? the one behind the highest before it; texts between ' are passed over. *n: the highest. */
static void dollars(char *out, const char *sql, int *n) {
    bool quoted = false;
    for (*n = 0; *sql; sql++) {
        if (*sql == '\'') quoted = !quoted;
        if (*sql != '?' || quoted) {
            *out++ = *sql;
            continue;
        }
        int k = 0;
        while (isdigit((unsigned char)sql[1])) k = 10 * k + (*++sql - '0');
        if (!k) k = *n + 1;
        if (k > *n) *n = k;
        out += sprintf(out, "$%d", k);
    }
    *out = 0;
}

ll_status ll_pg_prepare(ll_store *s, ll_sql_statement **out, const char *sql, ll_error *err) {
    statement *made = calloc(1, sizeof *made + 3 * strlen(sql) + 1);
    if (!made) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", s->path);
    made->base.engine = &ll_postgres;
    made->store = s;
    dollars(made->sql, sql, &made->n);
    for (int i = 0; i < PARAMETERS; i++) made->binary[i] = 1;
    *out = &made->base;
    return LL_OK;
}

static void put_word(char *out, uint64_t v) {
    for (int i = 7; i >= 0; i--, v >>= 8) out[i] = (char)(v & 0xff);
}

void ll_pg_bind(ll_sql_statement *stmt, int i, const ll_sql_value *v) {
    statement *st = (statement *)stmt;
    const int at = i - 1;
    uint64_t word = (uint64_t)v->whole;
    if (v->kind == LL_SQL_REAL) memcpy(&word, &v->real, sizeof word);
    put_word(st->number[at], word);
    st->type[at] = v->kind == LL_SQL_TEXT ? TEXT : v->kind == LL_SQL_INT ? INT8 : FLOAT8;
    st->value[at] = v->kind == LL_SQL_NULL ? NULL : v->kind == LL_SQL_TEXT ? v->text : st->number[at];
    st->bytes[at] = v->kind == LL_SQL_TEXT ? (int)v->bytes : 8;
}

/* ---- asking ---- */

static bool is_prepared(const statement *st) {
    const ll_pg *db = st->store->db;
    return *st->name && st->session == db->session;
}

/* The first time at once, from then on prepared: most are asked once. */
static PGresult *ask(statement *st) {
    ll_pg *db = st->store->db;
    if (st->runs++ == 0)
        return ll_pq.execParams(db->conn, st->sql, st->n, st->type, st->value, st->bytes, st->binary, 1);
    if (!is_prepared(st)) {
        snprintf(st->name, sizeof st->name, "s%u", ++db->statements);
        PGresult *made = ll_pq.prepare(db->conn, st->name, st->sql, st->n, st->type);
        if (ll_pq.resultStatus(made) != PGRES_COMMAND_OK) return made;
        ll_pq.clear(made);
        st->session = db->session;
    }
    return ll_pq.execPrepared(db->conn, st->name, st->n, st->value, st->bytes, st->binary, 1);
}

static PGresult *next_portion(const statement *st) {
    char sql[64];
    snprintf(sql, sizeof sql, "FETCH %d FROM %s", (int)PORTION, st->cursor);
    return ll_pq.execParams(((ll_pg *)st->store->db)->conn, sql, 0, NULL, NULL, NULL, NULL, 1);
}

/* Many rows wait at the server: for the end of the transaction or, outside one, to be closed. */
static PGresult *ask_many(statement *st) {
    ll_pg *db = st->store->db;
    char *sql = malloc(strlen(st->sql) + 80);
    if (!sql) return NULL;
    snprintf(st->cursor, sizeof st->cursor, "c%u", ++db->statements);
    sprintf(sql, "DECLARE %s NO SCROLL CURSOR %s FOR %s", st->cursor, db->within ? "" : "WITH HOLD", st->sql);
    PGresult *made = ll_pq.execParams(db->conn, sql, st->n, st->type, st->value, st->bytes, st->binary, 1);
    free(sql);
    if (ll_pq.resultStatus(made) != PGRES_COMMAND_OK) return made;
    ll_pq.clear(made);
    st->session = db->session;
    return next_portion(st);
}

/* Outside a transaction a question whose answer was lost is asked again. */
static ll_status answer(ll_store *s, statement *st, ll_error *err) {
    ll_pg *db = s->db;
    LL_TRY(ll_pg_flush(s, err));
    for (int try = 1;; try++) {
        PGresult *result = st->base.many ? ask_many(st) : ask(st);
        const ExecStatusType what = ll_pq.resultStatus(result);
        if (what == PGRES_TUPLES_OK || what == PGRES_COMMAND_OK) {
            st->result = result;
            db->changed = strtoll(ll_pq.cmdTuples(result), NULL, 10);
            return LL_OK;
        }
        const ll_status status = ll_pg_fail(s, result, err);
        if (!db->lost || db->within || try == TRIES) return status;
        LL_TRY(ll_pg_reconnect(s, err));
    }
}

static ll_status go_on(ll_store *s, statement *st, ll_error *err) {
    LL_TRY(ll_pg_flush(s, err));
    ll_pq.clear(st->result);
    st->result = next_portion(st);
    st->row = 0;
    if (ll_pq.resultStatus(st->result) == PGRES_TUPLES_OK) return LL_OK;
    PGresult *failed = st->result;
    st->result = NULL;
    *st->cursor = 0;
    return ll_pg_fail(s, failed, err);
}

ll_status ll_pg_step(ll_store *s, ll_sql_statement *stmt, bool *row, ll_error *err) {
    statement *st = (statement *)stmt;
    if (st->result) st->row++;
    else {
        st->row = 0;
        LL_TRY(answer(s, st, err));
    }
    if (st->row == PORTION && *st->cursor) LL_TRY(go_on(s, st, err));
    *row = st->row < ll_pq.ntuples(st->result);
    return LL_OK;
}

/* What is done often goes without waiting for each answer: the time of a round trip is many times that of a row. */
ll_status ll_pg_put(ll_store *s, ll_sql_statement *stmt, ll_error *err) {
    statement *st = (statement *)stmt;
    ll_pg *db = s->db;
    if (!db->within || !is_prepared(st)) {
        const ll_status status = answer(s, st, err);
        ll_pg_reset(stmt);
        return status;
    }
    if ((!db->pending && !ll_pq.enterPipelineMode(db->conn)) ||
        !ll_pq.sendQueryPrepared(db->conn, st->name, st->n, st->value, st->bytes, st->binary, 1))
        return ll_pg_fail(s, NULL, err);
    return ++db->pending < BATCH ? LL_OK : ll_pg_flush(s, err);
}

/* ---- reading ---- */

static int64_t word_of(const char *at, int bytes) {
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++) v = v << 8 | (unsigned char)at[i];
    return bytes == 4 ? (int32_t)v : (int64_t)v;
}

ll_sql_value ll_pg_value(ll_sql_statement *stmt, int i) {
    const statement *st = (statement *)stmt;
    const int row = (int)st->row;
    if (ll_pq.getisnull(st->result, row, i)) return (ll_sql_value) { LL_SQL_NULL };
    const char *at = ll_pq.getvalue(st->result, row, i);
    const int bytes = ll_pq.getlength(st->result, row, i);
    ll_sql_value v = { LL_SQL_INT };
    switch (ll_pq.ftype(st->result, i)) {
    case BOOL:
    case INT4:
    case INT8: v.whole = word_of(at, bytes); return v;
    case FLOAT8:
        v.kind = LL_SQL_REAL;
        v.whole = word_of(at, bytes);
        memcpy(&v.real, &v.whole, sizeof v.real);
        return v;
    default: return (ll_sql_value) { LL_SQL_TEXT, .text = at, .bytes = (size_t)bytes };
    }
}

/* Behind what is on its way. */
static void tell(ll_pg *db, const char *sql) {
    if (db->pending) db->pending += ll_pq.sendQueryParams(db->conn, sql, 0, NULL, NULL, NULL, NULL, 0);
    else ll_pq.clear(ll_pq.exec(db->conn, sql));
}

/* In a transaction that failed the server does not listen, and the cursor goes with it. */
static void close_cursor(statement *st) {
    ll_pg *db = st->store->db;
    char sql[64];
    snprintf(sql, sizeof sql, "CLOSE %s", st->cursor);
    if (*st->cursor && st->session == db->session) tell(db, sql);
    *st->cursor = 0;
}

void ll_pg_reset(ll_sql_statement *stmt) {
    statement *st = (statement *)stmt;
    ll_pq.clear(st->result);
    st->result = NULL;
    close_cursor(st);
}

/* The server keeps what was prepared until it is told; in a transaction that failed it does not listen. */
void ll_pg_finish(ll_sql_statement *stmt) {
    statement *st = (statement *)stmt;
    ll_pg *db = st->store->db;
    char sql[64];
    ll_pg_reset(stmt);
    snprintf(sql, sizeof sql, "DEALLOCATE %s", st->name);
    if (is_prepared(st)) tell(db, sql);
    free(st);
}

#endif
