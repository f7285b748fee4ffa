/* YAML over libyaml: a tree that remembers line and column, for specs and policies.
 *
 *     ll_yaml *doc;
 *     LL_TRY(ll_yaml_parse(text, size, "demo.yaml", &doc, err));
 *     const ll_yaml_node *root = ll_yaml_root(doc);
 *     ll_yaml_free(doc);
 *
 * One document, no anchors or aliases, no duplicate keys, at most 64 levels and 1e5 nodes: a spec
 * that needs more is a mistake or an attack.
 */
#ifndef LL_BASE_DOCUMENT_YAML_H
#define LL_BASE_DOCUMENT_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "loglog/error.h"

typedef enum ll_yaml_kind { LL_YAML_SCALAR = 1, LL_YAML_LIST, LL_YAML_MAP } ll_yaml_kind;

/* Children are a linked list: of a map's they carry a key, of a list's none. Owned by the document. */
typedef struct ll_yaml_node {
    ll_yaml_kind kind;
    int line, column; /* from 1 */
    int key_line;     /* 0 without a key */
    bool quoted;      /* a scalar in quotes is text, never null */
    char *key;
    char *text; /* of a scalar */
    struct ll_yaml_node *child, *next;
} ll_yaml_node;

typedef struct ll_yaml ll_yaml;

ll_status ll_yaml_parse(const char *text, size_t size, const char *where, ll_yaml **out, ll_error *err);
/* A file of at most max bytes. */
ll_status ll_yaml_load(const char *path, size_t max, ll_yaml **out, ll_error *err);
/* Where in the text that was parsed, ended by a zero, the byte at an offset of a scalar stands: line and column,
 * from 1. False where an escape stands before it. */
bool ll_yaml_place(const char *text, const ll_yaml_node *scalar, size_t offset, int *line, int *column);
const ll_yaml_node *ll_yaml_root(const ll_yaml *doc); /* NULL for an empty document */
const ll_yaml_node *ll_yaml_get(const ll_yaml_node *map, const char *key);
void ll_yaml_free(ll_yaml *doc);

#endif
