/* Opening a database as a store, and its transactions. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/fold.h"
#include "store/postgres/libpq.h"
#include "store/postgres/postgres.h"

#ifdef LL_HAVE_LIBPQ

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

static ll_status begin(ll_store *s, ll_sql_mode mode, ll_error *err) {
    static const char *const how[] = {
        [LL_SQL_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        [LL_SQL_WRITE] = "BEGIN",
        [LL_SQL_SAFE] = "BEGIN; SET LOCAL synchronous_commit = on",
        [LL_SQL_ALONE] = "BEGIN; SET LOCAL synchronous_commit = on; SELECT pg_advisory_xact_lock(1819240300)",
    };
    ll_pg *db = s->db;
    db->lost = db->clash = false;
    LL_TRY(ll_pg_exec(s, how[mode], NULL, err));
    db->within = true;
    return LL_OK;
}

/* Where the answer to a commit is lost nobody can tell whether it was kept: a server that crashed gives the numbers of
 * lost transactions to others. So it is done again. */
static ll_status end(ll_store *s, ll_status status, bool *again, ll_error *err) {
    ll_pg *db = s->db;
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
    return status;
}

static ll_status once(ll_store *s, ll_sql_mode mode, ll_sql_body *body, void *ctx, bool *again, ll_error *err) {
    const ll_pg *db = s->db;
    ll_status status = begin(s, mode, err);
    if (status == LL_OK) return end(s, body(s, ctx, err), again, err);
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
