/* A byte-level vocabulary as others write it: pieces by token, bytes as printable characters, and merges in order
 * of rank.
 *
 *     ll_vocabulary v;
 *     LL_TRY(ll_vocabulary_of(&v, tokenizer, err));              of our bytes, or of GPT-2's files
 *     ll_json *tokenizer_json = ll_vocabulary_hf(&v);            for transformers
 *     ll_vocabulary_to_gguf(&v, meta);                           for llama.cpp
 *
 *     LL_TRY(ll_vocabulary_from_hf(&v, json, where, err));       of theirs
 *     LL_TRY(ll_vocabulary_save(&v, "out/model", err));          out/model.vocab.json and .merges.txt: GPT-2's files
 *     ll_vocabulary_clear(&v);
 */
#ifndef LL_DATA_TOKEN_BYTE_VOCABULARY_H
#define LL_DATA_TOKEN_BYTE_VOCABULARY_H

#include "base/document/json.h"
#include "data/token/tokenizer.h"

typedef struct ll_vocabulary {
    ll_json *tokens, *merges; /* texts; "LEFT RIGHT" */
    int64_t end;              /* the token that ends a document; -1: not told */
} ll_vocabulary;

/* LL_EINPUT for a tokenizer of another kind. */
ll_status ll_vocabulary_of(ll_vocabulary *out, const ll_tokenizer *t, ll_error *err);

/* tokenizer.json, and the keys tokenizer.ggml.* */
ll_json *ll_vocabulary_hf(const ll_vocabulary *v);
void ll_vocabulary_to_gguf(const ll_vocabulary *v, ll_json *meta);

/* LL_EINPUT where text is cut or merged otherwise than by GPT-2; LL_EFORMAT for what is no such file. */
ll_status ll_vocabulary_from_hf(ll_vocabulary *out, const ll_json *tokenizer, const char *where, ll_error *err);
ll_status ll_vocabulary_from_gguf(ll_vocabulary *out, const ll_json *meta, const char *where, ll_error *err);

/* Token b is byte b, 256 is the end, nothing is merged: the same as our bytes. */
bool ll_vocabulary_is_bytes(const ll_vocabulary *v);

/* As GPT-2's files, of V tokens: those that it has no piece for get names that no text has, and the end GPT-2's. */
ll_status ll_vocabulary_save(const ll_vocabulary *v, int64_t V, const char *prefix, ll_error *err);
void ll_vocabulary_clear(ll_vocabulary *v);

#endif
