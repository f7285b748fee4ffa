/* Rows: the records of data files that others publish, each as a JSON object. A line of JSONL is one (.jsonl, .ndjson),
 * and so is a line of a table, whose first line has the columns' names (.csv, .tsv): then every value is a text.
 *
 *     LL_TRY(ll_rows_read("blimp", on_row, ctx, err));
 *
 * The path is a file or a folder; files may be compressed or in an archive. In a folder other files are left out.
 */
#ifndef LL_PROBE_ITEMS_ROWS_H
#define LL_PROBE_ITEMS_ROWS_H

#include "base/document/json.h"

typedef struct ll_row {
    ll_json *record;
    const char *file;
    int64_t line; /* where it begins, from 1 */
} ll_row;

/* return LL_ROW_WRONG(row, err, "expected a text under '%s'", path); names file and line in front. */
#define LL_ROW_WRONG(row, err, ...) ll_row_wrong((row), LL_FAIL((err), LL_EFORMAT, __VA_ARGS__), (err))
ll_status ll_row_wrong(const ll_row *row, ll_status status, ll_error *err);

/* row and its record are borrowed for the call. */
typedef ll_status ll_row_sink(void *ctx, const ll_row *row, ll_error *err);

/* LL_EFORMAT with file and line for what is no JSON, a line of more or fewer cells than the table has columns, and
 * cells that are no UTF-8; LL_EINPUT where there is no file that can be read. */
ll_status ll_rows_read(const char *path, ll_row_sink *sink, void *ctx, ll_error *err);

#endif
