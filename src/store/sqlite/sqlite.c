/* Opening, and the manners of every statement. */
#define _POSIX_C_SOURCE 200809L
#include "store/sqlite/sqlite_engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/sqlite/sqlite.h"

enum { BUSY_MS = 10000, OPEN_ATTEMPTS = 20 };

/* ---- statements ---- */

ll_status ll_sqlite_fail(ll_store *s, ll_error *err) {
    int code = sqlite3_errcode(s->db);
    const char *why = sqlite3_errmsg(s->db);
    switch (code & 0xff) {
    case SQLITE_NOTADB: return LL_FAIL(err, LL_EFORMAT, "%s: this is no loglog store (%s)", s->path, why);
    case SQLITE_CORRUPT: return LL_FAIL(err, LL_EFORMAT, "%s: the store is damaged (%s)", s->path, why);
    case SQLITE_NOMEM: return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", s->path);
    case SQLITE_CONSTRAINT: return LL_FAIL(err, LL_ESTATE, "%s: %s", s->path, why);
    case SQLITE_BUSY:
        return LL_FAIL(err, LL_EIO, "%s: another process has held the store for %d s", s->path, BUSY_MS / 1000);
    default: return LL_FAIL(err, LL_EIO, "%s: %s (SQLite %d)", s->path, why, sqlite3_extended_errcode(s->db));
    }
}

ll_status ll_sqlite_exec(ll_store *s, const char *sql, ll_error *err) {
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? LL_OK : ll_sqlite_fail(s, err);
}

ll_status ll_sqlite_prepare(ll_store *s, sqlite3_stmt **out, const char *sql, ll_error *err) {
    return sqlite3_prepare_v2(s->db, sql, -1, out, NULL) == SQLITE_OK ? LL_OK : ll_sqlite_fail(s, err);
}

ll_status ll_sqlite_step(ll_store *s, sqlite3_stmt *stmt, bool *row, ll_error *err) {
    int code = sqlite3_step(stmt);
    *row = code == SQLITE_ROW;
    return *row || code == SQLITE_DONE ? LL_OK : ll_sqlite_fail(s, err);
}

ll_status ll_sqlite_begin(ll_store *s, ll_error *err) {
    return ll_sqlite_exec(s, "BEGIN IMMEDIATE", err);
}

/* SQLite goes on writing into a file that was moved or removed beneath it; nobody would find that again. */
static ll_status check_place(ll_store *s, ll_error *err) {
    int moved = 0;
    sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved ? LL_FAIL(err, LL_EIO, "%s: it was moved or removed while it was open", s->path) : LL_OK;
}

ll_status ll_sqlite_end(ll_store *s, ll_status status, ll_error *err) {
    if (status == LL_OK) status = check_place(s, err);
    if (status == LL_OK && (status = ll_sqlite_exec(s, "COMMIT", err)) == LL_OK) return LL_OK;
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL); /* fails when SQLite has already done so */
    return status;
}

/* ---- connection ---- */

static ll_status set_up_statements(ll_store *s, ll_error *err) {
    sqlite3_extended_result_codes(s->db, 1);
    sqlite3_busy_timeout(s->db, BUSY_MS);
    LL_TRY(ll_sqlite_exec(s, "PRAGMA foreign_keys = ON", err));
    LL_TRY(ll_sqlite_exec(s, s->writable ? "PRAGMA cache_size = -262144" : "PRAGMA cache_size = -12288", err));
    return ll_sqlite_add_row_check(s, err);
}

