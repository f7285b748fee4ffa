#define _POSIX_C_SOURCE 200809L
#include "base/document/option.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/nearest.h"
#include "base/words/number.h"
#include "base/words/printed.h"
#include "base/words/word.h"
#include "loglog/units.h"

enum { NUMBER = 64 }; /* room for the letters of one number */

static void *field(const ll_option *o, void *object) {
    return (char *)object + o->offset;
}

static const void *field_of(const ll_option *o, const void *object) {
    return (const char *)object + o->offset;
}

static bool has_word(const char *words, const char *word, size_t length) {
    for (const char *p = words; p && *p;) {
        size_t n = strcspn(p, " ");
        if (n == length && strncmp(p, word, n) == 0) return true;
        p += n + strspn(p + n, " ");
    }
    return false;
}

/* ---- one value ---- */

static ll_status bad(ll_error *err, const char *where, const char *key, const char *text, const char *want) {
    return LL_FAIL(err, LL_EINPUT, "%s: %s is '%.80s', expected %s", where, key, text, want);
}

static ll_status check_range(const ll_option *o, double v, const char *where, const char *text, ll_error *err) {
    if (o->min == 0 && o->max == 0 && !o->min_open) return LL_OK;
    bool low = v < o->min || (o->min_open && v == o->min), high = o->max != 0 && v > o->max;
    if (!low && !high) return LL_OK;
    char want[96], above[32];
    const ll_number_scope scope = ll_number_begin();
    snprintf(above, sizeof above, o->min_open ? "above %g" : "at least %g", o->min);
    if (o->max != 0) snprintf(want, sizeof want, "a number %s and at most %g", above, o->max);
    else snprintf(want, sizeof want, "a number %s", above);
    ll_number_end(scope);
    return bad(err, where, o->key, text, want);
}

static ll_status set_number(const ll_option *o, double *out, const char *text, const char *where, ll_error *err) {
    bool ok = o->type == LL_OPT_DURATION ? ll_units_duration(text, out)
              : o->type == LL_OPT_BYTES  ? ll_units_bytes(text, out)
              : o->type == LL_OPT_MONEY  ? ll_units_money(text, out)
                                         : ll_units_parse(text, out);
    const char *want = o->type == LL_OPT_DURATION ? "a duration such as 90s, 15m or 36h"
                       : o->type == LL_OPT_BYTES  ? "a size such as 512M or 4G"
                       : o->type == LL_OPT_MONEY  ? "dollars such as 250k or $2.5M"
                                                  : "a number such as 12, 1e9 or 70B";
    if (strlen(text) >= NUMBER) return bad(err, where, o->key, text, "a number of at most 63 letters");
    if (!ok) return bad(err, where, o->key, text, want);
    return check_range(o, *out, where, text, err);
}

static ll_status add_number(const ll_option *o, ll_list *list, const char *text, const char *where, ll_error *err) {
    if (list->n == LL_OPTION_LIST) return bad(err, where, o->key, text, "at most 1024 numbers");
    return set_number(o, &list->v[list->n++], text, where, err);
}

/* "1, 2.5,3": between two commas stands a number, and one behind the last. */
static ll_status set_list(const ll_option *o, ll_list *list, const char *text, const char *where, ll_error *err) {
    char item[NUMBER], at[512];
    list->n = 0;
    if (!*text) return LL_OK;
    snprintf(at, sizeof at, "%.400s: %s", where, o->key);
    for (const char *p = text;; p++) {
        p += strspn(p, " ");
        size_t n = strcspn(p, ","), used = n;
        while (used > 0 && p[used - 1] == ' ') used--;
        LL_TRY(ll_word_copy(item, sizeof item, p, used, at, err));
        LL_TRY(add_number(o, list, item, where, err));
        p += n;
        if (!*p) return LL_OK;
    }
}

