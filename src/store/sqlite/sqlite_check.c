/* Rot: the sum of a row, and a look at the pages. SQLite checks neither what a page holds nor, before it comes
 * there, whether the page is the one that belongs there. */
#include <math.h>
#include <string.h>

#include "store/sql/row_sum.h"
#include "store/sqlite/sqlite.h"

static uint64_t text(uint64_t sum, sqlite3_value *v) {
    const void *bytes = sqlite3_value_blob(v); /* before its size: it may be converted */
    return ll_row_sum_text(sum, bytes, bytes ? (size_t)sqlite3_value_bytes(v) : 0);
}

static void row_check(sqlite3_context *ctx, int n, sqlite3_value **v) {
    uint64_t sum = ll_row_sum_of(n);
    for (int i = 0; i < n; i++) {
        const int type = sqlite3_value_type(v[i]);
        if (type == SQLITE_NULL) sum = ll_row_sum_real(sum, NAN);
        else if (type == SQLITE_INTEGER) sum = ll_row_sum_int(sum, sqlite3_value_int64(v[i]));
        else if (type == SQLITE_FLOAT) sum = ll_row_sum_real(sum, sqlite3_value_double(v[i]));
        else sum = text(sum, v[i]);
    }
    sqlite3_result_int64(ctx, (int64_t)sum);
}

ll_status ll_sqlite_add_row_check(ll_store *s, ll_error *err) {
    const int code = sqlite3_create_function(s->db, "row_check", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                                             row_check, NULL, NULL);
    return code == SQLITE_OK ? LL_OK : ll_sqlite_fail(s, err);
}

ll_status ll_sqlite_check_pages(ll_store *s, ll_error *err) {
    enum { MOST = 16 << 20 };
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    LL_TRY(
        ll_sqlite_prepare(s, &stmt, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", err));
    ll_status status = ll_sqlite_step(s, stmt, &row, err);
    const bool small = row && sqlite3_column_int64(stmt, 0) <= MOST;
    sqlite3_finalize(stmt);
    if (status != LL_OK || !small) return status;
    LL_TRY(ll_sqlite_prepare(s, &stmt, "PRAGMA integrity_check(1)", err));
    status = ll_sqlite_step(s, stmt, &row, err);
    const char *told = row ? (const char *)sqlite3_column_text(stmt, 0) : "";
    if (status == LL_OK && (!told || strcmp(told, "ok") != 0))
        status = LL_FAIL(err, told ? LL_EFORMAT : LL_ENOMEM, "%s: the store is damaged (%.200s)", s->path,
                         told ? told : "out of memory");
    sqlite3_finalize(stmt);
    return status;
}
