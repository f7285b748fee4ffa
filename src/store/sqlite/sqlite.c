/* Opening, migrating and the manners of every statement. */
#define _POSIX_C_SOURCE 200809L
#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { APPLICATION = 0x6c6f676c, BUSY_MS = 10000, OPEN_ATTEMPTS = 20 }; /* "logl" */

/* ---- statements ---- */

ll_status ll_sql_fail(ll_store *s, ll_error *err) {
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

ll_status ll_sql_exec(ll_store *s, const char *sql, ll_error *err) {
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? LL_OK : ll_sql_fail(s, err);
}

ll_status ll_sql_prepare(ll_store *s, sqlite3_stmt **out, const char *sql, ll_error *err) {
    return sqlite3_prepare_v2(s->db, sql, -1, out, NULL) == SQLITE_OK ? LL_OK : ll_sql_fail(s, err);
}

ll_status ll_sql_step(ll_store *s, sqlite3_stmt *stmt, bool *row, ll_error *err) {
    int code = sqlite3_step(stmt);
    *row = code == SQLITE_ROW;
    return *row || code == SQLITE_DONE ? LL_OK : ll_sql_fail(s, err);
}

ll_status ll_sql_run(ll_store *s, sqlite3_stmt *stmt, ll_error *err) {
    bool row;
    ll_status status = ll_sql_step(s, stmt, &row, err);
    sqlite3_reset(stmt);
    return status;
}

void ll_sql_bind_text(sqlite3_stmt *stmt, int i, const char *text) {
    sqlite3_bind_text(stmt, i, text ? text : "", -1, SQLITE_STATIC);
}

void ll_sql_bind_real(sqlite3_stmt *stmt, int i, double v) {
    if (isnan(v)) sqlite3_bind_null(stmt, i);
    else sqlite3_bind_double(stmt, i, v);
}

double ll_sql_real(sqlite3_stmt *stmt, int i) {
    double v = sqlite3_column_double(stmt, i); /* 0 for NULL, too */
    return v == 0 && sqlite3_column_type(stmt, i) == SQLITE_NULL ? NAN : v;
}

void ll_sql_text(sqlite3_stmt *stmt, int i, char *out, size_t size) {
    size_t n = (size_t)sqlite3_column_bytes(stmt, i);
    if (n > size - 1) n = size - 1;
    if (n) memcpy(out, sqlite3_column_blob(stmt, i), n);
    out[n] = 0;
}

char *ll_sql_dup(sqlite3_stmt *stmt, int i) {
    const char *text = (const char *)sqlite3_column_text(stmt, i);
    return strdup(text ? text : "");
}

ll_status ll_sql_begin(ll_store *s, ll_error *err) {
    if (!s->writable) return LL_FAIL(err, LL_ESTATE, "%s: opened for reading", s->path);
    return ll_sql_exec(s, "BEGIN IMMEDIATE", err);
}

/* SQLite goes on writing into a file that was moved or removed beneath it; nobody would find that again. */
static ll_status check_place(ll_store *s, ll_error *err) {
    int moved = 0;
    sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved ? LL_FAIL(err, LL_EIO, "%s: it was moved or removed while it was open", s->path) : LL_OK;
}

ll_status ll_sql_end(ll_store *s, ll_status status, ll_error *err) {
    if (status == LL_OK) status = check_place(s, err);
    if (status == LL_OK && (status = ll_sql_exec(s, "COMMIT", err)) == LL_OK) return LL_OK;
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL); /* fails when SQLite has already done so */
    return status;
}

void *ll_sql_grow(void *block, int64_t n, size_t size) {
    if (n & (n - 1)) return block; /* room grows at the powers of two */
    return realloc(block, (size_t)(n ? 2 * n : 1) * size);
}

/* ---- schema ---- */

#define TEXT(field, bytes) ", " #field " TEXT NOT NULL DEFAULT ''"
#define STATE(field) ", " #field " TEXT NOT NULL"
#define INT(field) ", " #field " INTEGER NOT NULL DEFAULT 0"
#define REAL(field) ", " #field " REAL"
#define NAME_OF_TEXT(field, bytes) ", " #field
#define NAME_OF(field) ", " #field
#define ADD(column) "ALTER TABLE run ADD COLUMN " column ";"
#define ADD_TEXT(field, bytes) ADD(#field " TEXT NOT NULL DEFAULT ''")
#define ADD_STATE(field) ADD(#field " TEXT NOT NULL DEFAULT 'planned'")
#define ADD_INT(field) ADD(#field " INTEGER NOT NULL DEFAULT 0")
#define ADD_REAL(field) ADD(#field " REAL")

/* Entry i brings a store of version i to i + 1 and is never changed once released; a new field of a run comes as a
 * part of the list with an entry that adds its columns. */