static ll_status set_value(const ll_option *o, void *object, const char *text, const char *where, ll_error *err) {
    void *at = field(o, object);
    double v = 0;
    switch (o->type) {
    case LL_OPT_INT:
        LL_TRY(set_number(o, &v, text, where, err));
        if (v != floor(v) || fabs(v) > 9e15) return bad(err, where, o->key, text, "a whole number");
        *(int64_t *)at = (int64_t)v;
        return LL_OK;
    case LL_OPT_REAL:
    case LL_OPT_DURATION:
    case LL_OPT_BYTES:
    case LL_OPT_MONEY: return set_number(o, at, text, where, err);
    case LL_OPT_BOOL:
        if (strcmp(text, "true") && strcmp(text, "false")) return bad(err, where, o->key, text, "true or false");
        *(bool *)at = text[0] == 't';
        return LL_OK;
    case LL_OPT_TEXT:
    case LL_OPT_TEXTS:
        if (strlen(text) >= LL_OPTION_TEXT) return bad(err, where, o->key, text, "a shorter text");
        strcpy(at, text);
        return LL_OK;
    case LL_OPT_NAME:
        if (strlen(text) >= LL_OPTION_NAME || (o->names && !has_word(o->names, text, strlen(text)))) {
            char want[320], hint[LL_NEAREST_HINT];
            ll_nearest near = { .word = text };
            ll_nearest_try_all(&near, o->names);
            snprintf(want, sizeof want, "%s%s%s", o->names ? "one of: " : "",
                     o->names ? o->names : "a word of at most 31 letters", ll_nearest_hint(&near, hint));
            return bad(err, where, o->key, text, want);
        }
        strcpy(at, text);
        return LL_OK;
    case LL_OPT_LIST: return set_list(o, at, text, where, err);
    }
    return LL_OK;
}

/* ---- the table ---- */

ll_status ll_options_default(const ll_option *table, int n, void *object, ll_error *err) {
    for (int i = 0; i < n; i++) LL_TRY(set_value(&table[i], object, table[i].preset, "default", err));
    return LL_OK;
}

static const ll_option *find(const ll_option *table, int n, const char *key) {
    for (int i = 0; i < n; i++)
        if (strcmp(table[i].key, key) == 0) return &table[i];
    return NULL;
}

static ll_status unknown(const ll_option *table, int n, const char *key, const char *where, ll_error *err) {
    char hint[LL_NEAREST_HINT];
    ll_nearest near = { .word = key };
    for (int i = 0; i < n; i++) ll_nearest_try(&near, table[i].key);
    return LL_FAIL(err, LL_EINPUT, "%s: unknown key '%.80s'%s", where, key, ll_nearest_hint(&near, hint));
}

ll_status ll_options_set(const ll_option *table, int n, void *object, const char *key, const char *text,
                         const char *where, ll_error *err) {
    const ll_option *o = find(table, n, key);
    return o ? set_value(o, object, text, where, err) : unknown(table, n, key, where, err);
}

static ll_status bind_list(const ll_option *o, ll_list *list, const ll_yaml_node *node, const char *where,
                           ll_error *err) {
    list->n = 0;
    for (const ll_yaml_node *c = node->child; c; c = c->next) {
        if (c->kind != LL_YAML_SCALAR) return bad(err, where, o->key, "...", "a list of numbers");
        LL_TRY(add_number(o, list, c->text, where, err));
    }
    return LL_OK;
}

/* {from: 1e6, to: 1e9, n: 7}: n numbers from the one to the other, in equal factors, or with log: false in equal
 * steps. */
typedef struct range {
    double from, to;
    int64_t n;
    bool log;
} range;

static const ll_option range_keys[] = {
    { "from", LL_OPT_REAL, offsetof(range, from), "0", "the first" },
    { "to", LL_OPT_REAL, offsetof(range, to), "0", "the last" },
    { "n", LL_OPT_INT, offsetof(range, n), "0", "how many", .min = 2, .max = LL_OPTION_LIST },
    { "log", LL_OPT_BOOL, offsetof(range, log), "true", "in equal factors" },
};
enum { RANGE_KEYS = sizeof range_keys / sizeof *range_keys, NEEDED = 3 };

static ll_status read_range(const ll_option *o, range *r, const ll_yaml_node *node, const char *where,
                            ll_error *err) {
    bool there[RANGE_KEYS] = { false };
    *r = (range) { .log = true };
    for (const ll_yaml_node *c = node->child; c; c = c->next) {
        const ll_option *key = find(range_keys, RANGE_KEYS, c->key);
        if (!key || c->kind != LL_YAML_SCALAR) return bad(err, where, o->key, c->key, "a range {from, to, n, log}");
        LL_TRY(set_value(key, r, c->text, where, err));
        there[key - range_keys] = true;
    }
    for (int i = 0; i < NEEDED; i++)
        if (!there[i]) return bad(err, where, o->key, "...", "a range with from, to and n");
    if (r->log && !(r->from > 0 && r->to > 0))
        return bad(err, where, o->key, "...", "a range above 0, or log: false");
    return LL_OK;
}

