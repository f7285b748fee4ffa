/* Connections: made, lost and found again. */
#define _POSIX_C_SOURCE 200809L
#include "store/postgres/libpq.h"

#ifdef LL_HAVE_LIBPQ

#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/system/clock.h"
#include "store/sql/store_url.h"

enum { PATIENCE_S = 120 }; /* for a server that is away */
#define FIRST_PAUSE_S 0.05
#define LONGEST_PAUSE_S 2.0

/* ---- the library ---- */

#define LIBRARY "libpq.so.5"

ll_pq_functions ll_pq;
static ll_error not_loaded; /* why it could not be */

static void load(void) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        LL_FAIL(&not_loaded, LL_EINPUT, "no store in PostgreSQL can be opened: %.200s (Debian: libpq5)", dlerror());
        return;
    }
#define BIND(name)                                                          \
    if (!(ll_pq.name = (__typeof__(PQ##name) *)dlsym(library, "PQ" #name))) \
        LL_FAIL(&not_loaded, LL_EINPUT, LIBRARY " has no PQ" #name ": it is too old");
    LL_PQ_FUNCTIONS(BIND)
#undef BIND
}

ll_status ll_pq_load(ll_error *err) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return not_loaded.code ? LL_FAIL(err, not_loaded.code, "%s", not_loaded.msg) : LL_OK;
}

/* ---- what the server says ---- */

/* libpq's lines as one. */
static void one_line(char *out, size_t size, const char *text) {
    size_t n = 0;
    for (bool space = false; *text && n + 2 < size; text++) {
        if (strchr(" \t\r\n", *text)) space = n > 0;
        else {
            if (space) out[n++] = ' ';
            space = false;
            out[n++] = *text;
        }
    }
    out[n] = 0;
}

static ll_status status_of(const char *state) {
    static const struct {
        const char *beginning;
        ll_status status;
    } of[] = { { "23", LL_ESTATE }, { "P0001", LL_ESTATE }, { "22", LL_EINPUT }, { "53200", LL_ENOMEM } };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (strncmp(state, of[i].beginning, strlen(of[i].beginning)) == 0) return of[i].status;
    return LL_EIO;
}

ll_status ll_pg_fail(ll_store *s, PGresult *result, ll_error *err) {
    ll_pg *db = s->db;
    const char *state = result ? ll_pq.resultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *why = result ? ll_pq.resultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    char line[400];
    if (!state) state = "";
    one_line(line, sizeof line, why ? why : ll_pq.errorMessage(db->conn));
    db->lost = ll_pq.status(db->conn) == CONNECTION_BAD || strncmp(state, "57P0", 4) == 0;
    db->clash = strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0;
    const ll_status status = strcmp(state, "55P03") == 0
                                 ? LL_FAIL(err, LL_EIO, "%s: another process has held the store too long", s->path)
                                 : LL_FAIL(err, status_of(state), "%s: %s", s->path, line);
    ll_pq.clear(result);
    return status;
}

/* In the order in which they were sent; behind each is a NULL, and behind all of them the sync. */
static ll_status read_answers(ll_store *s, int n, ll_error *err) {
    const ll_pg *db = s->db;
    ll_status status = LL_OK;
    for (int k = 0; k < n && ll_pq.status(db->conn) == CONNECTION_OK; k++) {
        PGresult *r = ll_pq.getResult(db->conn);
        if (ll_pq.resultStatus(r) == PGRES_COMMAND_OK || status != LL_OK) ll_pq.clear(r);
        else status = ll_pg_fail(s, r, err);
        while ((r = ll_pq.getResult(db->conn))) ll_pq.clear(r);
    }
    if (status == LL_OK && ll_pq.status(db->conn) != CONNECTION_OK) status = ll_pg_fail(s, NULL, err);
    ll_pq.clear(ll_pq.getResult(db->conn));
    return status;
}

ll_status ll_pg_flush(ll_store *s, ll_error *err) {
    ll_pg *db = s->db;
    const int n = db->pending;
    if (!n) return LL_OK;
    db->pending = 0;
    if (!ll_pq.pipelineSync(db->conn)) return ll_pg_fail(s, NULL, err);
    const ll_status status = read_answers(s, n, err);
    ll_pq.exitPipelineMode(db->conn);
    return status;
}

ll_status ll_pg_exec(ll_store *s, const char *sql, int64_t *out, ll_error *err) {
    const ll_pg *db = s->db;
    LL_TRY(ll_pg_flush(s, err));
    PGresult *result = ll_pq.exec(db->conn, sql);
    const ExecStatusType what = ll_pq.resultStatus(result);
    if (what != PGRES_COMMAND_OK && what != PGRES_TUPLES_OK) return ll_pg_fail(s, result, err);
    const bool told = out && ll_pq.ntuples(result) > 0 && !ll_pq.getisnull(result, 0, 0);
    if (out) *out = told ? strtoll(ll_pq.getvalue(result, 0, 0), NULL, 10) : 0;
    ll_pq.clear(result);
    return LL_OK;
}

/* ---- connecting ---- */

/* What stands before dbname yields to the URL, what stands behind it does not. A server that no longer answers is
 * noticed within a minute. */
static const char *const keywords[] = { "connect_timeout",  "keepalives_idle",  "keepalives_interval",
                                        "keepalives_count", "tcp_user_timeout", "fallback_application_name",
                                        "dbname",           "client_encoding",  NULL };
enum { KEYWORDS = sizeof keywords / sizeof *keywords, URL = 6 };

static void values_of(const ll_store *s, const char *values[KEYWORDS]) {
    static const char *const given[KEYWORDS] = { "10", "30", "10", "3", "60000", "loglog", NULL, "UTF8", NULL };
    memcpy(values, given, sizeof given);
    values[URL] = s->source;
}

static bool is_url(const char *url, char *why, size_t size) {
    char *said = NULL;
    PQconninfoOption *read = ll_pq.conninfoParse(url, &said);
    one_line(why, size, said ? said : "out of memory");
    ll_pq.conninfoFree(read);
    if (said) ll_pq.freemem(said);
    return read;
}

/* libpq repeats what it cannot read, so it is asked about the URL without its passwords, too. */
static ll_status check_url(ll_store *s, ll_error *err) {
    char why[200];
    if (is_url(s->source, why, sizeof why)) return LL_OK;
    if (is_url(s->path, why, sizeof why))
        return LL_FAIL(err, LL_EINPUT, "%s: its password cannot be read: write %%25 for %%", s->path);
    return LL_FAIL(err, LL_EINPUT, "%s: %s", s->path, why);
}

static void be_silent(void *ctx, const char *line) {
    (void)ctx;
    (void)line;
}

static ll_status connect_once(ll_store *s, ll_error *err) {
    ll_pg *db = s->db;
    const char *values[KEYWORDS];
    values_of(s, values);
    ll_pq.finish(db->conn);
    db->conn = ll_pq.connectdbParams(keywords, values, 1);
    db->session++;
    db->pending = 0;
    if (!db->conn) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", s->path);
    if (ll_pq.status(db->conn) != CONNECTION_OK) return ll_pg_fail(s, NULL, err);
    ll_pq.setNoticeProcessor(db->conn, be_silent, NULL);
    return ll_pg_exec(s, "SET search_path = loglog; SET lock_timeout = '60s'; SET client_min_messages = error",
                      NULL, err);
}

/* Whether the connection came through to a server that went before its last word, as in a crash: libpq tells it from
 * one that was never there in words alone. */
static bool came_through(const ll_store *s) {
    static const char *const words[] = { "closed the connection", "FATAL", "terminat", "reset by peer",
                                         "Broken pipe" };
    const ll_pg *db = s->db;
    const char *why = ll_pq.errorMessage(db->conn);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(why, words[i])) return true;
    return false;
}

/* Whether it may come back by itself: it is starting, stopping, or, where it was there before, does not answer. */
static bool is_away(ll_store *s, bool *was_there) {
    const char *values[KEYWORDS];
    values_of(s, values);
    const PGPing ping = ll_pq.pingParams(keywords, values, 1);
    *was_there |= ping == PQPING_OK || ping == PQPING_REJECT;
    return ping == PQPING_REJECT || (*was_there && ping == PQPING_NO_RESPONSE);
}

static void wait_for(double seconds) {
    nanosleep(&(struct timespec) { .tv_sec = (time_t)seconds, .tv_nsec = (long)(1e9 * (seconds - floor(seconds))) },
              NULL);
}

/* A server that refused and is not away may have come back in between: a second refusal counts. */
static ll_status connect_until(ll_store *s, bool was_there, ll_error *err) {
    const double end = ll_clock_now() + PATIENCE_S;
    double pause = FIRST_PAUSE_S;
    for (int refused = 0;; pause = fmin(2 * pause, LONGEST_PAUSE_S)) {
        const ll_pg *db = s->db;
        const ll_status status = connect_once(s, err);
        if (status == LL_OK || !db->lost || ll_clock_now() > end) return status;
        was_there |= came_through(s);
        if (!is_away(s, &was_there) && ++refused > 1) return status;
        wait_for(pause);
    }
}

/* A program that was connected once waits for the server with every store that it opens. */
ll_status ll_pg_connect(ll_store *s, ll_error *err) {
    static atomic_bool was_there;
    LL_TRY(check_url(s, err));
    LL_TRY(connect_until(s, was_there, err));
    was_there = true;
    return LL_OK;
}

ll_status ll_pg_reconnect(ll_store *s, ll_error *err) {
    char line[LL_PATH_MAX + 200];
    snprintf(line, sizeof line, "%s: the connection is lost; trying again for up to %d s", s->path, PATIENCE_S);
    ll_sql_notice(line);
    LL_TRY(connect_until(s, true, err));
    snprintf(line, sizeof line, "%s: connected again", s->path);
    ll_sql_notice(line);
    return LL_OK;
}

#endif
