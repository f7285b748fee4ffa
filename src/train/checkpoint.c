#include "train/checkpoint.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/document/hash.h"
#include "base/document/json.h"
#include "base/system/file.h"
#include "base/words/number.h"

enum { GROUPS = 3, MAX_HEADER = 1 << 20, SEEN = sizeof(ll_train_seen) / sizeof(double) };
static const char *const group_names[GROUPS] = { "param", "adam_m", "adam_v" };

static float *group(const ll_checkpoint *c, int g) {
    return g == 0 ? c->params : g == 1 ? c->m : c->v;
}

/* SHA-256 over what only this file can tell: the metadata's texts, each with its closing zero, and the tensors. */
static const char *hash_of(char hex[LL_HASH_HEX], const ll_json *meta, const void *const data[GROUPS],
                           size_t block) {
    static const char *const keys[] = { "step", "train_loss", "rung", "seen", "model" };
    uint8_t digest[LL_HASH_BYTES];
    ll_hash h;
    ll_hash_init(&h);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *text = ll_json_get_str(meta, keys[i]);
        if (text) ll_hash_update(&h, text, strlen(text) + 1);
    }
    for (int g = 0; g < GROUPS; g++)
        if (data[g]) ll_hash_update(&h, data[g], block);
    ll_hash_final(&h, digest);
    return ll_hash_hex(digest, hex);
}

/* To the last bit, with blanks between. */
static void print_seen(const ll_train_seen *p, char text[32 * SEEN]) {
    double v[SEEN];
    memcpy(v, p, sizeof v);
    for (int i = 0, at = 0; i < SEEN; i++)
        at += snprintf(text + at, (size_t)(32 * SEEN - at), i ? " %a" : "%a", v[i]);
}

static bool read_seen(ll_train_seen *p, const char *text) {
    double v[SEEN];
    char *end;
    for (int i = 0; i < SEEN; i++, text = end) {
        v[i] = ll_number_read(text, &end);
        if (end == text || isnan(v[i])) return false;
    }
    memcpy(p, v, sizeof v);
    return !*text;
}

/* "layers=2 width=64 ...": what the tensors alone do not tell is there as well. */
enum { SIZES = 8, SHAPE_TEXT = 32 * SIZES };
static const struct size {
    const char *name;
    size_t at;
} sizes[SIZES] = {
    { "layers", offsetof(ll_model, layers) },         { "width", offsetof(ll_model, width) },
    { "heads", offsetof(ll_model, heads) },           { "ffw", offsetof(ll_model, ffw) },
    { "context", offsetof(ll_model, context) },       { "vocab", offsetof(ll_model, vocab) },
    { "base_width", offsetof(ll_model, base_width) }, { "base_head", offsetof(ll_model, base_head) },
};

static void print_shape(const ll_model *m, char text[SHAPE_TEXT]) {
    for (int i = 0, n = 0; i < SIZES; i++)
        n += snprintf(text + n, (size_t)(SHAPE_TEXT - n), "%s%s=%" PRId64, i ? " " : "", sizes[i].name,
                      *(const int64_t *)((const char *)m + sizes[i].at));
}

static bool read_shape(ll_model *m, const char *text) {
    for (int i = 0; i < SIZES; i++) {
        const size_t n = strlen(sizes[i].name);
        char *end;
        text += i && *text == ' ';
        if (strncmp(text, sizes[i].name, n) != 0 || text[n] != '=') return false;
        *(int64_t *)((char *)m + sizes[i].at) = strtoll(text + n + 1, &end, 10);
        if (end == text + n + 1) return false;
        text = end;
    }
    return !*text;
}

static ll_json *tensor_json(const ll_tensor *t, int64_t begin) {
    ll_json *j = ll_json_object(), *shape = ll_json_array(), *offsets = ll_json_array();
    if (t->layers > 1) ll_json_push(shape, ll_json_int(t->layers));
    if (t->rows > 1) ll_json_push(shape, ll_json_int(t->rows));
    ll_json_push(shape, ll_json_int(t->cols));
    ll_json_push(offsets, ll_json_int(begin));
    ll_json_push(offsets, ll_json_int(begin + ll_tensor_size(t) * (int64_t)sizeof(float)));
    ll_json_set_str(j, "dtype", "F32");
    ll_json_set(j, "shape", shape);
    ll_json_set(j, "data_offsets", offsets);
    return j;
}