static ll_status bind_range(const ll_option *o, ll_list *list, const ll_yaml_node *node, const char *where,
                            ll_error *err) {
    range r;
    LL_TRY(read_range(o, &r, node, where, err));
    list->n = r.n;
    for (int64_t i = 0; i < r.n; i++) {
        const double at = (double)i / (double)(r.n - 1);
        double v = r.log ? r.from * pow(r.to / r.from, at) : r.from + (r.to - r.from) * at;
        if (i == 0) v = r.from;
        if (i == r.n - 1) v = r.to;
        list->v[i] = v;
        LL_TRY(check_range(o, v, where, "...", err));
    }
    return LL_OK;
}

static ll_status bind_texts(const ll_option *o, char text[LL_OPTION_TEXT], const ll_yaml_node *node,
                            const char *where, ll_error *err) {
    size_t used = 0;
    *text = 0;
    for (const ll_yaml_node *c = node->child; c; c = c->next) {
        const bool in_map = node->kind == LL_YAML_MAP;
        const char *key = in_map ? c->key : "", *is = in_map ? "=" : "";
        if (c->kind != LL_YAML_SCALAR) return bad(err, where, o->key, "...", "a list of texts");
        if (!in_map && strchr(c->text, ',')) return bad(err, where, o->key, c->text, "a text without a comma");
        const size_t n = strlen(key) + strlen(is) + strlen(c->text) + (used > 0);
        if (used + n >= LL_OPTION_TEXT) return bad(err, where, o->key, c->text, "shorter texts");
        used += (size_t)sprintf(text + used, "%s%s%s%s", used ? "," : "", key, is, c->text);
    }
    return LL_OK;
}

ll_status ll_options_bind(const ll_option *o, void *object, const ll_yaml_node *node, const char *where,
                          ll_error *err) {
    if (node->kind == LL_YAML_SCALAR) return set_value(o, object, node->text, where, err);
    if (node->kind == LL_YAML_LIST && o->type == LL_OPT_LIST)
        return bind_list(o, field(o, object), node, where, err);
    if (node->kind == LL_YAML_MAP && o->type == LL_OPT_LIST)
        return bind_range(o, field(o, object), node, where, err);
    if ((node->kind == LL_YAML_LIST || node->kind == LL_YAML_MAP) && o->type == LL_OPT_TEXTS)
        return bind_texts(o, field(o, object), node, where, err);
    return LL_FAIL(err, LL_EINPUT, "%s: %s must be a single value", where, o->key);
}

/* A map while it is bound. */
typedef struct binder {
    const ll_option *table;
    int n;
    void *object;
    const char *file;
    bool *bound; /* [n]: which rows a key has set */
    ll_error *err;
} binder;

static ll_status bind_leaf(const binder *b, const char *key, const ll_yaml_node *node) {
    char where[512];
    snprintf(where, sizeof where, "%.400s:%d", b->file, node->line);
    const ll_option *o = find(b->table, b->n, key);
    if (!o) return unknown(b->table, b->n, key, where, b->err);
    if (b->bound[o - b->table])
        return LL_FAIL(b->err, LL_EINPUT, "%s: %s stands twice, with and without a dot", where, key);
    b->bound[o - b->table] = true;
    return ll_options_bind(o, b->object, node, where, b->err);
}

static bool is_group(const binder *b, const char *name) {
    size_t n = strlen(name);
    for (int i = 0; i < b->n; i++)
        if (strncmp(b->table[i].key, name, n) == 0 && b->table[i].key[n] == '.') return true;
    return false;
}

static ll_status bind_node(const binder *b, const char *key, const ll_yaml_node *node, const char *skip);

/* group: {name: value}, where no key of the table is as long as the place for both. */
static ll_status bind_group(const binder *b, const char *name, const ll_yaml_node *group, const char *skip) {
    const bool empty = !group->child && !is_group(b, name);
    if (empty || find(b->table, b->n, name)) return bind_leaf(b, name, group);
    for (const ll_yaml_node *c = group->child; c; c = c->next) {
        char key[160];
        snprintf(key, sizeof key, "%.90s.%.64s", name, c->key);
        LL_TRY(bind_node(b, key, c, skip));
    }
    return LL_OK;
}

static ll_status bind_node(const binder *b, const char *key, const ll_yaml_node *node, const char *skip) {
    if (has_word(skip, key, strlen(key))) return LL_OK;
    return node->kind == LL_YAML_MAP ? bind_group(b, key, node, skip) : bind_leaf(b, key, node);
}

static ll_status bind_map(const binder *b, const ll_yaml_node *map, const char *skip) {
    for (const ll_yaml_node *c = map ? map->child : NULL; c; c = c->next) LL_TRY(bind_node(b, c->key, c, skip));
    return LL_OK;
}

