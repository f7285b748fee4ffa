#define _POSIX_C_SOURCE 200809L
#include "sweep/models/model_in.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/token/byte_vocabulary.h"
#include "data/token/tokenizer.h"
#include "train/checkpoint.h"

enum { MAX_TOKENIZER = 64 << 20 };

#define SUFFIX ".safetensors"

/* ---- tokenizers ---- */

typedef struct speech {
    const ll_guest *guest;
    const ll_json *about;
    char folder[LL_PATH_MAX]; /* of config.json */
    char prefix[LL_PATH_MAX]; /* of what is written */
} speech;

/* The name is one that opens, and of as many tokens as the model has. */
static ll_status try_name(ll_model_in *out, const char *name, int64_t V, ll_error *err) {
    ll_tokenizer *t;
    LL_TRY(ll_tokenizer_open(&t, name, err));
    const int64_t vocab = t->vocab;
    ll_tokenizer_free(t);
    if (vocab != V)
        return LL_FAIL(err, LL_EINPUT, "%s has %lld tokens, the model %lld", name, (long long)vocab, (long long)V);
    snprintf(out->tokenizer, sizeof out->tokenizer, "%s", name);
    return LL_OK;
}

static ll_status save_vocabulary(ll_model_in *out, const speech *s, ll_vocabulary *v, ll_error *err) {
    char name[LL_PATH_MAX + 32];
    const int64_t V = s->guest->model.vocab, n = (int64_t)ll_json_size(v->tokens);
    if (v->end < 0) v->end = ll_json_get_int(s->about, "eos_token_id", n < V ? n : -1);
    if (n > V || v->end < 0 || v->end >= V)
        return LL_FAIL(err, LL_EINPUT, "%lld tokens, of which %lld ends a text, for a model of %lld", (long long)n,
                       (long long)v->end, (long long)V);
    if (ll_vocabulary_is_bytes(v)) return try_name(out, "bytes", V, err);
    LL_TRY(ll_vocabulary_save(v, V, s->prefix, err));
    snprintf(name, sizeof name, "%s.vocab.json", s->prefix);
    return try_name(out, name, V, err);
}

static ll_status from_json(ll_model_in *out, const speech *s, const char *path, ll_error *err) {
    ll_json *doc;
    ll_vocabulary v;
    LL_TRY(ll_json_load(path, MAX_TOKENIZER, &doc, err));
    ll_status status = ll_vocabulary_from_hf(&v, doc, "tokenizer.json", err);
    ll_json_free(doc);
    if (status != LL_OK) return status;
    status = save_vocabulary(out, s, &v, err);
    ll_vocabulary_clear(&v);
    return status;
}

static ll_status from_gguf(ll_model_in *out, const speech *s, ll_error *err) {
    ll_vocabulary v;
    LL_TRY(ll_vocabulary_from_gguf(&v, s->about, "its metadata", err));
    const ll_status status = save_vocabulary(out, s, &v, err);
    ll_vocabulary_clear(&v);
    return status;
}

/* Sentencepiece's file is ours as it is. */
static ll_status copy_model(ll_model_in *out, const speech *s, const char *path, ll_error *err) {
    char name[LL_PATH_MAX + 32], *bytes;
    size_t size;
    ll_file f;
    LL_TRY(try_name(out, path, s->guest->model.vocab, err));
    snprintf(name, sizeof name, "%s.model", s->prefix);
    LL_TRY(ll_file_read(path, MAX_TOKENIZER, &bytes, &size, err));
    ll_status status = ll_file_create(&f, name, err);
    if (status == LL_OK) {
        fwrite(bytes, 1, size, f.out);
        status = ll_file_commit(&f, err);
    }
    free(bytes);
    snprintf(out->tokenizer, sizeof out->tokenizer, "%s", name);
    return status;
}

static ll_status find_tokenizer(ll_model_in *out, const speech *s, ll_error *err) {
    char model[LL_PATH_MAX], json[LL_PATH_MAX];
    if (s->guest->form == LL_FORM_GGUF) return from_gguf(out, s, err);
    LL_TRY(ll_file_join(model, s->folder, "tokenizer.model", err));
    LL_TRY(ll_file_join(json, s->folder, "tokenizer.json", err));
    if (access(model, F_OK) == 0) return copy_model(out, s, model, err);
    if (access(json, F_OK) == 0) return from_json(out, s, json, err);
    return LL_FAIL(err, LL_EINPUT, "there is neither tokenizer.json nor tokenizer.model");
}

/* What has no tokenizer here takes token numbers all the same. */
static ll_status bring_tokenizer(ll_model_in *out, const speech *s, ll_error *err) {
    ll_error why = { 0 };
    const ll_status status = find_tokenizer(out, s, &why);
    if (status == LL_ENOMEM || status == LL_EIO) return LL_FAIL(err, status, "%s", why.msg);
    if (status != LL_OK) *out->tokenizer = 0, snprintf(out->note, sizeof out->note, "%.500s", why.msg);
    return LL_OK;
}

/* ---- the model ---- */

static ll_status prepare(speech *s, const char *path, const char *file, ll_error *err) {
    struct stat st;
    const size_t n = strlen(file);
    if (n <= strlen(SUFFIX) || strcmp(file + n - strlen(SUFFIX), SUFFIX) != 0)
        return LL_FAIL(err, LL_EINPUT, "--out: '%.200s', expected FILE" SUFFIX, file);
    LL_TRY(ll_file_join(s->prefix, "", file, err));
    s->prefix[strlen(s->prefix) - strlen(SUFFIX)] = 0;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) return ll_file_join(s->folder, path, "", err);
    ll_file_folder(s->folder, path);
    return LL_OK;
}

ll_status ll_model_in_read(ll_model_in *out, const char *path, const char *file, ll_error *err) {
    speech s = { .guest = &out->guest };
    ll_real *params;
    ll_json *about;
    *out = (ll_model_in) { 0 };
    LL_TRY(prepare(&s, path, file, err));
    LL_TRY(ll_formats_read(&out->guest, &params, &about, path, err));
    s.about = about;
    const ll_checkpoint c = { .model = &out->guest.model, .params = params, .identity = "imported" };
    ll_status status = ll_checkpoint_write(&c, file, err);
    if (status == LL_OK) status = bring_tokenizer(out, &s, err);
    ll_json_free(about);
    free(params);
    return status;
}
