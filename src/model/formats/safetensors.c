#define _POSIX_C_SOURCE 200809L
#include "model/formats/safetensors.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/document/json.h"

enum { MAX_HEADER = 16 << 20, MAX_INDEX = 16 << 20 };

/* ---- one file ---- */

static ll_number_kind kind_named(const char *name) {
    if (strcmp(name, "F32") == 0) return LL_NUMBER_F32;
    if (strcmp(name, "F16") == 0) return LL_NUMBER_F16;
    return strcmp(name, "BF16") == 0 ? LL_NUMBER_BF16 : LL_NUMBER_OTHER;
}

static bool read_shape(ll_named *t, const ll_json *shape) {
    const size_t dims = ll_json_size(shape);
    int64_t n = 1;
    if (ll_json_kind_of(shape) != LL_JSON_ARRAY || dims > LL_NAMED_DIMS) return false;
    for (size_t i = 0; i < dims; i++) {
        const double v = ll_json_as_num(ll_json_at(shape, i));
        if (!(v >= 1 && v < 1e12) || v != (double)(int64_t)v || (double)n * v > 1e15) return false;
        n *= t->shape[i] = (int64_t)v;
    }
    t->dims = (int)dims;
    return true;
}

/* *left: bytes of the file that no tensor has claimed. */
static bool read_place(ll_named *t, const ll_json *offsets, const uint8_t *data, size_t size, int64_t *left) {
    const double from = ll_json_as_num(ll_json_at(offsets, 0)), to = ll_json_as_num(ll_json_at(offsets, 1));
    if (ll_json_size(offsets) != 2 || !(from >= 0 && from <= to && to <= (double)size)) return false;
    if (t->kind == LL_NUMBER_OTHER) return true;
    const int64_t bytes = ll_named_size(t) * ll_number_bytes(t->kind);
    t->at = data + (int64_t)from;
    *left -= bytes;
    return (double)bytes == to - from && *left >= 0;
}

static ll_status read_tensor(ll_named *t, const char *name, const ll_json *said, const uint8_t *data, size_t size,
                             int64_t *left, const char *path, ll_error *err) {
    const char *kind = ll_json_get_str(said, "dtype");
    *t = (ll_named) { 0 };
    if (snprintf(t->name, sizeof t->name, "%s", name) >= (int)sizeof t->name)
        return LL_FAIL(err, LL_EFORMAT, "%s: a tensor's name is longer than %d: '%.40s...'", path,
                       LL_NAMED_NAME - 1, name);
    snprintf(t->kind_name, sizeof t->kind_name, "%s", kind ? kind : "none");
    t->kind = kind ? kind_named(kind) : LL_NUMBER_OTHER;
    if (read_shape(t, ll_json_get(said, "shape")) &&
        read_place(t, ll_json_get(said, "data_offsets"), data, size, left))
        return LL_OK;
    return LL_FAIL(err, LL_EFORMAT,
                   "%s: '%s': expected dtype, shape and data_offsets that agree and lie within %zu bytes", path,
                   name, size);
}

static ll_status add_all(ll_tensors *out, const ll_json *header, const uint8_t *data, size_t size, const char *path,
                         ll_error *err) {
    const ll_json *said;
    int64_t left = (int64_t)size;
    for (const char *name = ll_json_next(header, NULL, &said); name; name = ll_json_next(header, name, &said)) {
        ll_named t;
        if (strcmp(name, "__metadata__") == 0) continue;
        LL_TRY(read_tensor(&t, name, said, data, size, &left, path, err));
        LL_TRY(ll_tensors_push(out, &t, err));
    }
    return LL_OK;
}

ll_status ll_safetensors_add(ll_tensors *out, const char *path, ll_error *err) {
    const ll_map *map;
    uint64_t length = 0;
    ll_json *header;
    LL_TRY(ll_tensors_map(out, path, &map, err));
    const uint8_t *data = map->data;
    const size_t size = map->size;
    if (size >= 8) memcpy(&length, data, 8);
    if (size < 8 || length > MAX_HEADER || length > size - 8)
        return LL_FAIL(err, LL_EFORMAT, "%s: not a safetensors file", path);
    LL_TRY(ll_json_parse((const char *)data + 8, (size_t)length, path, &header, err));
    const ll_status s = add_all(out, header, data + 8 + length, size - 8 - (size_t)length, path, err);
    ll_json_free(header);
    return s;
}

/* ---- a folder ---- */

/* A name in the folder, and no way out of it. */
static ll_status add_named(ll_tensors *out, const char *folder, const char *file, const char *index,
                           ll_error *err) {
    char path[LL_PATH_MAX];
    if (!file || !*file || strchr(file, '/'))
        return LL_FAIL(err, LL_EFORMAT, "%s: weight_map names '%.80s', expected a file of the folder", index,
                       file ? file : "no text");
    LL_TRY(ll_file_join(path, folder, file, err));
    return ll_safetensors_add(out, path, err);
}