ll_status ll_options_yaml(const ll_option *table, int n, void *object, const ll_yaml_node *map, const char *file,
                          const char *skip, ll_error *err) {
    if (map && map->kind != LL_YAML_MAP)
        return LL_FAIL(err, LL_EFORMAT, "%s:%d: expected 'key: value' lines", file, map->line);
    binder b = { table, n, object, file, calloc((size_t)n, sizeof *b.bound), err };
    if (!b.bound) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", file);
    ll_status s = bind_map(&b, map, skip);
    free(b.bound);
    return s;
}

/* ---- the resolved form ---- */

static ll_json *value_json(const ll_option *o, const void *object) {
    const void *at = field_of(o, object);
    switch (o->type) {
    case LL_OPT_INT: return ll_json_int(*(const int64_t *)at);
    case LL_OPT_BOOL: return ll_json_bool(*(const bool *)at);
    case LL_OPT_TEXT:
    case LL_OPT_TEXTS:
    case LL_OPT_NAME: return ll_json_str(at);
    case LL_OPT_LIST: return ll_json_nums(((const ll_list *)at)->v, (size_t)((const ll_list *)at)->n);
    default: return ll_json_num(*(const double *)at);
    }
}

ll_json *ll_options_json(const ll_option *table, int n, const void *object) {
    ll_json *root = ll_json_object();
    for (int i = 0; i < n; i++) {
        const char *name = table[i].key;
        ll_json *group = root;
        for (const char *dot; (dot = strchr(name, '.')); name = dot + 1) {
            char part[64];
            snprintf(part, sizeof part, "%.*s", (int)(dot - name), name);
            group = ll_json_group(group, part);
        }
        ll_json_set(group, name, value_json(&table[i], object));
    }
    return root;
}

/* Shortest text that reads back as the same double. */
static void print_number(FILE *out, double v) {
    char text[LL_NUMBER_TEXT];
    const ll_number_scope scope = ll_number_begin();
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v) break;
    }
    ll_number_end(scope);
    fputs(text, out);
}

static void print_quoted(FILE *out, const char *text) {
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') fputc('\\', out);
        if ((unsigned char)*text < 0x20) fprintf(out, "\\x%02x", (unsigned char)*text);
        else fputc(*text, out);
    }
    fputc('"', out);
}

/* A word that YAML reads as it stands. */
static bool is_plain(const char *text) {
    const char *p = text;
    for (; *p; p++) {
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');
        if (!letter && *p != '_' && *p != '.' && (*p != '-' || p == text)) return false;
    }
    return p > text;
}

static void print_value(FILE *out, const ll_option *o, const void *object) {
    const void *at = field_of(o, object);
    const ll_list *list = at;
    switch (o->type) {
    case LL_OPT_INT: fprintf(out, "%lld", (long long)*(const int64_t *)at); return;
    case LL_OPT_BOOL: fputs(*(const bool *)at ? "true" : "false", out); return;
    case LL_OPT_NAME:
        if (is_plain(at)) fputs(at, out);
        else print_quoted(out, at);
        return;
    case LL_OPT_TEXT:
    case LL_OPT_TEXTS: print_quoted(out, at); return;
    case LL_OPT_LIST:
        fputc('[', out);
        for (int64_t i = 0; i < list->n; i++) {
            if (i) fputs(", ", out);
            print_number(out, list->v[i]);
        }
        fputc(']', out);
        return;
    default: print_number(out, *(const double *)at);
    }
}

/* The lines of the groups that the key is in and the one before it is not, and how far in its own name stands. */
static const char *print_groups(FILE *out, const char *key, const char *before, int *depth) {
    const char *name = key;
    *depth = 0;
    for (const char *dot; (dot = strchr(name, '.')); name = dot + 1, ++*depth)
        if (strncmp(before, key, (size_t)(dot - key + 1)) != 0)
            fprintf(out, "%*s%.*s:\n", 2 * *depth, "", (int)(dot - name), name);
    return name;
}

char *ll_options_text(const ll_option *table, int n, const void *object) {
    ll_printed text;
    FILE *out = ll_printed_open(&text);
    for (int i = 0, depth; out && i < n; i++) {
        const char *name = print_groups(out, table[i].key, i ? table[i - 1].key : "", &depth);
        fprintf(out, "%*s%s: ", 2 * depth, "", name);
        print_value(out, &table[i], object);
        fputc('\n', out);
    }
    return ll_printed_close(&text);
}
