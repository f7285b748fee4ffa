#define _POSIX_C_SOURCE 200809L
#include "base/document/json.h"

#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "base/system/starved.h"

/* ---- damage: a container that could not take a child is marked in the top bit of its count of owners ---- */

static const size_t DAMAGED = SIZE_MAX / 2 + 1;
static atomic_llong damages; /* marks that are set in the process; mostly none, and nothing is walked */

static void mark(json_t *v) {
    if (!v || v->refcount & DAMAGED) return;
    v->refcount |= DAMAGED;
    atomic_fetch_add(&damages, 1);
}

/* Whether no part of the tree is marked; with unmark the marks are taken off. */
static bool walk(json_t *v, bool unmark) {
    bool container = json_is_object(v) || json_is_array(v), whole = !container || !(v->refcount & DAMAGED);
    if (!whole && unmark) {
        v->refcount &= ~DAMAGED;
        atomic_fetch_sub(&damages, 1);
    }
    for (size_t i = 0; i < json_array_size(v); i++) whole &= walk(json_array_get(v, i), unmark);
    for (void *it = json_object_iter(v); it; it = json_object_iter_next(v, it))
        whole &= walk(json_object_iter_value(it), unmark);
    return whole;
}

static bool is_whole(const json_t *v) {
    return atomic_load(&damages) == 0 || walk((json_t *)v, false);
}

/* A child that found no place may still be filled by who made it: kept until the damaged document is freed. */
enum { ORPHANS = 256 };
static _Thread_local json_t *orphans[ORPHANS];
static _Thread_local int n_orphans;

static void keep(json_t *child) {
    if (!json_is_object(child) && !json_is_array(child)) json_decref(child);
    else if (n_orphans < ORPHANS) orphans[n_orphans++] = child; /* above that they are leaked */
}

static void release(json_t *v) {
    walk(v, true);
    json_decref(v);
}

/* ---- values ---- */

ll_json *ll_json_object(void) {
    return ll_counted(json_object());
}

ll_json *ll_json_array(void) {
    return ll_counted(json_array());
}

ll_json *ll_json_str(const char *text) {
    json_t *s = json_string(text);
    if (s) return s;
    char *clean = strdup(text);
    if (!clean) return ll_counted(NULL);
    for (char *p = clean; *p; p++)
        if ((unsigned char)*p >= 0x80) *p = '?';
    s = ll_counted(json_string(clean));
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
    if (v && is_whole(v)) return json_decref(v);
    release(v);
    while (n_orphans > 0) release(orphans[--n_orphans]);
}

void ll_json_set(ll_json *object, const char *key, ll_json *child) {
    bool done = child && json_object_set(object, key, child) == 0;
    if (child && !done) { /* a key that is no UTF-8, too, becomes one */
        json_t *clean = ll_json_str(key);
        done = clean && json_object_set(object, json_string_value(clean), child) == 0;
        json_decref(clean);
    }
    if (done) return json_decref(child);
    keep(child);
    mark(object);
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
    if (child && json_array_append(array, child) == 0) return json_decref(child);
    keep(child);
    mark(array);
}

void ll_json_drop(ll_json *object, const char *key) {
    json_object_del(object, key);
}

ll_json *ll_json_group(ll_json *object, const char *key) {
    json_t *child = json_object_get(object, key);
    if (!child) ll_json_set(object, key, child = json_object());
    return child;
}

/* jansson's copy leaves out what it has no memory for. */
ll_json *ll_json_copy(const ll_json *v) {
    json_t *copy = is_whole(v) ? json_deep_copy(v) : NULL;
    if (copy && json_equal(copy, v)) return copy;
    json_decref(copy);
    return v ? ll_counted(NULL) : NULL; /* a document may go on without the part, and must not be the answer */
}

bool ll_json_equal(const ll_json *a, const ll_json *b) {
    return json_equal(a, b);
}

/* ---- writing: jansson's own text goes on without a key that its buffer could not take ---- */

typedef struct text {
    char *at;
    size_t used, room;
    bool failed;
} text;

static int append(const char *bytes, size_t n, void *ctx) {
    text *t = ctx;
    if (t->failed) return -1;
    if (n >= t->room - t->used) {
        size_t room = 2 * t->room + n + 256;
        char *bigger = realloc(t->at, room);
        if (!bigger) return t->failed = true, -1;
        t->at = bigger;
        t->room = room;
    }
    memcpy(t->at + t->used, bytes, n);
    t->at[t->used += n] = 0;
    return 0;
}

char *ll_json_text(const ll_json *v, bool indent) {
    size_t flags = JSON_ENCODE_ANY | JSON_REAL_PRECISION(17) | (indent ? JSON_INDENT(2) : 0);
    text t = { 0 };
    if (is_whole(v) && json_dump_callback(v, append, &t, flags) == 0 && !t.failed) return t.at;
    free(t.at);
    return NULL;
}

/* ---- reading ----
 * jansson's reader does not look whether the buffer of a token could grow: a number is cut short, and a text that
 * is too long for the buffer is read beyond its end. So what fails to be allocated while it reads comes out of a
 * spare block that is taken beforehand, the input ends there, and the result is thrown away. */

enum { CHUNK = 64, SPARE = 1 << 16 };

