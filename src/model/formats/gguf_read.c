#include <stdlib.h>

#include "model/formats/gguf.h"

enum { U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64, TYPES };
enum { MAX_KEYS = 1 << 16, MAX_ARRAY = 1 << 20, MAX_NAME = 1 << 16, MAX_ALIGN = 1 << 20 };

static const int width[TYPES] = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };

/* Those of ggml, for messages; NULL: gone. */
static const char *const kinds[] = { "F32",     "F16",    "Q4_0",    "Q4_1",  NULL,     NULL,    "Q5_0",  "Q5_1",
                                     "Q8_0",    "Q8_1",   "Q2_K",    "Q3_K",  "Q4_K",   "Q5_K",  "Q6_K",  "Q8_K",
                                     "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS",
                                     "I8",      "I16",    "I32",     "I64",   "F64",    "IQ1_M", "BF16" };
enum { KINDS = sizeof kinds / sizeof *kinds };

typedef struct reader {
    const uint8_t *at, *end;
    const char *path;
    ll_error *err;
} reader;

static ll_status cut(const reader *r, const char *what) {
    return LL_FAIL(r->err, LL_EFORMAT, "%s: cut short or damaged: expected %s", r->path, what);
}

static size_t left(const reader *r) {
    return (size_t)(r->end - r->at);
}

/* ---- values ---- */

static ll_status read_whole(reader *r, int bytes, uint64_t *out, const char *what) {
    *out = 0;
    if (left(r) < (size_t)bytes) return cut(r, what);
    memcpy(out, r->at, (size_t)bytes);
    r->at += bytes;
    return LL_OK;
}

/* The caller frees it. */
static ll_status read_text(reader *r, size_t most, char **out, const char *what) {
    uint64_t n;
    LL_TRY(read_whole(r, 8, &n, what));
    if (n > left(r) || n > most || memchr(r->at, 0, (size_t)n)) return cut(r, what);
    *out = malloc((size_t)n + 1);
    if (!*out) return LL_FAIL(r->err, LL_ENOMEM, "%s: out of memory", r->path);
    memcpy(*out, r->at, (size_t)n);
    (*out)[n] = 0;
    r->at += n;
    return LL_OK;
}

static ll_status skip_text(reader *r) {
    uint64_t n;
    LL_TRY(read_whole(r, 8, &n, "a text"));
    if (n > left(r)) return cut(r, "a text");
    r->at += n;
    return LL_OK;
}

static ll_json *number_json(uint64_t bits, uint32_t type) {
    double wide;
    switch (type) {
    case I8: return ll_json_int((int8_t)bits);
    case I16: return ll_json_int((int16_t)bits);
    case I32: return ll_json_int((int32_t)bits);
    case F32: return ll_json_num((double)ll_float_of_bits((uint32_t)bits));
    case F64: return memcpy(&wide, &bits, sizeof wide), ll_json_num(wide);
    case BOOL: return ll_json_bool(bits != 0);
    default: return bits > INT64_MAX ? ll_json_num((double)bits) : ll_json_int((int64_t)bits);
    }
}

static ll_status read_single(reader *r, uint32_t type, ll_json **out) {
    uint64_t bits;
    char *text;
    if (type != STRING) {
        LL_TRY(read_whole(r, width[type], &bits, "a value"));
        *out = number_json(bits, type);
        return LL_OK;
    }
    LL_TRY(read_text(r, left(r), &text, "a text without zero bytes"));
    *out = ll_json_str(text);
    free(text);
    return LL_OK;
}

/* Those that nobody here asks for, such as the scores of tokens. */
static ll_status skip_array(reader *r, uint32_t type, uint64_t n) {
    if (type != STRING) {
        if (n > left(r) / (size_t)width[type]) return cut(r, "an array");
        r->at += n * (size_t)width[type];
        return LL_OK;
    }
    for (uint64_t i = 0; i < n; i++) LL_TRY(skip_text(r));
    return LL_OK;
}

static ll_status fill_array(reader *r, uint32_t type, uint64_t n, ll_json *out) {
    for (uint64_t i = 0; i < n; i++) {
        ll_json *one;
        LL_TRY(read_single(r, type, &one));
        ll_json_push(out, one);
    }
    return LL_OK;
}

static ll_status read_array(reader *r, ll_json **out) {
    uint64_t type, n;
    LL_TRY(read_whole(r, 4, &type, "an array"));
    LL_TRY(read_whole(r, 8, &n, "an array"));
    if (type >= TYPES || type == ARRAY) return cut(r, "an array of numbers or texts");
    if ((type != STRING && type != I32 && type != U32) || n > MAX_ARRAY) return skip_array(r, (uint32_t)type, n);
    *out = ll_json_array();
    return fill_array(r, (uint32_t)type, n, *out);
}

/* ---- keys ---- */

static ll_status read_value(reader *r, ll_json *meta, const char *key) {
    uint64_t type;
    ll_json *value = NULL;
    LL_TRY(read_whole(r, 4, &type, "a key's type"));
    if (type >= TYPES) return cut(r, "a type of values from 0 to 12");
    const ll_status s = type == ARRAY ? read_array(r, &value) : read_single(r, (uint32_t)type, &value);
    if (s != LL_OK || !value || ll_json_get(meta, key)) {
        ll_json_free(value);
        return s != LL_OK || !value
                   ? s
                   : LL_FAIL(r->err, LL_EFORMAT, "%s: the key '%.80s' is there twice", r->path, key);
    }
    ll_json_set(meta, key, value);
    return LL_OK;
}

