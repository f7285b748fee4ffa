/* JSONL: the text field of one line. */
#ifndef LL_DATA_JSONL_H
#define LL_DATA_JSONL_H

#include <stddef.h>
#include <stdint.h>

#include "base/document/json.h"

/* *doc is the line's tree, which the caller frees, and *text borrows from it; a blank line gives NULL and "".
 * No JSON, no object, no such field or no string in it: LL_EFORMAT with file and line. A byte-order mark on line 1
 * is skipped. */
ll_status ll_jsonl_text(const char *bytes, size_t size, const char *field, const char *file, int64_t line,
                        ll_json **doc, const char **text, ll_error *err);

#endif