static const char *const migrations[] = {
    "CREATE TABLE ladder (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
    " spec_hash TEXT NOT NULL, data_hash TEXT NOT NULL, spec TEXT NOT NULL, data TEXT NOT NULL,"
    " command TEXT NOT NULL, version TEXT NOT NULL, created TEXT NOT NULL) STRICT;"
    "CREATE TABLE run (key INTEGER PRIMARY KEY" LL_RUN_FIELDS_OF_1(
        TEXT, STATE, INT,
        REAL) ") STRICT;"
              "CREATE UNIQUE INDEX run_id ON run (id);"
              "CREATE INDEX run_ladder ON run (ladder, flops);"
              "CREATE TABLE point (run INTEGER NOT NULL REFERENCES run (key) ON DELETE CASCADE, step INTEGER NOT "
              "NULL,"
              " tokens REAL, loss REAL, se REAL, train_loss REAL, PRIMARY KEY (run, step)) STRICT, WITHOUT ROWID;"
              "CREATE TABLE ledger (seq INTEGER PRIMARY KEY, hash TEXT NOT NULL, previous TEXT NOT NULL,"
              " body TEXT NOT NULL) STRICT;"
              "CREATE TRIGGER ledger_update BEFORE UPDATE ON ledger BEGIN"
              " SELECT RAISE(ABORT, 'the ledger is only ever appended to'); END;"
              "CREATE TRIGGER ledger_delete BEFORE DELETE ON ledger BEGIN"
              " SELECT RAISE(ABORT, 'the ledger is only ever appended to'); END;"
              "CREATE TRIGGER ledger_insert BEFORE INSERT ON ledger"
              " WHEN NEW.seq <= (SELECT coalesce(max(seq), 0) FROM ledger) BEGIN"
              " SELECT RAISE(ABORT, 'the ledger is only ever appended to'); END;"
              "CREATE TRIGGER run_insert BEFORE INSERT ON run"
              " WHEN NEW.ladder <> '' AND NOT EXISTS (SELECT 1 FROM ladder WHERE id = NEW.ladder) BEGIN"
              " SELECT RAISE(ABORT, 'the run names a ladder that is not in the store'); END;",
    /* Whatever adds a column to one of the three computes the sums anew. */
    "ALTER TABLE run ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE ladder ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE point ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;"
    "UPDATE run SET sum = row_check(0" LL_RUN_FIELDS_OF_1(
        NAME_OF_TEXT, NAME_OF, NAME_OF,
        NAME_OF) ");"
                 "UPDATE ladder SET sum = row_check(id, name, spec_hash, data_hash, spec, data, command, version, "
                 "created);"
                 "UPDATE point SET sum = row_check(run, step, tokens, loss, se, train_loss);",
    LL_RUN_FIELDS_OF_3(ADD_TEXT, ADD_STATE, ADD_INT, ADD_REAL)
    /* A row that is damaged stays so. */
    "UPDATE run SET sum = row_check(0" LL_RUN_FIELDS(
        NAME_OF_TEXT, NAME_OF, NAME_OF, NAME_OF) ")"
                                                 " WHERE sum IS row_check(0" LL_RUN_FIELDS_OF_1(
                                                     NAME_OF_TEXT, NAME_OF, NAME_OF,
                                                     NAME_OF) ");"
                                                              "CREATE TABLE score (run INTEGER NOT NULL REFERENCES "
                                                              "run (key) ON DELETE CASCADE, probe TEXT NOT NULL,"
                                                              " metric TEXT NOT NULL, step INTEGER NOT NULL, "
                                                              "settings TEXT NOT NULL, value REAL, se REAL,"
                                                              " items INTEGER NOT NULL, chance REAL, sum INTEGER "
                                                              "NOT NULL, PRIMARY KEY (run, probe, metric, step))"
                                                              " STRICT, WITHOUT ROWID;",
};
enum { VERSION = sizeof migrations / sizeof *migrations };

#undef TEXT
#undef STATE
#undef INT
#undef REAL
#undef NAME_OF_TEXT
#undef NAME_OF
#undef ADD
#undef ADD_TEXT
#undef ADD_STATE
#undef ADD_INT
#undef ADD_REAL

/* The version of a store; 0 for an empty database; anything else is refused. One statement, so that all three are
 * of one moment: another process may be making the store just now. */
static ll_status read_version(ll_store *s, int64_t *version, ll_error *err) {
    static const char sql[] = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)"
                              " FROM pragma_application_id, pragma_user_version";
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    LL_TRY(ll_sql_prepare(s, &stmt, sql, err));
    ll_status status = ll_sql_step(s, stmt, &row, err);
    int64_t application = row ? sqlite3_column_int64(stmt, 0) : 0, tables = row ? sqlite3_column_int64(stmt, 2) : 0;
    *version = row ? sqlite3_column_int64(stmt, 1) : 0;
    sqlite3_finalize(stmt);
    if (status != LL_OK) return status;
    if (application != APPLICATION && (application || *version || tables))
        return LL_FAIL(err, LL_EFORMAT, "%s: an SQLite database, but no loglog store", s->path);
    if (*version > VERSION)
        return LL_FAIL(err, LL_EFORMAT, "%s: a store of version %lld, this program knows up to %d", s->path,
                       (long long)*version, VERSION);
    return LL_OK;
}