/* Everything but the metadata follows from the model: what is written, and what a reader must find. */
static ll_json *header_json(const ll_checkpoint *c) {
    ll_tensor t[LL_MODEL_MAX_TENSORS];
    int n = ll_model_tensors(c->model, t);
    int64_t at = 0;
    ll_json *h = ll_json_object(), *meta = ll_json_group(h, "__metadata__");
    char text[32 * SEEN], shape[SHAPE_TEXT];
    const ll_number_scope scope = ll_number_begin();
    snprintf(text, sizeof text, "%" PRId64, c->step);
    ll_json_set_str(meta, "format", "loglog.checkpoint/1");
    ll_json_set_str(meta, "family", ll_family_name(c->model->family));
    print_shape(c->model, shape);
    ll_json_set_str(meta, "model", shape);
    ll_json_set_str(meta, "step", text);
    snprintf(text, sizeof text, "%a", c->train_loss);
    ll_json_set_str(meta, "train_loss", text);
    ll_json_set_str(meta, "rung", c->identity);
    print_seen(&c->seen, text);
    if (c->m) ll_json_set_str(meta, "seen", text);
    ll_number_end(scope);
    for (int g = 0; g < GROUPS; g++)
        for (int i = 0; group(c, g) && i < n; i++) {
            char name[64];
            snprintf(name, sizeof name, "%s.%s", group_names[g], t[i].name);
            ll_json_set(h, name, tensor_json(&t[i], at));
            at += ll_tensor_size(&t[i]) * (int64_t)sizeof(float);
        }
    return h;
}

ll_status ll_checkpoint_write(const ll_checkpoint *c, const char *path, ll_error *err) {
    const size_t block = (size_t)ll_model_size(c->model) * sizeof(float);
    char hex[LL_HASH_HEX];
    ll_json *header = header_json(c), *meta = ll_json_group(header, "__metadata__");
    ll_json_set_str(meta, "hash", hash_of(hex, meta, (const void *[]) { c->params, c->m, c->v }, block));
    char *text = ll_json_text(header, false);
    ll_json_free(header);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", path);
    ll_file f;
    ll_status s = ll_file_create(&f, path, err);
    if (s == LL_OK) {
        uint64_t length = (strlen(text) + 7) / 8 * 8; /* the format pads its header with blanks */
        fwrite(&length, sizeof length, 1, f.out);
        fprintf(f.out, "%-*s", (int)length, text);
        for (int g = 0; g < GROUPS; g++)
            if (group(c, g)) fwrite(group(c, g), 1, block, f.out);
        s = ll_file_commit(&f, err);
    }
    free(text);
    return s;
}

/* The whole text is a number, and one that a writer could have meant. */
static bool read_metadata(ll_checkpoint *c, const char *step, const char *loss) {
    char *step_end, *loss_end;
    c->step = strtoll(step, &step_end, 10);
    c->train_loss = ll_number_read(loss, &loss_end);
    return step_end != step && !*step_end && c->step >= 0 && loss_end != loss && !*loss_end &&
           isfinite(c->train_loss);
}

static ll_status check_header(ll_checkpoint *c, const ll_json *found, const char *path, ll_error *err) {
    const ll_json *meta = ll_json_get(found, "__metadata__");
    const char *step = ll_json_get_str(meta, "step"), *loss = ll_json_get_str(meta, "train_loss");
    const char *rung = ll_json_get_str(meta, "rung"), *seen = ll_json_get_str(meta, "seen");
    if (!step || !loss || !rung) return LL_FAIL(err, LL_EFORMAT, "%s: no loglog metadata in the header", path);
    if (c->identity[0] && strcmp(rung, c->identity) != 0)
        return LL_FAIL(err, LL_ESTATE, "%s: belongs to another rung (%.12s, expected %.12s)", path, rung,
                       c->identity);
    if (!read_metadata(c, step, loss))
        return LL_FAIL(err, LL_EFORMAT, "%s: step or train_loss in the header is no number", path);
    if (seen && !read_seen(&c->seen, seen))
        return LL_FAIL(err, LL_EFORMAT, "%s: seen in the header is not %d numbers", path, SEEN);
    snprintf(c->identity, sizeof c->identity, "%s", rung);
    ll_json *expected = header_json(c);
    ll_json_set(expected, "__metadata__", ll_json_copy(meta));
    bool same = ll_json_equal(found, expected);
    ll_json_free(expected);
    return same ? LL_OK : LL_FAIL(err, LL_EFORMAT, "%s: tensors of another model", path);
}

