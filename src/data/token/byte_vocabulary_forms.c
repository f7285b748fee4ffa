/* A vocabulary as tokenizer.json of transformers, and as the keys of a GGUF file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/token/byte_level.h"
#include "data/token/byte_vocabulary.h"

enum { MERGE = 8192 };
enum { NORMAL = 1, CONTROL = 3 }; /* of tokenizer.ggml.token_type */

/* ---- out ---- */

static ll_json *typed(const char *type) {
    ll_json *j = ll_json_object();
    ll_json_set_str(j, "type", type);
    return j;
}

static ll_json *byte_level(bool words) {
    ll_json *j = typed("ByteLevel");
    ll_json_set_bool(j, "add_prefix_space", false);
    ll_json_set_bool(j, "trim_offsets", true);
    ll_json_set_bool(j, "use_regex", words);
    return j;
}

static ll_json *end_json(const ll_vocabulary *v) {
    ll_json *list = ll_json_array(), *end = ll_json_object();
    ll_json_set_int(end, "id", v->end);
    ll_json_set_str(end, "content", ll_json_as_str(ll_json_at(v->tokens, (size_t)v->end)));
    ll_json_set_bool(end, "single_word", false);
    ll_json_set_bool(end, "lstrip", false);
    ll_json_set_bool(end, "rstrip", false);
    ll_json_set_bool(end, "normalized", false);
    ll_json_set_bool(end, "special", true);
    ll_json_push(list, end);
    return list;
}

static void set_null(ll_json *object, const char *key) {
    ll_json_set(object, key, ll_json_interval(false, 0, 0));
}

static ll_json *model_json(const ll_vocabulary *v) {
    ll_json *model = typed("BPE"), *vocab = ll_json_group(model, "vocab");
    set_null(model, "dropout");
    set_null(model, "unk_token");
    ll_json_set_bool(model, "fuse_unk", false);
    ll_json_set_bool(model, "byte_fallback", false);
    for (size_t i = 0; i < ll_json_size(v->tokens); i++)
        ll_json_set_int(vocab, ll_json_as_str(ll_json_at(v->tokens, i)), (int64_t)i);
    ll_json_set(model, "merges", ll_json_copy(v->merges));
    return model;
}

ll_json *ll_vocabulary_hf(const ll_vocabulary *v) {
    ll_json *j = ll_json_object();
    ll_json_set_str(j, "version", "1.0");
    set_null(j, "truncation");
    set_null(j, "padding");
    ll_json_set(j, "added_tokens", end_json(v));
    set_null(j, "normalizer");
    ll_json_set(j, "pre_tokenizer", byte_level(ll_json_size(v->merges) > 0));
    ll_json_set(j, "post_processor", byte_level(true));
    ll_json_set(j, "decoder", byte_level(true));
    ll_json_set(j, "model", model_json(v));
    return j;
}

void ll_vocabulary_to_gguf(const ll_vocabulary *v, ll_json *meta) {
    ll_json *types = ll_json_array();
    for (size_t i = 0; i < ll_json_size(v->tokens); i++)
        ll_json_push(types, ll_json_int((int64_t)i == v->end ? CONTROL : NORMAL));
    ll_json_set_str(meta, "tokenizer.ggml.model", "gpt2");
    ll_json_set_str(meta, "tokenizer.ggml.pre", "gpt-2");
    ll_json_set(meta, "tokenizer.ggml.tokens", ll_json_copy(v->tokens));
    ll_json_set(meta, "tokenizer.ggml.token_type", types);
    ll_json_set(meta, "tokenizer.ggml.merges", ll_json_copy(v->merges));
    ll_json_set_int(meta, "tokenizer.ggml.bos_token_id", v->end);
    ll_json_set_int(meta, "tokenizer.ggml.eos_token_id", v->end);
    ll_json_set_bool(meta, "tokenizer.ggml.add_bos_token", false);
}

/* ---- in ---- */

/* "LEFT RIGHT", or [LEFT, RIGHT]. */
static ll_status push_merge(ll_vocabulary *v, const ll_json *merge, const char *where, ll_error *err) {
    char text[MERGE];
    const char *left = ll_json_as_str(ll_json_at(merge, 0)), *right = ll_json_as_str(ll_json_at(merge, 1));
    const char *whole = ll_json_as_str(merge);
    if (!whole && left && right && snprintf(text, sizeof text, "%s %s", left, right) < (int)sizeof text)
        whole = text;
    const char *space = whole ? strchr(whole, ' ') : NULL;
    if (!space || strpbrk(whole, "\r\n") || strchr(space + 1, ' '))
        return LL_FAIL(err, LL_EFORMAT, "%s: a merge is not two pieces", where);
    ll_json_push(v->merges, ll_json_str(whole));
    return LL_OK;
}

static ll_status push_merges(ll_vocabulary *v, const ll_json *merges, const char *where, ll_error *err) {
    for (size_t i = 0; i < ll_json_size(merges); i++) LL_TRY(push_merge(v, ll_json_at(merges, i), where, err));
    return LL_OK;
}

static bool is(const ll_json *object, const char *key, bool otherwise, bool want) {
    bool truth;
    return (ll_json_get_bool(object, key, &truth) ? truth : otherwise) == want;
}

