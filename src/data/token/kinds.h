/* Kinds of tokenizer: one file each. What a file has to give, and what is there to help it. */
#ifndef LL_DATA_TOKEN_KINDS_H
#define LL_DATA_TOKEN_KINDS_H

#include "data/token/tokenizer.h"

struct ll_tokenizer_kind {
    const char *name;
    const char *suffix[LL_TOKENIZER_FILES]; /* of its files beside a shard; none: the name says it all */
    /* Fills in vocab, end, the pieces and its state, from file[] or from the name. where is for messages. */
    ll_status (*load)(ll_tokenizer *t, const char *where, ll_error *err);
    ll_status (*encode)(ll_tokenizer *t, const uint8_t *bytes, size_t size, ll_tokens *out, ll_error *err);
    void (*clear)(ll_tokenizer *t); /* its state */
};

extern const ll_tokenizer_kind ll_tokenizer_byte, ll_tokenizer_levels, ll_tokenizer_alphabet, ll_tokenizer_gpt2,
    ll_tokenizer_tiktoken, ll_tokenizer_sentencepiece;

/* The pieces of vocab tokens: bytes[i] of size[i]; copied. LL_EINPUT where a shard has no room for so many. */
ll_status ll_tokenizer_pieces(ll_tokenizer *t, const uint8_t *const *bytes, const size_t *size, const char *where,
                              ll_error *err);

#endif
