/* Options: one table gives the struct's fields, the flags, the YAML keys, the defaults, the help,
 * the JSON and the hash.
 *
 *     typedef struct train { int64_t steps; double lr; char schedule[16]; } train;
 *     static const ll_option table[] = {
 *         { "train.steps", LL_OPT_INT, offsetof(train, steps), "1000", "steps to take", .min = 1 },
 *         { "train.lr", LL_OPT_REAL, offsetof(train, lr), "0.003", "peak learning rate", .min = 0 },
 *         { "train.schedule", LL_OPT_NAME, offsetof(train, schedule), "cosine", "shape",
 *           .names = "cosine wsd constant" },
 *     };
 *     LL_TRY(ll_options_default(table, COUNT, &t, err));
 *     LL_TRY(ll_options_yaml(table, COUNT, &t, root, "demo.yaml", err));     train: {lr: 1e-3}
 *     LL_TRY(ll_options_set(table, COUNT, &t, "train.lr", "1e-3", "--train.lr", err));
 *
 * The dots of a key are between groups and name; keys of a group stand together. Values are read by units.h, so 70B
 * and 1e9 work.
 */
#ifndef LL_BASE_DOCUMENT_OPTION_H
#define LL_BASE_DOCUMENT_OPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/document/json.h"
#include "base/document/yaml.h"
#include "loglog/error.h"

enum { LL_OPTION_TEXT = 1024, LL_OPTION_NAME = 32, LL_OPTION_LIST = 1024 };

typedef struct ll_list { /* the field of an LL_OPT_LIST */
    int64_t n;
    double v[LL_OPTION_LIST];
} ll_list;

typedef enum ll_option_type {
    LL_OPT_INT = 1, /* int64_t */
    LL_OPT_REAL,    /* double */
    LL_OPT_BOOL,    /* bool: true or false; as a flag it may stand alone */
    LL_OPT_TEXT,    /* char[LL_OPTION_TEXT] */
    LL_OPT_NAME,    /* char[LL_OPTION_NAME], one word of names where names is given */
    LL_OPT_TEXTS,   /* char[LL_OPTION_TEXT], texts with commas between: [a, b] in YAML, a,b as a flag; a map
                        {a: 1, b: 2} is a=1,b=2 */
    LL_OPT_LIST, /* ll_list of numbers: [1, 2] in YAML, 1,2 as a flag; in YAML also a range, {from: 1e6, to: 1e9, n: 7}
                        in equal factors, or with log: false in equal steps */
    LL_OPT_DURATION, /* double, seconds */
    LL_OPT_BYTES,    /* double, bytes */
    LL_OPT_MONEY     /* double, dollars */
} ll_option_type;

typedef struct ll_option {
    const char *key; /* the YAML path; "--" in front makes the flag */
    ll_option_type type;
    size_t offset;
    const char *preset; /* the default, written as a user would */
    const char *help;
    const char *names; /* of LL_OPT_NAME, separated by blanks */
    double min, max;   /* of numbers; both 0: unbounded */
    bool min_open;     /* the value must be above min, not at it */
} ll_option;

/* The tables of one YAML form, for who shows them: at is where the keys stand, "levels[].lines[]", or "". */
typedef struct ll_option_form {
    const char *at;
    const ll_option *rows;
    int n;
} ll_option_form;

ll_status ll_options_default(const ll_option *table, int n, void *object, ll_error *err);

/* where names the value's source in the error: a flag, or file:line. Unknown keys are LL_EINPUT
 * with the nearest known key. */
ll_status ll_options_set(const ll_option *table, int n, void *object, const char *key, const char *text,
                         const char *where, ll_error *err);

/* One value: a scalar as the flag would say it, or of an LL_OPT_LIST or LL_OPT_TEXTS a list of scalars. */
ll_status ll_options_bind(const ll_option *option, void *object, const ll_yaml_node *node, const char *where,
                          ll_error *err);

/* Binds a whole map; unknown keys, wrong types and bad values name file and line, and so does a key that stands
 * there twice, as group: {name: } and as group.name. Keys listed in skip (blank-separated, may be NULL) belong to
 * someone else. */
ll_status ll_options_yaml(const ll_option *table, int n, void *object, const ll_yaml_node *map, const char *file,
                          const char *skip, ll_error *err);

/* Defaults, then the YAML file at path, of at most max_bytes. what names it where it is empty: "a run spec". */
ll_status ll_options_load(const ll_option *table, int n, void *object, const char *path, size_t max_bytes,
                          const char *what, ll_error *err);

/* The resolved form, in table order: JSON with groups as objects, or YAML text that the caller frees
 * (NULL when out of memory). */
ll_json *ll_options_json(const ll_option *table, int n, const void *object);
char *ll_options_text(const ll_option *table, int n, const void *object);

#endif
