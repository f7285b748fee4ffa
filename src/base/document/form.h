/* A form: YAML in which lists of maps stand inside maps, each map with an option table of its own.
 *
 *     const ll_form f = { "house.yaml", err };
 *     LL_TRY(ll_form_bind(&f, LL_FORM_TABLE(policy_table), p, root, "levels"));
 *     LL_TRY(ll_form_list(&f, root, "levels", &(ll_form_items) { p->level, sizeof *p->level, MOST, true, read_level },
 *                         &p->n_levels));
 *
 * Every error names file and line.
 */
#ifndef LL_BASE_DOCUMENT_FORM_H
#define LL_BASE_DOCUMENT_FORM_H

#include "base/document/option.h"

typedef struct ll_form {
    const char *where; /* the file's name */
    ll_error *err;
    void *ctx; /* of who reads */
} ll_form;

#define LL_FORM_TABLE(table) (table), ((int)(sizeof(table) / sizeof *(table)))

/* return LL_FORM_WRONG(f, node, "levels: expected at least one"); */
#define LL_FORM_WRONG(f, node, ...) ll_form_wrong((f), (node), LL_FAIL((f)->err, LL_EINPUT, __VA_ARGS__))
ll_status ll_form_wrong(const ll_form *f, const ll_yaml_node *node, ll_status status);

/* Defaults, then the map; keys listed in skip (blank-separated, may be NULL) belong to someone else. */
ll_status ll_form_bind(const ll_form *f, const ll_option *table, int n, void *object, const ll_yaml_node *map,
                       const char *skip);

/* Names are words that a command line can say: letters, digits, _, . and -. */
ll_status ll_form_name(const ll_form *f, const ll_yaml_node *node, const char *name);

typedef struct ll_form_items {
    void *out; /* [most] of size bytes */
    size_t size;
    int most;
    bool named; /* the first field is a name, which none shares */
    ll_status (*read)(const ll_form *f, const ll_yaml_node *node, void *out);
} ll_form_items;

/* The list of maps under key, each read into the next of out; *n counts them. None: nothing is read. */
ll_status ll_form_list(const ll_form *f, const ll_yaml_node *map, const char *key, const ll_form_items *items,
                       int *n);

#endif
