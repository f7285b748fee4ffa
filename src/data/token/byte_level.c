#include "data/token/byte_level.h"

#include <stdlib.h>
#include <string.h>

#include "data/token/kinds.h"
#include "data/token/utf8.h"

static bool is_itself(int byte) {
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

void ll_byte_codes(int16_t code[256]) {
    int others = 256;
    for (int b = 0; b < 256; b++) code[b] = (int16_t)(is_itself(b) ? b : others++);
}

ll_status ll_byte_level_new(ll_tokenizer *t, const char *where, ll_error *err) {
    ll_byte_level *b = t->state = calloc(1, sizeof *b);
    if (!b) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    return ll_gpt2_words_new(&b->words, where, err);
}

ll_status ll_byte_level_check_text(const char *text, size_t size, const char *where, ll_error *err) {
    const char *nul = size ? memchr(text, 0, size) : NULL;
    return nul ? LL_FAIL(err, LL_EFORMAT, "%s: byte %zu is a NUL, expected lines of text", where,
                         (size_t)(nul - text))
               : LL_OK;
}

ll_status ll_byte_level_pieces(ll_tokenizer *t, const uint8_t *const *bytes, const size_t *size, const char *where,
                               ll_error *err) {
    ll_byte_level *b = t->state;
    bool there[256] = { false };
    for (int64_t i = t->vocab - 1; i >= 0; i--)
        if (size[i] == 1) there[*bytes[i]] = true, b->bpe.byte[*bytes[i]] = (uint16_t)i;
    for (int c = 0; c < 256; c++)
        if (!there[c]) return LL_FAIL(err, LL_EFORMAT, "%s: no token for the byte %d", where, c);
    return ll_tokenizer_pieces(t, bytes, size, where, err);
}

/* Bytes that are no UTF-8 are words of their own. */
ll_status ll_byte_level_encode(ll_tokenizer *t, const uint8_t *bytes, size_t size, ll_tokens *out, ll_error *err) {
    ll_byte_level *b = t->state;
    for (size_t at = 0; at < size;) {
        const uint8_t *run = bytes + at;
        const size_t n = ll_utf8_run(run, size - at);
        for (size_t word = 0, end; word < n; word = end) {
            LL_TRY(ll_gpt2_words_next(b->words, run, n, word, &end, err));
            LL_TRY(ll_bpe_word(&b->bpe, run + word, end - word, out, err));
        }
        at += n;
        if (at < size) LL_TRY(ll_bpe_word(&b->bpe, bytes + at++, 1, out, err));
    }
    return LL_OK;
}

void ll_byte_level_clear(ll_tokenizer *t) {
    ll_byte_level *b = t->state;
    if (!b) return;
    ll_bpe_clear(&b->bpe);
    ll_gpt2_words_free(b->words);
    free(b);
}
