#include "base/document/form.h"

#include <string.h>

ll_status ll_form_wrong(const ll_form *f, const ll_yaml_node *node, ll_status status) {
    ll_error_prefix(f->err, "%s:%d", f->where, node->line);
    return status;
}

ll_status ll_form_bind(const ll_form *f, const ll_option *table, int n, void *object, const ll_yaml_node *map,
                       const char *skip) {
    LL_TRY(ll_options_default(table, n, object, f->err));
    return ll_options_yaml(table, n, object, map, f->where, skip, f->err);
}

ll_status ll_form_name(const ll_form *f, const ll_yaml_node *node, const char *name) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    if (*name && strspn(name, allowed) == strlen(name)) return LL_OK;
    return LL_FORM_WRONG(f, node, "name is '%.40s', expected letters, digits, _, . and -", name);
}

static ll_status check_names(const ll_form *f, const ll_yaml_node *node, const char *key,
                             const ll_form_items *items, int n) {
    const char *at = (const char *)items->out + items->size * (size_t)n;
    LL_TRY(ll_form_name(f, node, at));
    for (int i = 0; i < n; i++)
        if (strcmp((const char *)items->out + items->size * (size_t)i, at) == 0)
            return LL_FORM_WRONG(f, node, "%s: the name '%s' stands twice", key, at);
    return LL_OK;
}

ll_status ll_form_list(const ll_form *f, const ll_yaml_node *map, const char *key, const ll_form_items *items,
                       int *n) {
    const ll_yaml_node *list = ll_yaml_get(map, key);
    *n = 0;
    if (!list) return LL_OK;
    if (list->kind != LL_YAML_LIST) return LL_FORM_WRONG(f, list, "%s: expected a list", key);
    for (const ll_yaml_node *c = list->child; c; c = c->next) {
        if (*n == items->most) return LL_FORM_WRONG(f, c, "%s: expected at most %d", key, items->most);
        LL_TRY(items->read(f, c, (char *)items->out + items->size * (size_t)*n));
        if (items->named) LL_TRY(check_names(f, c, key, items, *n));
        ++*n;
    }
    return LL_OK;
}