static ll_status read_keys(reader *r, uint64_t n, ll_json *meta) {
    for (uint64_t i = 0; i < n; i++) {
        char *key;
        LL_TRY(read_text(r, MAX_NAME, &key, "a key"));
        const ll_status s = read_value(r, meta, key);
        free(key);
        if (s != LL_OK) return s;
    }
    return LL_OK;
}

/* ---- tensors ---- */

static ll_status read_shape(reader *r, ll_named *t) {
    uint64_t dims, size, n = 1;
    LL_TRY(read_whole(r, 4, &dims, "a tensor's dimensions"));
    if (dims < 1 || dims > LL_NAMED_DIMS) return cut(r, "a tensor of 1 to 4 dimensions");
    t->dims = (int)dims;
    for (int i = t->dims - 1; i >= 0; i--) {
        LL_TRY(read_whole(r, 8, &size, "a tensor's shape"));
        if (size < 1 || size > INT64_MAX / 8 / n) return cut(r, "a tensor's shape");
        n *= size;
        t->shape[i] = (int64_t)size;
    }
    return LL_OK;
}

static ll_number_kind kind_of(uint64_t type) {
    return type == 0 ? LL_NUMBER_F32 : type == 1 ? LL_NUMBER_F16 : type == 30 ? LL_NUMBER_BF16 : LL_NUMBER_OTHER;
}

/* Its offset stays in *offset until the data's place is known. */
static ll_status read_tensor(reader *r, ll_named *t, uint64_t *offset) {
    uint64_t type;
    char *name;
    *t = (ll_named) { 0 };
    LL_TRY(read_text(r, sizeof t->name - 1, &name, "a tensor's name of at most 127 bytes"));
    strcpy(t->name, name);
    free(name);
    LL_TRY(read_shape(r, t));
    LL_TRY(read_whole(r, 4, &type, "a tensor's type"));
    LL_TRY(read_whole(r, 8, offset, "a tensor's offset"));
    t->kind = kind_of(type);
    if (type < KINDS && kinds[type]) snprintf(t->kind_name, sizeof t->kind_name, "%s", kinds[type]);
    else snprintf(t->kind_name, sizeof t->kind_name, "type %u", (unsigned)(type & 0xFFFF));
    return LL_OK;
}

/* data: where offsets count from. */
static ll_status place(const reader *r, ll_named *t, uint64_t offset, const uint8_t *data, int64_t *unclaimed) {
    const size_t size = data <= r->end ? (size_t)(r->end - data) : 0;
    const int64_t bytes = ll_named_size(t) * ll_number_bytes(t->kind);
    if (t->kind == LL_NUMBER_OTHER) return LL_OK;
    *unclaimed -= bytes;
    if (offset > size || (uint64_t)bytes > size - offset || *unclaimed < 0)
        return cut(r, "the numbers of every tensor");
    t->at = data + offset;
    return LL_OK;
}

static ll_status read_tensors(reader *r, const uint8_t *begin, uint64_t n, int64_t align, ll_tensors *out,
                              uint64_t *offset) {
    for (uint64_t i = 0; i < n; i++) {
        ll_named t;
        LL_TRY(read_tensor(r, &t, &offset[i]));
        LL_TRY(ll_tensors_push(out, &t, r->err));
    }
    const int64_t used = r->at - begin, padded = (used + align - 1) / align * align;
    if (padded > r->end - begin) return n ? cut(r, "the tensors") : LL_OK;
    int64_t unclaimed = r->end - begin;
    for (uint64_t i = 0; i < n; i++) LL_TRY(place(r, &out->of[i], offset[i], begin + padded, &unclaimed));
    return ll_tensors_sort(out, r->path, r->err);
}

/* ---- the file ---- */

static ll_status read_all(reader *r, ll_tensors *out, ll_json *meta) {
    const uint8_t *begin = r->at;
    uint64_t version, tensors, keys;
    if (left(r) < 4 || memcmp(r->at, "GGUF", 4) != 0)
        return LL_FAIL(r->err, LL_EFORMAT, "%s: not a GGUF file", r->path);
    r->at += 4;
    LL_TRY(read_whole(r, 4, &version, "a version"));
    if (version != 2 && version != 3)
        return LL_FAIL(r->err, LL_EFORMAT, "%s: version %u of GGUF, expected 2 or 3, little-endian", r->path,
                       (unsigned)version);
    LL_TRY(read_whole(r, 8, &tensors, "the number of tensors"));
    LL_TRY(read_whole(r, 8, &keys, "the number of keys"));
    if (tensors > LL_TENSORS_MAX || keys > MAX_KEYS)
        return LL_FAIL(r->err, LL_EFORMAT, "%s: %llu tensors and %llu keys, expected at most %d of each", r->path,
                       (unsigned long long)tensors, (unsigned long long)keys, MAX_KEYS);
    LL_TRY(read_keys(r, keys, meta));
    const int64_t align = ll_json_get_int(meta, "general.alignment", 32);
    if (align < 1 || align > MAX_ALIGN) return cut(r, "general.alignment from 1 to 1048576");
    uint64_t *offset = calloc((size_t)tensors + 1, sizeof *offset);
    if (!offset) return LL_FAIL(r->err, LL_ENOMEM, "%s: out of memory", r->path);
    const ll_status s = read_tensors(r, begin, tensors, align, out, offset);
    free(offset);
    return s;
}

ll_status ll_gguf_read(ll_tensors *out, ll_json **meta, const char *path, ll_error *err) {
    const ll_map *map;
    *meta = NULL;
    LL_TRY(ll_tensors_map(out, path, &map, err));
    reader r = { map->data, (const uint8_t *)map->data + map->size, path, err };
    *meta = ll_json_object();
    const ll_status s = read_all(&r, out, *meta);
    if (s == LL_OK) return LL_OK;
    ll_json_free(*meta);
    *meta = NULL;
    return s;
}
