#include "base/document/option.h"

ll_status ll_options_load(const ll_option *table, int n, void *object, const char *path, size_t max_bytes,
                          const char *what, ll_error *err) {
    ll_yaml *doc;
    ll_status s;
    LL_TRY(ll_options_default(table, n, object, err));
    LL_TRY(ll_yaml_load(path, max_bytes, &doc, err));
    if (!ll_yaml_root(doc)) s = LL_FAIL(err, LL_EINPUT, "%s: empty, expected %s", path, what);
    else s = ll_options_yaml(table, n, object, ll_yaml_root(doc), path, NULL, err);
    ll_yaml_free(doc);
    return s;
}
