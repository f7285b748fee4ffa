/* JSONL: one line, and its text field. */
#ifndef LL_DATA_JSONL_H
#define LL_DATA_JSONL_H

#include <stddef.h>
#include <stdint.h>

#include "base/document/json.h"

/* *doc is the line's tree, which the caller frees; NULL for a blank line. A byte-order mark on line 1 is skipped. No
 * JSON: LL_EFORMAT with file and line. */
ll_status ll_jsonl_line(const char *bytes, size_t size, const char *file, int64_t line, ll_json **doc,
                        ll_error *err);

/* The same, and *text borrows from it; "" for a blank line. No object, no such field or no string in it: LL_EFORMAT
 * with file and line. */
ll_status ll_jsonl_text(const char *bytes, size_t size, const char *field, const char *file, int64_t line,
                        ll_json **doc, const char **text, ll_error *err);

#endif
