/* Rot: a sum for each row, and a look at the pages. SQLite checks neither what a page holds nor, before it comes
 * there, whether the page is the one that belongs there. */
#include <string.h>

#include "store/sqlite/sqlite.h"

/* Each word is taken in by a one-to-one mixing: two rows that differ in one word differ in the sum. */
static uint64_t mix(uint64_t sum, uint64_t word) {
    sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
    return sum ^ sum >> 29;
}

static uint64_t mix_bytes(uint64_t sum, const void *bytes, size_t n) {
    sum = mix(sum, n);
    for (size_t i = 0; i < n; i += 8) {
        uint64_t word = 0;
        memcpy(&word, (const char *)bytes + i, n - i < 8 ? n - i : 8);
        sum = mix(sum, word);
    }
    return sum;
}

static uint64_t mix_value(uint64_t sum, sqlite3_value *v) {
    const int type = sqlite3_value_type(v);
    double real;
    sum = mix(sum, (uint64_t)type);
    switch (type) {
    case SQLITE_INTEGER: return mix(sum, (uint64_t)sqlite3_value_int64(v));
    case SQLITE_FLOAT:
        real = sqlite3_value_double(v) + 0.0; /* SQLite keeps no minus zero */
        return mix_bytes(sum, &real, sizeof real);
    case SQLITE_NULL: return sum;
    default: break;
    }
    const void *bytes = sqlite3_value_blob(v); /* before its size: it may be converted */
    return mix_bytes(sum, bytes, bytes ? (size_t)sqlite3_value_bytes(v) : 0);
}

static void row_check(sqlite3_context *ctx, int n, sqlite3_value **v) {
    uint64_t sum = (uint64_t)n;
    for (int i = 0; i < n; i++) sum = mix_value(sum, v[i]);
    sqlite3_result_int64(ctx, (int64_t)sum);
}

ll_status ll_sql_add_row_check(ll_store *s, ll_error *err) {
    const int code = sqlite3_create_function(s->db, "row_check", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                                             row_check, NULL, NULL);
    return code == SQLITE_OK ? LL_OK : ll_sql_fail(s, err);
}

ll_status ll_sql_check_pages(ll_store *s, ll_error *err) {
    enum { MOST = 16 << 20 };
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    LL_TRY(ll_sql_prepare(s, &stmt, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", err));
    ll_status status = ll_sql_step(s, stmt, &row, err);
    const bool small = row && sqlite3_column_int64(stmt, 0) <= MOST;
    sqlite3_finalize(stmt);
    if (status != LL_OK || !small) return status;
    LL_TRY(ll_sql_prepare(s, &stmt, "PRAGMA integrity_check(1)", err));
    status = ll_sql_step(s, stmt, &row, err);
    const char *told = row ? (const char *)sqlite3_column_text(stmt, 0) : "";
    if (status == LL_OK && (!told || strcmp(told, "ok") != 0))
        status = LL_FAIL(err, told ? LL_EFORMAT : LL_ENOMEM, "%s: the store is damaged (%.200s)", s->path,
                         told ? told : "out of memory");
    sqlite3_finalize(stmt);
    return status;
}
