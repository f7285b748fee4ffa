#define _POSIX_C_SOURCE 200809L
#include "base/json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

ll_json *ll_json_object(void) {
    return json_object();
}

ll_json *ll_json_array(void) {
    return json_array();
}

ll_json *ll_json_str(const char *text) {
    json_t *s = json_string(text);
    if (s) return s;
    char *clean = strdup(text);
    if (!clean) return NULL;
    for (char *p = clean; *p; p++)
        if ((unsigned char)*p >= 0x80) *p = '?';
    s = json_string(clean);
    free(clean);
    return s;
}

ll_json *ll_json_num(double v) {
    return isfinite(v) ? json_real(v) : json_null();
}

ll_json *ll_json_int(int64_t v) {
    return json_integer((json_int_t)v);
}

ll_json *ll_json_bool(bool v) {
    return json_boolean(v);
}

ll_json *ll_json_nums(const double *v, size_t n) {
    json_t *a = json_array();
    for (size_t i = 0; i < n; i++) ll_json_push(a, ll_json_num(v[i]));
    return a;
}

ll_json *ll_json_interval(bool there, double lo, double hi) {
    return there ? ll_json_nums((double[]) { lo, hi }, 2) : json_null();
}

void ll_json_free(ll_json *v) {
    json_decref(v);
}

void ll_json_set(ll_json *object, const char *key, ll_json *child) {
    json_object_set_new(object, key, child);
}

void ll_json_set_str(ll_json *object, const char *key, const char *text) {
    ll_json_set(object, key, ll_json_str(text));
}

void ll_json_set_num(ll_json *object, const char *key, double v) {
    ll_json_set(object, key, ll_json_num(v));
}

void ll_json_set_int(ll_json *object, const char *key, int64_t v) {
    ll_json_set(object, key, ll_json_int(v));
}

void ll_json_set_bool(ll_json *object, const char *key, bool v) {
    ll_json_set(object, key, ll_json_bool(v));
}

void ll_json_push(ll_json *array, ll_json *child) {
    json_array_append_new(array, child);
}

ll_json *ll_json_group(ll_json *object, const char *key) {
    json_t *child = json_object_get(object, key);
    if (!child) ll_json_set(object, key, child = json_object());
    return child;
}

ll_json *ll_json_copy(const ll_json *v) {
    return json_deep_copy(v);
}

bool ll_json_equal(const ll_json *a, const ll_json *b) {
    return json_equal(a, b);
}

char *ll_json_text(const ll_json *v, bool indent) {
    size_t flags = JSON_ENCODE_ANY | JSON_REAL_PRECISION(17) | (indent ? JSON_INDENT(2) : 0);
    return json_dumps(v, flags);
}

ll_status ll_json_parse(const char *text, size_t size, const char *where, ll_json **out, ll_error *err) {
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    json_error_t e;
    *out = json_loadb(text, size, flags, &e);
    if (!*out && json_error_code(&e) == json_error_numeric_overflow) /* FLOPs as a whole number above 2^63 */
        *out = json_loadb(text, size, flags | JSON_DECODE_INT_AS_REAL, &e);
    if (*out) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "%s:%d:%d: %s", where, e.line, e.column, e.text);
}

ll_status ll_json_load(const char *path, size_t max, ll_json **out, ll_error *err) {
    char *text;
    size_t size;
    LL_TRY(ll_file_read(path, max, &text, &size, err));
    ll_status s = ll_json_parse(text, size, path, out, err);
    free(text);
    return s;
}

const ll_json *ll_json_get(const ll_json *object, const char *key) {
    return json_object_get(object, key);
}

const char *ll_json_get_str(const ll_json *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

double ll_json_get_num(const ll_json *object, const char *key) {
    return ll_json_as_num(json_object_get(object, key));
}

bool ll_json_get_bool(const ll_json *object, const char *key, bool *v) {
    const json_t *it = json_object_get(object, key);
    *v = json_is_true(it);
    return json_is_boolean(it);
}

int64_t ll_json_get_int(const ll_json *object, const char *key, int64_t otherwise) {
    const json_t *v = json_object_get(object, key);
    return json_is_integer(v) ? (int64_t)json_integer_value(v) : otherwise;
}

size_t ll_json_size(const ll_json *array) {
    return json_array_size(array);
}

const ll_json *ll_json_at(const ll_json *array, size_t i) {
    return json_array_get(array, i);
}

double ll_json_as_num(const ll_json *v) {
    return json_is_number(v) ? json_number_value(v) : NAN;
}

const char *ll_json_as_str(const ll_json *v) {
    return json_string_value(v);
}

const char *ll_json_next(const ll_json *object, const char *key, const ll_json **value) {
    json_t *o = (json_t *)object; /* jansson's iterator is not const, but only reads */
    void *it = key ? json_object_iter_next(o, json_object_iter_at(o, key)) : json_object_iter(o);
    if (!it) return NULL;
    *value = json_object_iter_value(it);
    return json_object_iter_key(it);
}
