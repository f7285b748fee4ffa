#define _POSIX_C_SOURCE 200809L
#include "data/token/byte_vocabulary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "data/token/byte_level.h"
#include "data/token/kinds.h"

enum { PIECE = 32 };

void ll_vocabulary_clear(ll_vocabulary *v) {
    ll_json_free(v->tokens);
    ll_json_free(v->merges);
    *v = (ll_vocabulary) { 0 };
}

/* ---- of ours ---- */

static const char *byte_text(int16_t code, char text[3]) {
    const bool two = code >= 0x80;
    text[0] = (char)(two ? 0xC0 | code >> 6 : code);
    text[1] = (char)(two ? 0x80 | (code & 0x3F) : 0);
    text[2] = 0;
    return text;
}

static void list_bytes(ll_vocabulary *v) {
    int16_t code[256];
    char text[3];
    ll_byte_codes(code);
    for (int b = 0; b < 256; b++) ll_json_push(v->tokens, ll_json_str(byte_text(code[b], text)));
    ll_json_push(v->tokens, ll_json_str(LL_END_OF_TEXT));
}

static const char *unused(int64_t token, char text[PIECE]) {
    snprintf(text, PIECE, "[unused%lld]", (long long)token);
    return text;
}

/* texts [V], NULL where there is none. */
static void push_all(ll_vocabulary *v, const char *const *texts, int64_t V) {
    char text[PIECE];
    for (int64_t i = 0; i < V; i++)
        ll_json_push(v->tokens, ll_json_str(texts[i] ? texts[i] : i == v->end ? LL_END_OF_TEXT : unused(i, text)));
}

static ll_status list_tokens(ll_vocabulary *v, const ll_json *vocab, int64_t V, ll_error *err) {
    const ll_json *value;
    const char **texts = calloc((size_t)V, sizeof *texts);
    if (!texts) return LL_FAIL(err, LL_ENOMEM, "out of memory for a vocabulary");
    for (const char *key = ll_json_next(vocab, NULL, &value); key; key = ll_json_next(vocab, key, &value))
        texts[ll_json_get_int(vocab, key, 0)] = key;
    push_all(v, texts, V);
    free(texts);
    return LL_OK;
}

static ll_status list_merges(ll_vocabulary *v, const char *text, size_t size, ll_error *err) {
    const char *end = text + size;
    for (const char *line = text, *next; line < end; line = next) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        next = stop ? stop + 1 : end;
        size_t n = (size_t)((stop ? stop : end) - line);
        if (n && line[n - 1] == '\r') n--;
        if (!n || (line == text && *line == '#')) continue;
        char *merge = strndup(line, n);
        if (!merge) return LL_FAIL(err, LL_ENOMEM, "out of memory for merges");
        ll_json_push(v->merges, ll_json_str(merge));
        free(merge);
    }
    return LL_OK;
}

static ll_status list_gpt2(ll_vocabulary *v, const ll_tokenizer *t, ll_error *err) {
    ll_json *vocab;
    LL_TRY(ll_json_parse(t->file[0].at, t->file[0].size, t->name, &vocab, err));
    ll_status s = list_tokens(v, vocab, t->vocab, err);
    ll_json_free(vocab);
    return s == LL_OK ? list_merges(v, t->file[1].at, t->file[1].size, err) : s;
}

ll_status ll_vocabulary_of(ll_vocabulary *out, const ll_tokenizer *t, ll_error *err) {
    ll_status s = LL_OK;
    *out = (ll_vocabulary) { ll_json_array(), ll_json_array(), t->end };
    if (t->kind == &ll_tokenizer_byte) list_bytes(out);
    else if (t->kind == &ll_tokenizer_gpt2) s = list_gpt2(out, t, err);
    else s = LL_FAIL(err, LL_EINPUT, "a tokenizer of the kind %s has no such form here", t->kind->name);
    if (s != LL_OK) ll_vocabulary_clear(out);
    return s;
}

/* ---- as GPT-2's files ---- */

bool ll_vocabulary_is_bytes(const ll_vocabulary *v) {
    int16_t code[256];
    char text[3];
    if (ll_json_size(v->tokens) != 257 || ll_json_size(v->merges) != 0 || v->end != 256) return false;
    ll_byte_codes(code);
    for (size_t b = 0; b < 256; b++) {
        const char *token = ll_json_as_str(ll_json_at(v->tokens, b)); /* NULL: an id that nobody has */
        if (!token || strcmp(token, byte_text(code[b], text)) != 0) return false;
    }
    return true;
}

static ll_json *vocab_json(const ll_vocabulary *v, int64_t V, const char *prefix, ll_error *err) {
    ll_json *vocab = ll_json_object();
    for (int64_t i = 0; i < V; i++) {
        char text[PIECE];
        const char *piece = i == v->end ? LL_END_OF_TEXT : ll_json_as_str(ll_json_at(v->tokens, (size_t)i));
        if (!piece) piece = unused(i, text);
        if (ll_json_get(vocab, piece)) {
            LL_FAIL(err, LL_EINPUT, "%s: two tokens are '%.40s'", prefix, piece);
            ll_json_free(vocab);
            return NULL;
        }
        ll_json_set_int(vocab, piece, i);
    }
    return vocab;
}

static ll_status create(ll_file *f, const char *prefix, const char *suffix, ll_error *err) {
    char path[LL_PATH_MAX];
    if (snprintf(path, sizeof path, "%s%s", prefix, suffix) >= (int)sizeof path)
        return LL_FAIL(err, LL_EINPUT, "%.200s...: path is too long", prefix);
    return ll_file_create(f, path, err);
}

static ll_status save_merges(const ll_vocabulary *v, const char *prefix, ll_error *err) {
    ll_file f;
    LL_TRY(create(&f, prefix, ll_tokenizer_gpt2.suffix[1], err));
    fputs("#version: 0.2\n", f.out);
    for (size_t i = 0; i < ll_json_size(v->merges); i++)
        fprintf(f.out, "%s\n", ll_json_as_str(ll_json_at(v->merges, i)));
    return ll_file_commit(&f, err);
}

static ll_status save_vocab(const ll_json *vocab, const char *prefix, ll_error *err) {
    ll_file f;
    char *text = ll_json_text(vocab, false);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", prefix);
    ll_status s = create(&f, prefix, ll_tokenizer_gpt2.suffix[0], err);
    if (s == LL_OK) {
        fprintf(f.out, "%s\n", text);
        s = ll_file_commit(&f, err);
    }
    free(text);
    return s;
}

ll_status ll_vocabulary_save(const ll_vocabulary *v, int64_t V, const char *prefix, ll_error *err) {
    ll_json *vocab = vocab_json(v, V, prefix, err);
    if (!vocab) return LL_EINPUT;
    ll_status s = save_vocab(vocab, prefix, err);
    ll_json_free(vocab);
    return s == LL_OK ? save_merges(v, prefix, err) : s;
}
