/* JSON over jansson. A tree of values; setters take the child over, getters borrow.
 *
 *     ll_json *o = ll_json_object();
 *     ll_json_set_num(o, "loss", 2.31);
 *     ll_json_set(o, "ci", ll_json_interval(isfinite(lo), lo, hi));
 *     char *text = ll_json_text(o, false);      (free it)
 *     ll_json_free(o);
 *
 * NaN and infinities become null: JSON has no word for them. Out of memory aborts no one: a setter
 * that fails marks its object as damaged, and a tree with a damaged part has no text and no copy; its child lives
 * on until the document is freed, so that who made it may go on filling it.
 */
#ifndef LL_BASE_DOCUMENT_JSON_H
#define LL_BASE_DOCUMENT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loglog/error.h"

typedef struct json_t ll_json;

ll_json *ll_json_object(void);
ll_json *ll_json_array(void);
ll_json *ll_json_str(const char *text); /* bytes that are no UTF-8 become '?' */
ll_json *ll_json_num(double v);
ll_json *ll_json_int(int64_t v);
ll_json *ll_json_bool(bool v);
ll_json *ll_json_nums(const double *v, size_t n);
ll_json *ll_json_interval(bool there, double lo, double hi); /* [lo, hi]; null where there is none */
void ll_json_free(ll_json *v);

void ll_json_set(ll_json *object, const char *key, ll_json *child);
void ll_json_set_str(ll_json *object, const char *key, const char *text);
void ll_json_set_num(ll_json *object, const char *key, double v);
void ll_json_set_int(ll_json *object, const char *key, int64_t v);
void ll_json_set_bool(ll_json *object, const char *key, bool v);
void ll_json_push(ll_json *array, ll_json *child);

void ll_json_drop(ll_json *object, const char *key); /* nothing where the key is absent */

/* The object under key, made empty when absent; borrowed, to be filled. */
ll_json *ll_json_group(ll_json *object, const char *key);

ll_json *ll_json_copy(const ll_json *v); /* deep; NULL when out of memory, which ll_starved counts */
bool ll_json_equal(const ll_json *a, const ll_json *b);

/* One line, or indented by two; the whole tree, or NULL when out of memory, now or while it was made. Keys keep the
 * order they were set in; numbers have 17 digits. */
char *ll_json_text(const ll_json *v, bool indent);

/* The same of a whole answer, indented, and frees it: an error where memory ran out while it was made, for which
 * starved is ll_starved() from before. What the program prints and what the library gives is this text. */
ll_status ll_json_answer(ll_json *doc, int64_t starved, char **text, ll_error *err);

/* where names the source in the error, which also gives line and column. LL_ENOMEM rather than a part of it. */
ll_status ll_json_parse(const char *text, size_t size, const char *where, ll_json **out, ll_error *err);
/* A file of at most max bytes. */
ll_status ll_json_load(const char *path, size_t max, ll_json **out, ll_error *err);

const ll_json *ll_json_get(const ll_json *object, const char *key);     /* NULL when absent */
const char *ll_json_get_str(const ll_json *object, const char *key);    /* NULL when absent or no string */
double ll_json_get_num(const ll_json *object, const char *key);         /* NaN when absent or no number */
bool ll_json_get_bool(const ll_json *object, const char *key, bool *v); /* false when absent or no truth value */
int64_t ll_json_get_int(const ll_json *object, const char *key, int64_t otherwise);

/* Copies the text under key. LL_EFORMAT, which begins with what, where it is absent, no string or does not fit. */
ll_status ll_json_read_text(const ll_json *object, const char *key, const char *what, char *to, size_t size,
                            ll_error *err);

size_t ll_json_size(const ll_json *array);
const ll_json *ll_json_at(const ll_json *array, size_t i);
double ll_json_as_num(const ll_json *v);             /* NaN when no number */
const char *ll_json_as_str(const ll_json *v);        /* NULL when no string */
bool ll_json_as_bool(const ll_json *v, bool *truth); /* false when no truth value */

typedef enum ll_json_kind {
    LL_JSON_NONE = 0,
    LL_JSON_NULL,
    LL_JSON_OBJECT,
    LL_JSON_ARRAY,
    LL_JSON_SINGLE
} ll_json_kind;
ll_json_kind ll_json_kind_of(const ll_json *v); /* NULL is none */

/* Walks an object's keys: start with NULL, ends with NULL. *value is borrowed. */
const char *ll_json_next(const ll_json *object, const char *key, const ll_json **value);

#endif
