#define _POSIX_C_SOURCE 200809L
#include "base/document/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/system/file.h"

enum { MAX_DEPTH = 64, MAX_NODES = 100000 };

struct ll_yaml {
    ll_yaml_node *root;
};

typedef struct builder {
    yaml_parser_t parser;
    const char *where;
    int nodes;
    ll_error *err;
} builder;

static void free_node(ll_yaml_node *n) {
    while (n) {
        ll_yaml_node *next = n->next;
        free_node(n->child);
        free(n->key);
        free(n->text);
        free(n);
        n = next;
    }
}

/* Every problem is reported at the place where it stands. */
static ll_status wrong(builder *b, const yaml_mark_t *at, const char *what) {
    return LL_FAIL(b->err, LL_EFORMAT, "%s:%zu:%zu: %s", b->where, at->line + 1, at->column + 1, what);
}

static ll_status next_event(builder *b, yaml_event_t *e) {
    if (yaml_parser_parse(&b->parser, e)) return LL_OK;
    const char *what = b->parser.problem ? b->parser.problem : "is not YAML";
    return wrong(b, &b->parser.problem_mark, what);
}

/* By key; the same key in the order of the file. */
static int by_key(const void *a, const void *b) {
    const ll_yaml_node *x = *(ll_yaml_node *const *)a, *y = *(ll_yaml_node *const *)b;
    int c = strcmp(x->key, y->key);
    return c != 0 ? c : (x->key_line > y->key_line) - (x->key_line < y->key_line);
}

/* Sorted, so that a map of n keys takes n log n: the first key of the file that repeats one is named. */
static ll_status check_keys(builder *b, const ll_yaml_node *map, size_t n) {
    const ll_yaml_node *again = NULL, **at = malloc((n + 1) * sizeof *at);
    size_t k = 0;
    if (!at) return LL_FAIL(b->err, LL_ENOMEM, "out of memory");
    for (const ll_yaml_node *c = map->child; c; c = c->next) at[k++] = c;
    qsort(at, n, sizeof *at, by_key);
    for (k = 1; k < n; k++)
        if (strcmp(at[k - 1]->key, at[k]->key) == 0 && (!again || at[k]->key_line < again->key_line)) again = at[k];
    free(at);
    return again
               ? LL_FAIL(b->err, LL_EFORMAT, "%s:%d: key '%s' stands twice", b->where, again->key_line, again->key)
               : LL_OK;
}

static ll_status build(builder *b, yaml_event_t *e, int depth, ll_yaml_node **out);

static ll_status build_children(builder *b, ll_yaml_node *parent, yaml_event_type_t end, int depth) {
    ll_yaml_node **tail = &parent->child;
    for (size_t n = 0;; n++) {
        yaml_event_t e;
        LL_TRY(next_event(b, &e));
        if (e.type == end) {
            yaml_event_delete(&e);
            return parent->kind == LL_YAML_MAP ? check_keys(b, parent, n) : LL_OK;
        }
        char *key = NULL;
        int key_line = (int)e.start_mark.line + 1;
        if (parent->kind == LL_YAML_MAP) {
            ll_status s = LL_OK;
            if (e.type != YAML_SCALAR_EVENT) s = wrong(b, &e.start_mark, "a key must be a plain word");
            else if (strlen((char *)e.data.scalar.value) != e.data.scalar.length)
                s = wrong(b, &e.start_mark, "a zero byte in a key");
            else if (!(key = strdup((char *)e.data.scalar.value))) s = LL_FAIL(b->err, LL_ENOMEM, "out of memory");
            yaml_event_delete(&e);
            if (s != LL_OK) return s;
            if ((s = next_event(b, &e)) != LL_OK) {
                free(key);
                return s;
            }
        }
        ll_status s = build(b, &e, depth + 1, tail);
        yaml_event_delete(&e);
        if (*tail && key) (*tail)->key = key, (*tail)->key_line = key_line;
        if (*tail) tail = &(*tail)->next;
        else free(key);
        if (s != LL_OK) return s;
    }
}

