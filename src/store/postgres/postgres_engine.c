/* Opening a database as a store, and its transactions. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/fold.h"
#include "store/postgres/libpq.h"
#include "store/postgres/postgres.h"

#ifdef LL_HAVE_LIBPQ

#include <time.h>

enum { TRIES = 10 };

static ll_status look(ll_store *s, bool make, bool *there, ll_error *err) {
    int64_t version;
    LL_TRY(ll_pg_version(s, &version, err));
    if (!version && !(make && s->writable)) return LL_OK;
    *there = true;
    return ll_pg_migrate(s, err);
}

/* A connection that is lost before the store is open is made again as later ones are. */
static ll_status open_store(ll_store *s, bool make, bool *there, ll_error *err) {
    LL_TRY(ll_pq_load(err));
    ll_pg *db = s->db = calloc(1, sizeof *db);
    if (!db) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", s->path);
    for (int try = 1;; try++) {
        LL_TRY(ll_pg_connect(s, err));
        db->lost = false;
        const ll_status status = look(s, make, there, err);
        if (status == LL_OK || !db->lost || try == TRIES) return status;
    }
}

static void close_store(ll_store *s) {
    ll_pg *db = s->db;
    if (db) ll_pq.finish(db->conn);
    free(db);
    s->db = NULL;
}

/* ---- transactions ---- */

/* By its number the server knows of a transaction whose end was not heard what became of it; one that only reads has
 * none. */
static ll_status begin(ll_store *s, ll_sql_mode mode, int64_t *number, ll_error *err) {
    static const char *const how[] = {
        [LL_SQL_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        [LL_SQL_WRITE] = "BEGIN; SELECT txid_current()",
        [LL_SQL_SAFE] = "BEGIN; SET LOCAL synchronous_commit = on; SELECT txid_current()",
        [LL_SQL_ALONE] = "BEGIN; SET LOCAL synchronous_commit = on; SELECT pg_advisory_xact_lock(1819240300);"
                         " SELECT txid_current()",
    };
    ll_pg *db = s->db;
    db->lost = db->clash = false;
    LL_TRY(ll_pg_exec(s, how[mode], number, err));
    db->within = true;
    return LL_OK;
}

/* *kept: whether it was. An earlier server process may still be at it. */
static ll_status ask_for(ll_store *s, int64_t number, bool *kept, ll_error *err) {
    char sql[160];
    int64_t is = 0;
    snprintf(sql, sizeof sql,
             "SELECT CASE txid_status(%lld) WHEN 'committed' THEN 1 WHEN 'aborted' THEN 2 ELSE 0 END",
             (long long)number);
    for (int try = 0; try < 100 && !is; try++) {
        if (try) nanosleep(&(struct timespec) { .tv_nsec = 100000000 }, NULL);
        LL_TRY(ll_pg_exec(s, sql, &is, err));
    }
    *kept = is == 1;
    if (is) return LL_OK;
    return LL_FAIL(err, LL_EIO, "%s: the server does not say whether the last transaction was kept", s->path);
}

static ll_status end(ll_store *s, int64_t number, ll_status status, bool *again, ll_error *err) {
    ll_pg *db = s->db;
    bool kept = false;
    db->within = false;
    if (status == LL_OK && (status = ll_pg_exec(s, "COMMIT", NULL, err)) == LL_OK) return LL_OK;
    const bool clash = db->clash;
    *again = db->lost || clash;
    if (!db->lost) {
        ll_pg_flush(s, NULL); /* what the body has sent and does not ask about any more */
        ll_pg_exec(s, "ROLLBACK", NULL, NULL);
        db->clash = clash;
        return status;
    }
    LL_TRY(ll_pg_reconnect(s, err));
    if (number) LL_TRY(ask_for(s, number, &kept, err));
    *again = !kept;
    return kept ? LL_OK : status;
}

static ll_status once(ll_store *s, ll_sql_mode mode, ll_sql_body *body, void *ctx, bool *again, ll_error *err) {
    const ll_pg *db = s->db;
    int64_t number;
    ll_status status = begin(s, mode, &number, err);
    if (status == LL_OK) return end(s, number, body(s, ctx, err), again, err);
    *again = db->lost || db->clash;
    if (db->lost) LL_TRY(ll_pg_reconnect(s, err));
    else ll_pg_exec(s, "ROLLBACK", NULL, NULL);
    return status;
}

static ll_status transact(ll_store *s, ll_sql_mode mode, ll_sql_body *body, void *ctx, ll_error *err) {
    for (int try = 1;; try++) {
        bool again = false;
        const ll_status status = once(s, mode, body, ctx, &again, err);
        if (!again || try == TRIES) return status;
    }
}

static ll_status hold(ll_store *s, const char *name, ll_error *err) {
    char sql[80];
    snprintf(sql, sizeof sql, "SELECT pg_advisory_xact_lock(%lld)",
             (long long)ll_fold(LL_FOLD_START, name, strlen(name)));
    return ll_pg_exec(s, sql, NULL, err);
}

static int64_t changed(ll_store *s) {
    return ((ll_pg *)s->db)->changed;
}

const ll_sql_engine ll_postgres = { .open = open_store,
                                    .close = close_store,
                                    .transact = transact,
                                    .hold = hold,
                                    .prepare = ll_pg_prepare,
                                    .step = ll_pg_step,
                                    .changed = changed,
                                    .put = ll_pg_put,
                                    .bind = ll_pg_bind,
                                    .value = ll_pg_value,
                                    .reset = ll_pg_reset,
                                    .finish = ll_pg_finish,
                                    .changes = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint" };

#else

static ll_status refuse(ll_store *s, bool make, bool *there, ll_error *err) {
    (void)make, (void)there;
    return LL_FAIL(err, LL_EINPUT,
                   "%s: this build has no libpq (Debian: libpq-dev): it opens no store in PostgreSQL", s->path);
}

static void nothing(ll_store *s) {
    (void)s;
}

const ll_sql_engine ll_postgres = { .open = refuse, .close = nothing };

#endif
