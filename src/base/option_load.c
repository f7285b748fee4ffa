#include <stdlib.h>

#include "base/file.h"
#include "base/option.h"

ll_status ll_options_load(const ll_option *table, int n, void *object, const char *path, size_t max_bytes,
                          const char *what, ll_error *err) {
    char *text;
    size_t size;
    ll_yaml *doc;
    LL_TRY(ll_options_default(table, n, object, err));
    LL_TRY(ll_file_read(path, max_bytes, &text, &size, err));
    ll_status s = ll_yaml_parse(text, size, path, &doc, err);
    free(text);
    if (s != LL_OK) return s;
    if (!ll_yaml_root(doc)) s = LL_FAIL(err, LL_EINPUT, "%s: empty, expected %s", path, what);
    else s = ll_options_yaml(table, n, object, ll_yaml_root(doc), path, NULL, err);
    ll_yaml_free(doc);
    return s;
}