/* Takes the event as the start of one node. *out is linked in even on failure, for free_node. */
static ll_status build(builder *b, yaml_event_t *e, int depth, ll_yaml_node **out) {
    if (e->type == YAML_ALIAS_EVENT) return wrong(b, &e->start_mark, "aliases are not used here");
    if (depth > MAX_DEPTH || ++b->nodes > MAX_NODES) return wrong(b, &e->start_mark, "too deep or too large");
    ll_yaml_node *n = calloc(1, sizeof *n);
    if (!n) return LL_FAIL(b->err, LL_ENOMEM, "out of memory");
    *out = n;
    n->line = (int)e->start_mark.line + 1;
    n->column = (int)e->start_mark.column + 1;
    switch (e->type) {
    case YAML_SCALAR_EVENT:
        n->kind = LL_YAML_SCALAR;
        n->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        if (strlen((char *)e->data.scalar.value) != e->data.scalar.length)
            return wrong(b, &e->start_mark, "a zero byte in text");
        n->text = strdup((char *)e->data.scalar.value);
        return n->text ? LL_OK : LL_FAIL(b->err, LL_ENOMEM, "out of memory");
    case YAML_SEQUENCE_START_EVENT:
        n->kind = LL_YAML_LIST;
        return build_children(b, n, YAML_SEQUENCE_END_EVENT, depth);
    case YAML_MAPPING_START_EVENT:
        n->kind = LL_YAML_MAP;
        return build_children(b, n, YAML_MAPPING_END_EVENT, depth);
    default: return wrong(b, &e->start_mark, "expected a value");
    }
}

static ll_status build_stream(builder *b, ll_yaml *doc) {
    for (;;) {
        yaml_event_t e;
        LL_TRY(next_event(b, &e));
        yaml_event_type_t type = e.type;
        ll_status s = LL_OK;
        if (type == YAML_DOCUMENT_START_EVENT && doc->root) s = wrong(b, &e.start_mark, "a second document");
        bool framing = type == YAML_STREAM_START_EVENT || type == YAML_STREAM_END_EVENT ||
                       type == YAML_DOCUMENT_START_EVENT || type == YAML_DOCUMENT_END_EVENT;
        if (!framing) s = build(b, &e, 0, &doc->root);
        yaml_event_delete(&e);
        if (s != LL_OK || type == YAML_STREAM_END_EVENT) return s;
    }
}

ll_status ll_yaml_parse(const char *text, size_t size, const char *where, ll_yaml **out, ll_error *err) {
    *out = NULL;
    builder b = { .where = where, .err = err };
    ll_yaml *doc = calloc(1, sizeof *doc);
    if (!doc || !yaml_parser_initialize(&b.parser)) {
        free(doc);
        return LL_FAIL(err, LL_ENOMEM, "out of memory");
    }
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)text, size);
    ll_status s = build_stream(&b, doc);
    yaml_parser_delete(&b.parser);
    if (s == LL_OK) *out = doc;
    else ll_yaml_free(doc);
    return s;
}

ll_status ll_yaml_load(const char *path, size_t max, ll_yaml **out, ll_error *err) {
    char *text;
    size_t size;
    LL_TRY(ll_file_read(path, max, &text, &size, err));
    ll_status s = ll_yaml_parse(text, size, path, out, err);
    free(text);
    return s;
}

/* ---- places ---- */

typedef struct place {
    const char *at;
    int line, column; /* columns are characters, not bytes */
} place;

static void step(place *p) {
    const bool ends_line = *p->at++ == '\n';
    if (ends_line) p->line++, p->column = 1;
    else p->column += ((unsigned char)*p->at & 0xc0) != 0x80;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(place *p) {
    while (is_blank(*p->at)) step(p);
}

/* To the first character of the value: behind a quote, or the line of a block's sign. */
static place first_place(const char *text, const ll_yaml_node *scalar) {
    place p = { text, 1, 1 };
    while (*p.at && (p.line < scalar->line || (p.line == scalar->line && p.column < scalar->column))) step(&p);
    if (!scalar->quoted) return p;
    if (*p.at == '>' || *p.at == '|')
        while (*p.at && *p.at != '\n') step(&p);
    if (*p.at) step(&p);
    return p;
}

/* Line ends and indents are folded; all other characters of a value stand in the text in the same order. */
bool ll_yaml_place(const char *text, const ll_yaml_node *scalar, size_t offset, int *line, int *column) {
    place p = first_place(text, scalar);
    for (const char *c = scalar->text; c < scalar->text + offset; c++) {
        if (is_blank(*c)) continue;
        skip_blanks(&p);
        if (*p.at != *c) return false;
        step(&p);
    }
    const char here = scalar->text[offset];
    if (here && !is_blank(here)) skip_blanks(&p);
    *line = p.line;
    *column = p.column;
    return !here || is_blank(here) || *p.at == here;
}

const ll_yaml_node *ll_yaml_root(const ll_yaml *doc) {
    return doc->root;
}

const ll_yaml_node *ll_yaml_get(const ll_yaml_node *map, const char *key) {
    if (!map || map->kind != LL_YAML_MAP) return NULL;
    for (const ll_yaml_node *n = map->child; n; n = n->next)
        if (n->key && strcmp(n->key, key) == 0) return n;
    return NULL;
}

void ll_yaml_free(ll_yaml *doc) {
    if (!doc) return;
    free_node(doc->root);
    free(doc);
}
