/* Opening a store: its name says which database keeps it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/postgres/postgres.h"
#include "store/sql/store_url.h"
#include "store/sqlite/sqlite_engine.h"

static ll_status name_it(ll_store *s, const char *path, ll_error *err) {
    if (strlen(path) >= LL_PATH_MAX) return LL_FAIL(err, LL_EINPUT, "%.40s...: path is too long", path);
    strcpy(s->path, path);
    LL_TRY(ll_store_url_hide(s->path, err));
    strcpy(s->source, ll_store_url_whole(s->path));
    s->engine = ll_store_is_url(path) ? &ll_postgres : &ll_sqlite;
    return LL_OK;
}

/* A server without a store has nothing to read: an empty store in memory has that, too. */
static ll_status empty(ll_store *s, ll_error *err) {
    bool there;
    s->engine->close(s);
    s->engine = &ll_sqlite;
    s->source[0] = 0;
    return s->engine->open(s, true, &there, err);
}

static ll_status open_named(ll_store *s, const char *path, bool make, ll_error *err) {
    bool there = false;
    LL_TRY(name_it(s, path, err));
    LL_TRY(s->engine->open(s, make, &there, err));
    if (there) return LL_OK;
    return make ? empty(s, err) : LL_FAIL(err, LL_EINPUT, "%s: there is no such store", s->path);
}

static ll_status open_store(ll_store **out, const char *path, ll_store_mode mode, bool make, ll_error *err) {
    *out = NULL;
    ll_store *s = calloc(1, sizeof *s);
    if (!s) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    s->writable = mode == LL_STORE_WRITE;
    const ll_status status = open_named(s, path, make, err);
    if (status == LL_OK) *out = s;
    else ll_store_close(s);
    return status;
}

ll_status ll_store_open(ll_store **out, const char *path, ll_store_mode mode, ll_error *err) {
    return open_store(out, path, mode, true, err);
}

ll_status ll_store_open_there(ll_store **out, const char *path, ll_store_mode mode, ll_error *err) {
    return open_store(out, path, mode, false, err);
}

bool ll_store_may_be_there(const char *path) {
    return ll_store_is_url(path) || access(path, F_OK) == 0;
}

ll_status ll_store_changes(ll_store *s, int64_t *number, ll_error *err) {
    ll_sql_statement *stmt;
    bool row = false;
    LL_TRY(ll_sql_prepare(s, &stmt, s->engine->changes, err));
    const ll_status status = ll_sql_step(s, stmt, &row, err);
    *number = row ? ll_sql_int(stmt, 0) : 0;
    ll_sql_finish(stmt);
    return status;
}

void ll_store_close(ll_store *s) {
    if (!s) return;
    if (s->engine) s->engine->close(s);
    memset(s->source, 0, sizeof s->source);
    free(s);
}