/* *seen: the files so far. */
static ll_status add_files(ll_tensors *out, const char *folder, const ll_json *map, ll_json *seen,
                           const char *index, ll_error *err) {
    const ll_json *value;
    for (const char *key = ll_json_next(map, NULL, &value); key; key = ll_json_next(map, key, &value)) {
        const char *file = ll_json_as_str(value);
        if (file && ll_json_get(seen, file)) continue;
        LL_TRY(add_named(out, folder, file, index, err));
        ll_json_set_bool(seen, file, true);
    }
    return LL_OK;
}

static ll_status add_index(ll_tensors *out, const char *folder, const ll_json *map, const char *index,
                           ll_error *err) {
    const ll_json *value;
    if (ll_json_kind_of(map) != LL_JSON_OBJECT)
        return LL_FAIL(err, LL_EFORMAT, "%s: there is no weight_map", index);
    ll_json *seen = ll_json_object();
    const ll_status s = add_files(out, folder, map, seen, index, err);
    ll_json_free(seen);
    if (s != LL_OK) return s;
    LL_TRY(ll_tensors_sort(out, index, err));
    for (const char *key = ll_json_next(map, NULL, &value); key; key = ll_json_next(map, key, &value))
        if (!ll_tensors_find(out, key))
            return LL_FAIL(err, LL_EFORMAT, "%s: no file has the tensor '%.80s'", index, key);
    return LL_OK;
}

ll_status ll_safetensors_folder(ll_tensors *out, const char *folder, ll_error *err) {
    char path[LL_PATH_MAX], one[LL_PATH_MAX];
    ll_json *index;
    LL_TRY(ll_file_join(one, folder, "model.safetensors", err));
    LL_TRY(ll_file_join(path, folder, "model.safetensors.index.json", err));
    if (access(path, F_OK) != 0) {
        LL_TRY(ll_safetensors_add(out, one, err));
        return ll_tensors_sort(out, one, err);
    }
    LL_TRY(ll_json_load(path, MAX_INDEX, &index, err));
    const ll_status s = add_index(out, folder, ll_json_get(index, "weight_map"), path, err);
    ll_json_free(index);
    return s;
}

/* ---- out ---- */

static ll_json *tensor_json(const ll_part *p, ll_number_kind kind, int64_t *at) {
    ll_json *j = ll_json_object(), *shape = ll_json_array(), *offsets = ll_json_array();
    int64_t dims[2];
    const int n = ll_part_shape(p, dims);
    kind = ll_part_kind(p, kind);
    for (int i = 0; i < n; i++) ll_json_push(shape, ll_json_int(dims[i]));
    ll_json_push(offsets, ll_json_int(*at));
    ll_json_push(offsets, ll_json_int(*at += ll_part_size(p) * ll_number_bytes(kind)));
    ll_json_set_str(j, "dtype", kind == LL_NUMBER_F32 ? "F32" : "BF16");
    ll_json_set(j, "shape", shape);
    ll_json_set(j, "data_offsets", offsets);
    return j;
}

static char *header_text(const ll_part *p, int64_t n, ll_number_kind kind) {
    ll_json *header = ll_json_object();
    int64_t at = 0;
    ll_json_set_str(ll_json_group(header, "__metadata__"), "format", "pt");
    for (int64_t i = 0; i < n; i++) ll_json_set(header, p[i].name, tensor_json(&p[i], kind, &at));
    char *text = ll_json_text(header, false);
    ll_json_free(header);
    return text;
}

static ll_status write_parts(const char *path, const ll_part *p, int64_t n, const ll_real *params,
                             ll_number_kind kind, const char *header, ll_error *err) {
    ll_file f;
    ll_status s = LL_OK;
    const uint64_t length = (strlen(header) + 7) / 8 * 8;
    LL_TRY(ll_file_create(&f, path, err));
    fwrite(&length, sizeof length, 1, f.out);
    fprintf(f.out, "%-*s", (int)length, header);
    for (int64_t i = 0; s == LL_OK && i < n; i++)
        s = ll_part_print(&p[i], params, ll_part_kind(&p[i], kind), f.out, err);
    if (s == LL_OK) return ll_file_commit(&f, err);
    ll_file_abandon(&f);
    return s;
}

ll_status ll_safetensors_write(const char *path, const ll_guest *g, const ll_real *params, ll_number_kind kind,
                               ll_error *err) {
    const int64_t n = ll_parts(g, NULL);
    ll_part *p = calloc((size_t)n, sizeof *p);
    if (p) ll_parts(g, p);
    char *header = p ? header_text(p, n, kind) : NULL;
    const ll_status s = header ? write_parts(path, p, n, params, kind, header, err)
                               : LL_FAIL(err, LL_ENOMEM, "%s: out of memory", path);
    free(header);
    free(p);
    return s;
}
