#include "data/jsonl.h"

#include <string.h>

static ll_status parse(const char *bytes, size_t size, const char *file, int64_t line, ll_json **doc,
                       ll_error *err) {
    ll_error inner = { 0 };
    ll_status s = ll_json_parse(bytes, size, "", doc, &inner);
    if (s == LL_OK) return LL_OK;
    const char *tail = strncmp(inner.msg, ":1:", 3) == 0 ? inner.msg + 3 : inner.msg; /* ":1:COLUMN: what" */
    return LL_FAIL(err, s, "%.600s:%lld:%s", file, (long long)line, tail);
}

ll_status ll_jsonl_line(const char *bytes, size_t size, const char *file, int64_t line, ll_json **doc,
                        ll_error *err) {
    *doc = NULL;
    if (line == 1 && size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) bytes += 3, size -= 3;
    while (size > 0 && bytes[0] && strchr(" \t\r", bytes[0])) bytes++, size--;
    return size == 0 ? LL_OK : parse(bytes, size, file, line, doc, err);
}

ll_status ll_jsonl_text(const char *bytes, size_t size, const char *field, const char *file, int64_t line,
                        ll_json **doc, const char **text, ll_error *err) {
    *text = "";
    LL_TRY(ll_jsonl_line(bytes, size, file, line, doc, err));
    if (!*doc) return LL_OK;
    *text = ll_json_get_str(*doc, field);
    if (*text) return LL_OK;
    ll_json_free(*doc);
    *doc = NULL;
    return LL_FAIL(err, LL_EFORMAT, "%.600s:%lld: expected an object with a text under '%.80s'", file,
                   (long long)line, field);
}
