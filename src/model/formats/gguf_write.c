#include <stdlib.h>

#include "model/formats/gguf.h"

enum { U32 = 4, I32 = 5, F32 = 6, BOOL = 7, STRING = 8, ARRAY = 9, ALIGN = 32 };

static void put_u32(FILE *out, uint32_t v) {
    fwrite(&v, sizeof v, 1, out);
}

static void put_u64(FILE *out, uint64_t v) {
    fwrite(&v, sizeof v, 1, out);
}

static void put_text(FILE *out, const char *text) {
    put_u64(out, strlen(text));
    fputs(text, out);
}

/* ---- keys ---- */

static void put_array(FILE *out, const ll_json *array) {
    const size_t n = ll_json_size(array);
    const bool numbers = n && !ll_json_as_str(ll_json_at(array, 0));
    put_u32(out, ARRAY);
    put_u32(out, numbers ? I32 : STRING);
    put_u64(out, n);
    for (size_t i = 0; i < n; i++)
        if (numbers) put_u32(out, (uint32_t)(int32_t)ll_json_as_num(ll_json_at(array, i)));
        else put_text(out, ll_json_as_str(ll_json_at(array, i)));
}

static void put_number(FILE *out, const ll_json *meta, const char *key) {
    const int64_t whole = ll_json_get_int(meta, key, -1);
    const float real = (float)ll_json_get_num(meta, key);
    put_u32(out, whole < 0 ? F32 : U32);
    if (whole < 0) fwrite(&real, sizeof real, 1, out);
    else put_u32(out, (uint32_t)whole);
}

static void put_key(FILE *out, const ll_json *meta, const char *key, const ll_json *value) {
    bool truth;
    put_text(out, key);
    if (ll_json_kind_of(value) == LL_JSON_ARRAY) put_array(out, value);
    else if (ll_json_as_str(value)) put_u32(out, STRING), put_text(out, ll_json_as_str(value));
    else if (ll_json_as_bool(value, &truth)) put_u32(out, BOOL), fputc(truth, out);
    else put_number(out, meta, key);
}

/* ---- the file ---- */

static int64_t padding(int64_t at) {
    return (ALIGN - at % ALIGN) % ALIGN;
}

static void put_padding(FILE *out, int64_t n) {
    while (n-- > 0) fputc(0, out);
}

static void put_tensor(FILE *out, const ll_part *p, ll_number_kind kind, int64_t *offset) {
    int64_t shape[2];
    const int dims = ll_part_shape(p, shape);
    kind = ll_part_kind(p, kind);
    put_text(out, p->name);
    put_u32(out, (uint32_t)dims);
    for (int i = dims - 1; i >= 0; i--) put_u64(out, (uint64_t)shape[i]);
    put_u32(out, kind == LL_NUMBER_F32 ? 0 : 30);
    put_u64(out, (uint64_t)*offset);
    *offset += ll_part_size(p) * ll_number_bytes(kind);
    *offset += padding(*offset);
}

static ll_status put_all(FILE *out, const ll_json *meta, const ll_part *p, int64_t n, const ll_real *params,
                         ll_number_kind kind, ll_error *err) {
    const ll_json *value;
    uint64_t keys = 0;
    int64_t offset = 0;
    for (const char *key = ll_json_next(meta, NULL, &value); key; key = ll_json_next(meta, key, &value)) keys++;
    fputs("GGUF", out);
    put_u32(out, 3);
    put_u64(out, (uint64_t)n);
    put_u64(out, keys);
    for (const char *key = ll_json_next(meta, NULL, &value); key; key = ll_json_next(meta, key, &value))
        put_key(out, meta, key, value);
    for (int64_t i = 0; i < n; i++) put_tensor(out, &p[i], kind, &offset);
    put_padding(out, padding(ftell(out)));
    for (int64_t i = 0; i < n; i++) {
        LL_TRY(ll_part_print(&p[i], params, ll_part_kind(&p[i], kind), out, err));
        put_padding(out, padding(ll_part_size(&p[i]) * ll_number_bytes(ll_part_kind(&p[i], kind))));
    }
    return LL_OK;
}

static ll_status write_file(const char *path, const ll_json *meta, const ll_part *p, int64_t n,
                            const ll_real *params, ll_number_kind kind, ll_error *err) {
    ll_file f;
    LL_TRY(ll_file_create(&f, path, err));
    const ll_status s = put_all(f.out, meta, p, n, params, kind, err);
    if (s == LL_OK) return ll_file_commit(&f, err);
    ll_file_abandon(&f);
    return s;
}

ll_status ll_gguf_write(const char *path, const ll_json *meta, const ll_guest *g, const ll_real *params,
                        ll_number_kind kind, ll_error *err) {
    const int64_t n = ll_parts(g, NULL);
    ll_part *p = calloc((size_t)n, sizeof *p);
    if (!p) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", path);
    ll_parts(g, p);
    const ll_status s = write_file(path, meta, p, n, params, kind, err);
    free(p);
    return s;
}
