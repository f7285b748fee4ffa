/* The schema by versions, and how a store comes from one to the next. */
#include <stdio.h>

#include "store/sql/sql_schema.h"
#include "store/sqlite/sqlite.h"

enum { APPLICATION = 0x6c6f676c }; /* "logl" */

#define RUN_ID "CREATE UNIQUE INDEX run_id ON run (id);"
#define RUN_LADDER "CREATE INDEX run_ladder ON run (ladder, flops);"
#define RUN_INSERT                                                                             \
    "CREATE TRIGGER run_insert BEFORE INSERT ON run"                                           \
    " WHEN NEW.ladder <> '' AND NOT EXISTS (SELECT 1 FROM ladder WHERE id = NEW.ladder) BEGIN" \
    " SELECT RAISE(ABORT, 'the run names a ladder that is not in the store'); END;"
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
        REAL) ") STRICT;" RUN_ID RUN_LADDER
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
              " SELECT RAISE(ABORT, 'the ledger is only ever appended to'); END;" RUN_INSERT,
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
    LL_SQL_SCHEMA_OF_4,
    LL_SQL_SCHEMA_OF_5,
};
enum { VERSION = sizeof migrations / sizeof *migrations, ONLY_INDICES_SINCE = 3 };

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

/* As the newest version has them. */
ll_status ll_sqlite_load_runs(ll_store *s, bool begins, ll_error *err) {
    static const char drop[] = "DROP INDEX IF EXISTS run_id; DROP INDEX IF EXISTS run_ladder; DROP INDEX IF EXISTS "
                               "run_name; DROP INDEX IF EXISTS run_family;"
                               "DROP INDEX IF EXISTS run_open; DROP TRIGGER IF EXISTS run_insert";
    static const char make[] = RUN_ID RUN_LADDER LL_SQL_RUN_NAME LL_SQL_RUN_OPEN LL_SQL_RUN_FAMILY RUN_INSERT;
    return ll_sqlite_exec(s, begins ? drop : make, err);
}

/* The version of a store; 0 for an empty database; anything else is refused. One statement, so that all three are
 * of one moment: another process may be making the store just now. */
ll_status ll_sqlite_version(ll_store *s, int64_t *version, ll_error *err) {
    static const char sql[] = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)"
                              " FROM pragma_application_id, pragma_user_version";
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    LL_TRY(ll_sqlite_prepare(s, &stmt, sql, err));
    ll_status status = ll_sqlite_step(s, stmt, &row, err);
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
    for (int64_t v = version; v < VERSION; v++) LL_TRY(ll_sqlite_exec(s, migrations[v], err));
    snprintf(stamp, sizeof stamp, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION, VERSION);
    return version < VERSION ? ll_sqlite_exec(s, stamp, err) : LL_OK;
}

/* The version is read again inside the transaction: another process may have been first. */
ll_status ll_sqlite_migrate(ll_store *s, ll_error *err) {
    int64_t version;
    LL_TRY(ll_sqlite_version(s, &version, err));
    if (version == VERSION || (version >= ONLY_INDICES_SINCE && !s->writable)) return LL_OK;
    if (!s->writable) LL_TRY(ll_sqlite_copy_to_memory(s, err)); /* also what another process has just begun */
    LL_TRY(ll_sqlite_exec(s, "BEGIN IMMEDIATE", err));
    ll_status status = ll_sqlite_version(s, &version, err);
    if (status == LL_OK) status = migrate_from(s, version, err);
    return ll_sqlite_end(s, status, err);
}