typedef struct reading {
    const char *text;
    size_t left;
    char *spare;
    size_t size, used;
    bool starved;
} reading;

static _Thread_local reading *reads; /* what this thread reads now, or NULL */
static json_malloc_t host_malloc;
static json_free_t host_free;

static void *take(size_t size) {
    void *block = host_malloc(size);
    reading *r = reads;
    if (block || !r) return block;
    r->starved = true;
    size_t need = (size + 15) / 16 * 16;
    if (need < size || need > r->size - r->used) return NULL;
    r->used += need;
    return r->spare + r->used - need;
}

static void give(void *block) {
    const uintptr_t at = (uintptr_t)block, spare = reads ? (uintptr_t)reads->spare : 0;
    if (reads && at >= spare && at - spare < reads->size) return;
    host_free(block);
}

static void hook(void) {
    json_get_alloc_funcs(&host_malloc, &host_free);
    json_set_alloc_funcs(take, give);
}

static size_t next_chunk(void *out, size_t size, void *ctx) {
    reading *r = ctx;
    size_t n = r->left < CHUNK ? r->left : CHUNK;
    if (r->starved) return 0;
    if (n > size) n = size;
    memcpy(out, r->text, n);
    r->text += n;
    r->left -= n;
    return n;
}

/* NULL and *starved when memory ran out, NULL and e when the text is none. */
static json_t *read_text(const char *text, size_t size, size_t flags, bool *starved, json_error_t *e) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, hook);
    reading r = { .text = text, .left = size, .size = 4 * size + SPARE };
    r.spare = malloc(r.size);
    *starved = !r.spare;
    if (!r.spare) return NULL;
    reads = &r;
    json_t *v = json_load_callback(next_chunk, &r, flags, e);
    *starved = r.starved || (!v && json_error_code(e) == json_error_out_of_memory);
    if (*starved) {
        json_decref(v);
        v = NULL;
    }
    reads = NULL;
    free(r.spare);
    return v;
}

static json_t *whole(const json_t *v) {
    const double real = json_is_real(v) ? json_real_value(v) : 0.5;
    return fabs(real) <= 0x1p53 && real == floor(real) ? json_integer((json_int_t)real) : NULL;
}

/* Beside a number above 2^63 all are read as reals: those that are whole become so again. */
static void make_whole(json_t *v) {
    const char *key;
    json_t *child;
    size_t i;
    void *next;
    json_object_foreach_safe(v, next, key, child) {
        json_t *number = whole(child);
        if (number) json_object_set_new(v, key, number);
        else make_whole(child);
    }
    json_array_foreach(v, i, child) {
        json_t *number = whole(child);
        if (number) json_array_set_new(v, i, number);
        else make_whole(child);
    }
}

ll_status ll_json_parse(const char *text, size_t size, const char *where, ll_json **out, ll_error *err) {
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    json_error_t e = { 0 };
    bool starved;
    *out = read_text(text, size, flags, &starved, &e);
    if (!*out && !starved && json_error_code(&e) == json_error_numeric_overflow) /* FLOPs above 2^63 */
        make_whole(*out = read_text(text, size, flags | JSON_DECODE_INT_AS_REAL, &starved, &e));
    if (*out) return LL_OK;
    if (starved) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", where);
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

ll_status ll_json_read_text(const ll_json *object, const char *key, const char *what, char *to, size_t size,
                            ll_error *err) {
    const char *text = ll_json_get_str(object, key);
    if (!text) return LL_FAIL(err, LL_EFORMAT, "%s: %s is missing, expected a text", what, key);
    if (strlen(text) >= size)
        return LL_FAIL(err, LL_EFORMAT, "%s: %s is longer than %zu bytes", what, key, size - 1);
    strcpy(to, text);
    return LL_OK;
}

double ll_json_get_num(const ll_json *object, const char *key) {
    return ll_json_as_num(json_object_get(object, key));
}

bool ll_json_get_bool(const ll_json *object, const char *key, bool *v) {
    return ll_json_as_bool(json_object_get(object, key), v);
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

bool ll_json_as_bool(const ll_json *v, bool *truth) {
    *truth = json_is_true(v);
    return json_is_boolean(v);
}

ll_json_kind ll_json_kind_of(const ll_json *v) {
    if (!v) return LL_JSON_NONE;
    if (json_is_null(v)) return LL_JSON_NULL;
    return json_is_object(v) ? LL_JSON_OBJECT : json_is_array(v) ? LL_JSON_ARRAY : LL_JSON_SINGLE;
}

const char *ll_json_next(const ll_json *object, const char *key, const ll_json **value) {
    json_t *o = (json_t *)object; /* jansson's iterator is not const, but only reads */
    void *it = key ? json_object_iter_next(o, json_object_iter_at(o, key)) : json_object_iter(o);
    if (!it) return NULL;
    *value = json_object_iter_value(it);
    return json_object_iter_key(it);
}

ll_status ll_json_answer(ll_json *doc, int64_t starved, char **text, ll_error *err) {
    *text = ll_json_text(doc, true);
    ll_json_free(doc);
    if (*text && ll_starved() == starved) return LL_OK;
    free(*text);
    *text = NULL;
    return LL_FAIL(err, LL_ENOMEM, "out of memory");
}
