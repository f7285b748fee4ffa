/* Tokenizers: bytes become tokens, and tokens bytes.
 *
 *     ll_tokenizer *t;
 *     ll_tokens tokens = { 0 };
 *     LL_TRY(ll_tokenizer_open(&t, "gpt2:vocabulary", err));
 *     LL_TRY(ll_tokenizer_encode(t, bytes, size, &tokens, err));
 *     n = ll_tokenizer_decode(t, tokens.at, tokens.n, out);        out [ll_tokenizer_decode(.., NULL)]
 *     ll_tokens_clear(&tokens);
 *     ll_tokenizer_free(t);
 *
 * Every token stands for a piece of text, so that decoding is one table for all of them; the end token's is empty.
 * For bytes, gpt2, tiktoken and sentencepiece decode(encode(x)) = x for every string of bytes. Levels and alphabets
 * say less than the text does: what they lose is counted. Tokens are 16 bits: a vocabulary is at most 65536.
 * A tokenizer keeps a cache: one thread at a time.
 */
#ifndef LL_DATA_TOKEN_TOKENIZER_H
#define LL_DATA_TOKEN_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/document/hash.h"
#include "loglog/error.h"

enum { LL_TOKENIZER_NAME = 320, LL_TOKENIZER_ASKED = 1088, LL_TOKENIZER_FILES = 2, LL_VOCAB_MAX = 65536 };

typedef struct ll_tokenizer_kind ll_tokenizer_kind;

typedef struct ll_tokenizer {
    const ll_tokenizer_kind *kind;
    char name[LL_TOKENIZER_NAME]; /* "byte", "levels:16", "alphabet:ACGT", "gpt2", "tiktoken", "sentencepiece" */
    char hash[LL_HASH_HEX];       /* SHA-256 of its files; "" where its name says it all */
    int64_t vocab;
    int32_t end;   /* the token that ends a document */
    bool text;     /* what it reads is text, whose characters are counted */
    bool bytewise; /* every byte is a token: the parts of a text are encoded as the whole is */
    struct {
        char *at;
        size_t size;
    } file[LL_TOKENIZER_FILES];
    uint8_t *piece;  /* the pieces of all tokens, one behind the other */
    uint32_t *begin; /* [vocab + 1] where each begins in piece */
    void *state;     /* the kind's */
} ll_tokenizer;

/* Grows as it is written to; { 0 } is empty. */
typedef struct ll_tokens {
    uint16_t *at; /* [n] */
    int64_t n, room;
    int64_t lost; /* bytes that were read and that the tokens do not give back */
} ll_tokens;

/* name: bytes; levels:L; alphabet:LETTERS; gpt2:FOLDER, or a path to vocab.json or encoder.json, with merges.txt or
 * vocab.bpe beside it; FILE.tiktoken; FILE.model of sentencepiece. LL_EINPUT for a name of another form, a vocabulary
 * above 65536 and a library that this build lacks; LL_EFORMAT for a damaged file. */
ll_status ll_tokenizer_open(ll_tokenizer **out, const char *name, ll_error *err);
void ll_tokenizer_free(ll_tokenizer *t);

/* The name that three options say together: a tokenizer, or levels (0: none) or an alphabet ("": none) of bytes. */
ll_status ll_tokenizer_named(char name[LL_TOKENIZER_ASKED], const char *tokenizer, int64_t levels,
                             const char *alphabet, ll_error *err);

/* "bpe:4096", which is to be trained, has 4096 tokens; 0 for any other name. */
int64_t ll_tokenizer_to_train(const char *name);

/* Trains sentencepiece's BPE on a text: V tokens, byte fallback. */
ll_status ll_tokenizer_train(ll_tokenizer **out, int64_t V, const uint8_t *text, size_t size, ll_error *err);

/* Its files are kept beside the shards of PREFIX, as PREFIX.model, PREFIX.tiktoken, or PREFIX.vocab.json and
 * PREFIX.merges.txt. */
ll_status ll_tokenizer_save(const ll_tokenizer *t, const char *prefix, ll_error *err);

/* The one that a sidecar beside PREFIX names. *out is NULL where its tokens are no text: a source's, or unknown ones.
 * LL_EFORMAT where the files there have another hash. */
ll_status ll_tokenizer_beside(ll_tokenizer **out, const char *prefix, const char *name, const char *hash,
                              ll_error *err);

/* The name by which ll_tokenizer_open finds that one: of PREFIX's files, or its own. */
ll_status ll_tokenizer_kept(char out[LL_TOKENIZER_ASKED], const char *prefix, const char *name, ll_error *err);

/* Appends. */
ll_status ll_tokenizer_encode(ll_tokenizer *t, const uint8_t *bytes, size_t size, ll_tokens *out, ll_error *err);
void ll_tokens_clear(ll_tokens *tokens);
ll_status ll_tokens_reserve(ll_tokens *tokens, int64_t more, ll_error *err); /* room for so many more */

static inline ll_status ll_tokens_push(ll_tokens *tokens, uint16_t token, ll_error *err) {
    if (tokens->n == tokens->room) LL_TRY(ll_tokens_reserve(tokens, 1, err));
    tokens->at[tokens->n++] = token;
    return LL_OK;
}

/* What a token says, size bytes: none where it is outside the vocabulary, which models of others are padded beyond. */
static inline const uint8_t *ll_tokenizer_piece(const ll_tokenizer *t, int64_t token, size_t *size) {
    const bool known = token >= 0 && token < t->vocab;
    *size = known ? t->begin[token + 1] - t->begin[token] : 0;
    return t->piece + (known ? t->begin[token] : 0);
}

static inline size_t ll_tokenizer_piece_size(const ll_tokenizer *t, int64_t token) {
    size_t size;
    return ll_tokenizer_piece(t, token, &size), size;
}

/* Into out, which may be NULL; returns how many bytes that are. */
size_t ll_tokenizer_decode(const ll_tokenizer *t, const uint16_t *tokens, int64_t n, uint8_t *out);

#endif