/* A file that is only read stays as it is: what is read is a copy in memory. */
ll_status ll_sqlite_copy_to_memory(ll_store *s, ll_error *err) {
    sqlite3 *file = s->db, *copy;
    int code = sqlite3_open_v2(":memory:", &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    sqlite3_backup *backup = code == SQLITE_OK ? sqlite3_backup_init(copy, "main", file, "main") : NULL;
    if (backup) sqlite3_backup_step(backup, -1);
    if (backup) sqlite3_backup_finish(backup);
    s->db = copy;
    sqlite3_close(file);
    if (!copy) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", s->path);
    return sqlite3_errcode(copy) == SQLITE_OK ? set_up_statements(s, err) : ll_sqlite_fail(s, err);
}

/* ---- opening ---- */

static bool is_empty(const char *path) {
    struct stat st;
    return stat(path, &st) != 0 ? errno == ENOENT : S_ISREG(st.st_mode) && st.st_size == 0;
}

static ll_status set_up(ll_store *s, ll_error *err) {
    LL_TRY(set_up_statements(s, err));
    if (!s->writable) return LL_OK;
    int64_t version; /* before anything is written into a file that may be somebody else's */
    LL_TRY(ll_sqlite_version(s, &version, err));
    return ll_sqlite_exec(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", err);
}

/* Reading a WAL store makes two files beside it. Where the folder refuses and no writer has left any, the file
 * cannot change under the reader and is opened as it stands. */
static bool is_frozen(const char *path) {
    char folder[LL_PATH_MAX], wal[LL_PATH_MAX + 8];
    ll_file_folder(folder, path);
    snprintf(wal, sizeof wal, "%s-wal", path);
    return access(folder, W_OK) != 0 && access(wal, F_OK) != 0;
}

/* file:PATH?immutable=1, where the signs that mean something in a URI are written as %XX. */
static void frozen_uri(const char *path, char uri[3 * LL_PATH_MAX + 32]) {
    char *to = uri + sprintf(uri, "file:");
    for (; *path; path++)
        if (strchr("?#%", *path)) to += sprintf(to, "%%%02X", (unsigned)(unsigned char)*path);
        else *to++ = *path;
    strcpy(to, "?immutable=1");
}

static int open_database(ll_store *s) {
    char uri[3 * LL_PATH_MAX + 32];
    const char *name = s->source;
    int how = s->writable ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    sqlite3 *db = NULL;
    if (!s->writable && is_empty(s->source)) {
        name = ":memory:";
        how = SQLITE_OPEN_READWRITE;
    } else if (!s->writable && is_frozen(s->source)) {
        frozen_uri(s->source, uri);
        name = uri;
        how |= SQLITE_OPEN_URI;
    }
    const int code = sqlite3_open_v2(name, &db, how | SQLITE_OPEN_NOMUTEX, NULL);
    s->db = db;
    return code;
}

/* SQLite would wait for a FIFO's writer, and take a device for a database. */
static bool is_no_file(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static ll_status open_and_migrate(ll_store *s, ll_error *err) {
    if (is_no_file(s->source)) return LL_FAIL(err, LL_EINPUT, "%s: expected a regular file", s->path);
    int code = open_database(s);
    if (!s->db) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", s->path);
    if (code != SQLITE_OK) return ll_sqlite_fail(s, err);
    LL_TRY(set_up(s, err));
    LL_TRY(ll_sqlite_check_pages(s, err));
    return ll_sqlite_migrate(s, err);
}

/* While another process makes the store, or is the last to close it, its files beside the database come and go, and
 * SQLite answers at once that it is busy or cannot read. */
static bool is_passing(const ll_store *s) {
    int code = s->db ? sqlite3_errcode(s->db) & 0xff : SQLITE_OK;
    return code == SQLITE_BUSY || code == SQLITE_IOERR || code == SQLITE_PROTOCOL;
}

static void forget_idle(ll_store *s);

static void close_database(ll_store *s) {
    forget_idle(s);
    sqlite3_close(s->db);
    s->db = NULL;
}

static ll_status open_store(ll_store *s, bool make, bool *there, ll_error *err) {
    *there = make || access(s->source, F_OK) == 0;
    for (int attempt = 1; *there; attempt++) {
        const ll_status status = open_and_migrate(s, err);
        if (status == LL_OK || attempt == OPEN_ATTEMPTS || !is_passing(s)) return status;
        close_database(s);
        nanosleep(&(struct timespec) { .tv_nsec = 1000000L * attempt }, NULL);
    }
    return LL_OK;
}

/* Alone: FULL, so that what was sealed survives the loss of power, not only of the process. */
static ll_status transact(ll_store *s, ll_sql_mode mode, ll_sql_body *body, void *ctx, ll_error *err) {
    const bool safe = mode == LL_SQL_SAFE || mode == LL_SQL_ALONE;
    if (safe) LL_TRY(ll_sqlite_exec(s, "PRAGMA synchronous = FULL", err));
    ll_status status = mode == LL_SQL_READ ? ll_sqlite_exec(s, "BEGIN", err) : ll_sqlite_begin(s, err);
    if (status == LL_OK) status = ll_sqlite_end(s, body(s, ctx, err), err);
    if (safe) sqlite3_exec(s->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
    return status;
}

/* ---- statements of store/rows ---- */

typedef struct statement {
    ll_sql_statement base;
    ll_store *store;
    sqlite3_stmt *stmt;
} statement;

static sqlite3_stmt *of(ll_sql_statement *stmt) {
    return ((statement *)stmt)->stmt;
}

/* To compile a statement over all fields of a run takes longer than to find a run by it. */
static ll_sql_statement *take_idle(ll_store *s, const char *sql) {
    for (int i = 0; i < LL_SQL_IDLE; i++) {
        ll_sql_statement *it = s->idle[i];
        if (!it || strcmp(sqlite3_sql(of(it)), sql) != 0) continue;
        s->idle[i] = NULL;
        return it;
    }
    return NULL;
}

static void destroy(ll_sql_statement *stmt) {
    if (!stmt) return;
    sqlite3_finalize(of(stmt));
    free(stmt);
}

static void forget_idle(ll_store *s) {
    for (int i = 0; i < LL_SQL_IDLE; i++) {
        destroy(s->idle[i]);
        s->idle[i] = NULL;
    }
}

static ll_status prepare(ll_store *s, ll_sql_statement **out, const char *sql, ll_error *err) {
    if ((*out = take_idle(s, sql))) return LL_OK;
    statement *made = malloc(sizeof *made);
    if (!made) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", s->path);
    *made = (statement) { .base.engine = &ll_sqlite, .store = s };
    const ll_status status = ll_sqlite_prepare(s, &made->stmt, sql, err);
    if (status == LL_OK) *out = &made->base;
    else free(made);
    return status;
}

static ll_status step(ll_store *s, ll_sql_statement *stmt, bool *row, ll_error *err) {
    return ll_sqlite_step(s, of(stmt), row, err);
}

static int64_t changed(ll_store *s) {
    return sqlite3_changes(s->db);
}

static int64_t inserted(ll_store *s) {
    return sqlite3_last_insert_rowid(s->db);
}

static void bind(ll_sql_statement *stmt, int i, const ll_sql_value *v) {
    switch (v->kind) {
    case LL_SQL_NULL: sqlite3_bind_null(of(stmt), i); break;
    case LL_SQL_INT: sqlite3_bind_int64(of(stmt), i, v->whole); break;
    case LL_SQL_REAL: sqlite3_bind_double(of(stmt), i, v->real); break;
    case LL_SQL_TEXT: sqlite3_bind_text(of(stmt), i, v->text, (int)v->bytes, SQLITE_STATIC);
    }
}

static ll_sql_value value(ll_sql_statement *stmt, int i) {
    sqlite3_value *v = sqlite3_column_value(of(stmt), i); /* one thread asks at a time */
    switch (sqlite3_value_type(v)) {
    case SQLITE_NULL: return (ll_sql_value) { LL_SQL_NULL };
    case SQLITE_INTEGER: return (ll_sql_value) { LL_SQL_INT, .whole = sqlite3_value_int64(v) };
    case SQLITE_FLOAT: return (ll_sql_value) { LL_SQL_REAL, .real = sqlite3_value_double(v) };
    default: break;
    }
    const char *text = sqlite3_value_blob(v); /* before its size: it may be converted */
    return (ll_sql_value) { LL_SQL_TEXT, .text = text, .bytes = text ? (size_t)sqlite3_value_bytes(v) : 0 };
}

static void reset(ll_sql_statement *stmt) {
    sqlite3_reset(of(stmt));
}

/* The one that was finished last is the first; the last makes room. */
static void finish(ll_sql_statement *stmt) {
    ll_sql_statement **idle = ((statement *)stmt)->store->idle;
    sqlite3_reset(of(stmt));
    sqlite3_clear_bindings(of(stmt));
    destroy(idle[LL_SQL_IDLE - 1]);
    memmove(idle + 1, idle, (LL_SQL_IDLE - 1) * sizeof *idle);
    idle[0] = stmt;
}

const ll_sql_engine ll_sqlite = { .open = open_store,
                                  .close = close_database,
                                  .transact = transact,
                                  .prepare = prepare,
                                  .step = step,
                                  .changed = changed,
                                  .inserted = inserted,
                                  .bind = bind,
                                  .value = value,
                                  .reset = reset,
                                  .finish = finish,
                                  .load_runs = ll_sqlite_load_runs,
                                  .changes = "PRAGMA data_version" };