static ll_status migrate_from(ll_store *s, int64_t version, ll_error *err) {
    char stamp[96];
    for (int64_t v = version; v < VERSION; v++) LL_TRY(ll_sql_exec(s, migrations[v], err));
    snprintf(stamp, sizeof stamp, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION, VERSION);
    return version < VERSION ? ll_sql_exec(s, stamp, err) : LL_OK;
}

static ll_status set_up_statements(ll_store *s, ll_error *err) {
    sqlite3_extended_result_codes(s->db, 1);
    sqlite3_busy_timeout(s->db, BUSY_MS);
    LL_TRY(ll_sql_exec(s, "PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536", err));
    return ll_sql_add_row_check(s, err);
}

/* A file that is only read stays as it is: what is read is a copy in memory. */
static ll_status copy_to_memory(ll_store *s, ll_error *err) {
    sqlite3 *file = s->db, *copy;
    int code = sqlite3_open_v2(":memory:", &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    sqlite3_backup *backup = code == SQLITE_OK ? sqlite3_backup_init(copy, "main", file, "main") : NULL;
    if (backup) sqlite3_backup_step(backup, -1);
    if (backup) sqlite3_backup_finish(backup);
    s->db = copy;
    sqlite3_close(file);
    if (!copy) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", s->path);
    return sqlite3_errcode(copy) == SQLITE_OK ? set_up_statements(s, err) : ll_sql_fail(s, err);
}

/* The version is read again inside the transaction: another process may have been first. */
static ll_status migrate(ll_store *s, ll_error *err) {
    int64_t version;
    LL_TRY(read_version(s, &version, err));
    if (version == VERSION) return LL_OK;
    if (version > 0 && !s->writable) LL_TRY(copy_to_memory(s, err));
    LL_TRY(ll_sql_exec(s, "BEGIN IMMEDIATE", err));
    ll_status status = read_version(s, &version, err);
    if (status == LL_OK) status = migrate_from(s, version, err);
    return ll_sql_end(s, status, err);
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
    LL_TRY(read_version(s, &version, err));
    return ll_sql_exec(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", err);
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
    const int create = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int read = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    if (s->writable) return sqlite3_open_v2(s->path, &s->db, create, NULL);
    if (is_empty(s->path)) return sqlite3_open_v2(":memory:", &s->db, create, NULL);
    if (!is_frozen(s->path)) return sqlite3_open_v2(s->path, &s->db, read, NULL);
    frozen_uri(s->path, uri);
    return sqlite3_open_v2(uri, &s->db, read | SQLITE_OPEN_URI, NULL);
}

/* SQLite would wait for a FIFO's writer, and take a device for a database. */
static bool is_no_file(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static ll_status open_and_migrate(ll_store *s, ll_error *err) {
    if (is_no_file(s->path)) return LL_FAIL(err, LL_EINPUT, "%s: expected a regular file", s->path);
    int code = open_database(s);
    if (!s->db) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", s->path);
    if (code != SQLITE_OK) return ll_sql_fail(s, err);
    LL_TRY(set_up(s, err));
    LL_TRY(ll_sql_check_pages(s, err));
    return migrate(s, err);
}

/* While another process makes the store, or is the last to close it, its files beside the database come and go, and
 * SQLite answers at once that it is busy or cannot read. */
static bool is_passing(const ll_store *s) {
    int code = s->db ? sqlite3_errcode(s->db) & 0xff : SQLITE_OK;
    return code == SQLITE_BUSY || code == SQLITE_IOERR || code == SQLITE_PROTOCOL;
}

ll_status ll_store_open(ll_store **out, const char *path, ll_store_mode mode, ll_error *err) {
    *out = NULL;
    if (strlen(path) >= LL_PATH_MAX) return LL_FAIL(err, LL_EINPUT, "%.200s...: path is too long", path);
    for (int attempt = 1;; attempt++) {
        ll_store *s = calloc(1, sizeof *s);
        if (!s) return LL_FAIL(err, LL_ENOMEM, "out of memory");
        strcpy(s->path, path);
        s->writable = mode == LL_STORE_WRITE;
        ll_status status = open_and_migrate(s, err);
        if (status == LL_OK) {
            *out = s;
            return LL_OK;
        }
        bool again = attempt < OPEN_ATTEMPTS && is_passing(s);
        ll_store_close(s);
        if (!again) return status;
        nanosleep(&(struct timespec) { .tv_nsec = 1000000L * attempt }, NULL);
    }
}

ll_status ll_store_open_there(ll_store **out, const char *path, ll_store_mode mode, ll_error *err) {
    *out = NULL;
    if (access(path, F_OK) != 0) return LL_FAIL(err, LL_EINPUT, "%s: there is no such store", path);
    return ll_store_open(out, path, mode, err);
}

void ll_store_close(ll_store *s) {
    if (!s) return;
    sqlite3_close(s->db);
    free(s);
}
