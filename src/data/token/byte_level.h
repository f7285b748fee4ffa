/* GPT-2's way and tiktoken's: words by a pattern, bytes merged within each. */
#ifndef LL_DATA_TOKEN_BYTE_LEVEL_H
#define LL_DATA_TOKEN_BYTE_LEVEL_H

#include "data/token/bpe.h"
#include "data/token/gpt2_words.h"

typedef struct ll_byte_level {
    ll_bpe bpe;
    ll_gpt2_words *words;
} ll_byte_level;

/* Bytes written as printable characters, as GPT-2's files have them: those of Latin-1 that are one stand for
 * themselves, the rest follow from U+0100 on. All are below LL_BYTE_CODES. */
enum { LL_BYTE_CODES = 324 };
void ll_byte_codes(int16_t code[256]);

#define LL_END_OF_TEXT "<|endoftext|>" /* the token there that ends a document */

/* t->state; the kind fills in its merges. */
ll_status ll_byte_level_new(ll_tokenizer *t, const char *where, ll_error *err);

/* A file of lines holds no NUL: what is behind one would count for the file's hash and for nothing else. LL_EFORMAT. */
ll_status ll_byte_level_check_text(const char *text, size_t size, const char *where, ll_error *err);

/* The pieces of t->vocab tokens, and the token of each byte; one that is missing is LL_EFORMAT. */
ll_status ll_byte_level_pieces(ll_tokenizer *t, const uint8_t *const *bytes, const size_t *size, const char *where,
                               ll_error *err);

ll_status ll_byte_level_encode(ll_tokenizer *t, const uint8_t *bytes, size_t size, ll_tokens *out, ll_error *err);
void ll_byte_level_clear(ll_tokenizer *t);

#endif