/* Files of before there was a hash have none. */
static ll_status check_hash(const ll_json *found, const void *const data[GROUPS], size_t block, const char *path,
                            ll_error *err) {
    char hex[LL_HASH_HEX];
    const ll_json *meta = ll_json_get(found, "__metadata__");
    const char *hash = ll_json_get_str(meta, "hash");
    if (!hash || strcmp(hash, hash_of(hex, meta, data, block)) == 0) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "%s: damaged: its contents have the hash %.12s, its header says %.12s", path,
                   hex, hash);
}

static ll_status read_found(ll_checkpoint *c, const ll_json *found, const char *at, size_t size, const char *path,
                            bool copy, ll_error *err) {
    const size_t block = (size_t)ll_model_size(c->model) * sizeof(float);
    const void *data[GROUPS] = { 0 };
    size_t want = 0;
    LL_TRY(check_header(c, found, path, err));
    for (int g = 0; g < GROUPS; g++)
        if (group(c, g)) data[g] = at + want, want += block;
    if (size != want)
        return LL_FAIL(err, LL_EFORMAT, "%s: %zu bytes of tensors, expected %zu: cut short?", path, size, want);
    LL_TRY(check_hash(found, data, block, path, err));
    for (int g = 0; g < GROUPS; g++)
        if (data[g] && copy) memcpy(group(c, g), data[g], block);
    return LL_OK;
}

/* *at: behind the header, where the tensors begin. */
static ll_status read_header(const ll_map *m, const char *path, ll_json **found, const char **at, size_t *size,
                             ll_error *err) {
    uint64_t length = 0;
    if (m->size >= 8) memcpy(&length, m->data, 8);
    if (m->size < 8 || length > MAX_HEADER || length > m->size - 8)
        return LL_FAIL(err, LL_EFORMAT, "%s: not a safetensors file", path);
    const char *header = (const char *)m->data + 8;
    *at = header + length;
    *size = m->size - 8 - (size_t)length;
    return ll_json_parse(header, (size_t)length, path, found, err);
}

static ll_status read_mapped(ll_checkpoint *c, const ll_map *m, const char *path, bool copy, ll_error *err) {
    ll_json *found;
    const char *at = NULL;
    size_t size = 0;
    LL_TRY(read_header(m, path, &found, &at, &size, err));
    ll_status s = read_found(c, found, at, size, path, copy, err);
    ll_json_free(found);
    return s;
}

static ll_status read_file(ll_checkpoint *c, const char *path, bool copy, ll_error *err) {
    ll_map m;
    LL_TRY(ll_map_open(&m, path, err));
    ll_status s = read_mapped(c, &m, path, copy, err);
    ll_map_close(&m);
    return s;
}

ll_status ll_checkpoint_read(ll_checkpoint *c, const char *path, ll_error *err) {
    return read_file(c, path, true, err);
}

static ll_status find_model(ll_model *out, const ll_json *meta, size_t size, const char *path, ll_error *err) {
    const char *family = ll_json_get_str(meta, "family"), *shape = ll_json_get_str(meta, "model");
    *out = (ll_model) { 0 };
    if (!family || !shape)
        return LL_FAIL(err, LL_EFORMAT,
                       "%s: its header does not say the model's shape; a file of before it did is "
                       "read with its run, out of the store",
                       path);
    ll_error why = { 0 };
    if (ll_family_named(family, &out->family, &why) != LL_OK || !read_shape(out, shape))
        return LL_FAIL(err, LL_EFORMAT, "%s: the header's model is '%.40s %.200s', expected a family and its sizes",
                       path, family, shape);
    if (ll_model_check(out, &why) != LL_OK) return LL_FAIL(err, LL_EFORMAT, "%s: %.400s", path, why.msg);
    if ((size_t)ll_model_size(out) > size / sizeof(float))
        return LL_FAIL(err, LL_EFORMAT, "%s: %zu bytes of tensors, expected %" PRId64 " numbers: cut short?", path,
                       size, ll_model_size(out));
    return LL_OK;
}

ll_status ll_checkpoint_model(ll_model *out, const char *path, ll_error *err) {
    ll_map m;
    ll_json *found;
    const char *at = NULL;
    size_t size = 0;
    LL_TRY(ll_map_open(&m, path, err));
    ll_status s = read_header(&m, path, &found, &at, &size, err);
    if (s == LL_OK) {
        s = find_model(out, ll_json_get(found, "__metadata__"), size, path, err);
        ll_json_free(found);
    }
    ll_map_close(&m);
    return s;
}

ll_status ll_checkpoint_check(const ll_model *model, const char *path, ll_error *err) {
    float asked; /* for, and not written to */
    ll_checkpoint c = { .model = model, .params = &asked, .m = &asked, .v = &asked };
    return read_file(&c, path, false, err);
}
