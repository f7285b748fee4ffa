/* GPT-2's way and tiktoken's: words by a pattern, bytes merged within each. */
#ifndef LL_DATA_TOKEN_BYTE_LEVEL_H
#define LL_DATA_TOKEN_BYTE_LEVEL_H

#include "data/token/bpe.h"
#include "data/token/gpt2_words.h"

typedef struct ll_byte_level {
    ll_bpe bpe;
    ll_gpt2_words *words;
} ll_byte_level;

/* t->state; the kind fills in its merges. */
ll_status ll_byte_level_new(ll_tokenizer *t, const char *where, ll_error *err);

/* The pieces of t->vocab tokens, and the token of each byte; one that is missing is LL_EFORMAT. */
ll_status ll_byte_level_pieces(ll_tokenizer *t, const uint8_t *const *bytes, const size_t *size, const char *where,
                               ll_error *err);

ll_status ll_byte_level_encode(ll_tokenizer *t, const uint8_t *bytes, size_t size, ll_tokens *out, ll_error *err);
void ll_byte_level_clear(ll_tokenizer *t);

#endif