/* Words by GPT-2's pattern; where nothing is merged any pattern will do. */
static ll_status check_hf(const ll_json *tokenizer, const char *where, ll_error *err) {
    const ll_json *model = ll_json_get(tokenizer, "model"), *cut = ll_json_get(tokenizer, "pre_tokenizer");
    const char *type = ll_json_get_str(model, "type"), *by = ll_json_get_str(cut, "type");
    const bool merges = ll_json_size(ll_json_get(model, "merges")) > 0;
    const ll_json_kind normal = ll_json_kind_of(ll_json_get(tokenizer, "normalizer"));
    if (!type || strcmp(type, "BPE") != 0 || !is(model, "byte_fallback", false, false))
        return LL_FAIL(err, LL_EINPUT, "%s: its model is %s, expected BPE of bytes", where,
                       !type || strcmp(type, "BPE") == 0 ? "of characters" : type);
    if (normal != LL_JSON_NONE && normal != LL_JSON_NULL)
        return LL_FAIL(err, LL_EINPUT, "%s: it normalises its text, expected none of that", where);
    if (!by || strcmp(by, "ByteLevel") != 0 || !is(cut, "add_prefix_space", true, false) ||
        (merges && !is(cut, "use_regex", true, true)))
        return LL_FAIL(err, LL_EINPUT, "%s: it cuts text otherwise than GPT-2's pattern", where);
    return LL_OK;
}

/* texts [room] by token; *n is one above the largest. */
static ll_status place(const char **texts, int64_t *n, const char *text, int64_t token, const char *where,
                       ll_error *err) {
    if (token < 0 || token >= LL_VOCAB_MAX)
        return LL_FAIL(err, LL_EINPUT, "%s: the token %lld of '%.40s', expected 0 to %d", where, (long long)token,
                       text, LL_VOCAB_MAX - 1);
    texts[token] = text;
    if (token >= *n) *n = token + 1;
    return LL_OK;
}

static ll_status place_all(const char **texts, int64_t *n, const ll_json *tokenizer, const char *where,
                           ll_error *err) {
    const ll_json *value, *vocab = ll_json_get(ll_json_get(tokenizer, "model"), "vocab");
    const ll_json *added = ll_json_get(tokenizer, "added_tokens");
    for (const char *key = ll_json_next(vocab, NULL, &value); key; key = ll_json_next(vocab, key, &value))
        LL_TRY(place(texts, n, key, ll_json_get_int(vocab, key, -1), where, err));
    for (size_t i = 0; i < ll_json_size(added); i++) {
        const ll_json *one = ll_json_at(added, i);
        const char *text = ll_json_get_str(one, "content");
        if (text) LL_TRY(place(texts, n, text, ll_json_get_int(one, "id", -1), where, err));
    }
    return LL_OK;
}

static ll_status read_hf(ll_vocabulary *v, const ll_json *tokenizer, const char *where, ll_error *err) {
    int64_t n = 0;
    LL_TRY(check_hf(tokenizer, where, err));
    const char **texts = calloc(LL_VOCAB_MAX, sizeof *texts);
    if (!texts) return LL_FAIL(err, LL_ENOMEM, "out of memory for a vocabulary");
    const ll_status s = place_all(texts, &n, tokenizer, where, err);
    for (int64_t i = 0; s == LL_OK && i < n; i++) {
        ll_json_push(v->tokens, texts[i] ? ll_json_str(texts[i]) : ll_json_interval(false, 0, 0));
        if (texts[i] && strcmp(texts[i], LL_END_OF_TEXT) == 0) v->end = i;
    }
    free(texts);
    if (s != LL_OK) return s;
    return push_merges(v, ll_json_get(ll_json_get(tokenizer, "model"), "merges"), where, err);
}

ll_status ll_vocabulary_from_hf(ll_vocabulary *out, const ll_json *tokenizer, const char *where, ll_error *err) {
    *out = (ll_vocabulary) { ll_json_array(), ll_json_array(), -1 };
    const ll_status s = read_hf(out, tokenizer, where, err);
    if (s != LL_OK) ll_vocabulary_clear(out);
    return s;
}

static ll_status read_gguf(ll_vocabulary *v, const ll_json *meta, const char *where, ll_error *err) {
    const char *model = ll_json_get_str(meta, "tokenizer.ggml.model"),
               *pre = ll_json_get_str(meta, "tokenizer.ggml.pre");
    const ll_json *tokens = ll_json_get(meta, "tokenizer.ggml.tokens"),
                  *merges = ll_json_get(meta, "tokenizer.ggml.merges");
    if (!model || strcmp(model, "gpt2") != 0)
        return LL_FAIL(err, LL_EINPUT, "%s: its tokenizer is '%.40s', expected gpt2", where,
                       model ? model : "none");
    if (ll_json_size(merges) && (!pre || strcmp(pre, "gpt-2") != 0))
        return LL_FAIL(err, LL_EINPUT, "%s: it cuts text by '%.40s', expected gpt-2", where, pre ? pre : "default");
    for (size_t i = 0; i < ll_json_size(tokens); i++) {
        const char *text = ll_json_as_str(ll_json_at(tokens, i));
        if (!text || i >= LL_VOCAB_MAX)
            return LL_FAIL(err, LL_EINPUT, "%s: tokenizer.ggml.tokens: expected at most %d texts", where,
                           LL_VOCAB_MAX);
        ll_json_push(v->tokens, ll_json_str(text));
    }
    v->end = ll_json_get_int(meta, "tokenizer.ggml.eos_token_id", -1);
    return push_merges(v, merges, where, err);
}

ll_status ll_vocabulary_from_gguf(ll_vocabulary *out, const ll_json *meta, const char *where, ll_error *err) {
    *out = (ll_vocabulary) { ll_json_array(), ll_json_array(), -1 };
    const ll_status s = read_gguf(out, meta, where, err);
    if (s != LL_OK) ll_vocabulary_clear(out);
    return s;
}
