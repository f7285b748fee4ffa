/* sentencepiece's models as a tokenizer. What the library is asked for is read back: a run whose tokens say another
 * text becomes byte pieces, so that no text is ever changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/token/kinds.h"
#include "data/token/sentencepiece.h"
#include "data/token/utf8.h"

#define SPACE "\xe2\x96\x81" /* what the library writes for a space */
enum { RUN_MAX = 4096, SPACE_BYTES = 3 };

typedef struct model {
    ll_sentencepiece *library;
    uint16_t byte[256];
} model;

/* ---- runs ---- */

size_t ll_sentencepiece_run(const uint8_t *bytes, size_t size) {
    size_t at = 0, space = 0;
    if (size > RUN_MAX) size = RUN_MAX;
    for (size_t n; at < size && bytes[at] >= ' ' && (n = ll_utf8_char(bytes + at, size - at)); at += n) {
        if (n == SPACE_BYTES && memcmp(bytes + at, SPACE, n) == 0) return at;
        if (bytes[at] == ' ') space = at;
    }
    return at + 3 >= RUN_MAX && space ? space : at; /* a long one is cut before a space */
}

/* ---- pieces ---- */

/* "<0x41>" */
static int byte_of(const char *piece, size_t size) {
    unsigned byte;
    return size == 6 && sscanf(piece, "<0x%2X>", &byte) == 1 ? (int)byte : -1;
}

/* The bytes that a piece stands for, into out; returns where they end. */
static uint8_t *say_piece(const ll_sentencepiece *s, int token, uint8_t *out) {
    const char *piece;
    size_t size;
    const ll_piece_of of = ll_sentencepiece_piece(s, token, &piece, &size);
    if (of == LL_PIECE_NONE) return out;
    if (of == LL_PIECE_BYTE) {
        *out = (uint8_t)byte_of(piece, size);
        return out + 1;
    }
    for (size_t i = 0; i < size;) {
        const bool space = size - i >= SPACE_BYTES && memcmp(piece + i, SPACE, SPACE_BYTES) == 0;
        *out++ = space ? ' ' : (uint8_t)piece[i];
        i += space ? SPACE_BYTES : 1;
    }
    return out;
}

static size_t size_of_all(const ll_sentencepiece *s, int64_t vocab) {
    const char *piece;
    size_t all = 0;
    for (int i = 0; i < vocab; i++) {
        size_t size;
        ll_sentencepiece_piece(s, i, &piece, &size);
        all += size;
    }
    return all;
}

static ll_status read_pieces(ll_tokenizer *t, uint8_t *all, const uint8_t **bytes, size_t *size, const char *where,
                             ll_error *err) {
    model *m = t->state;
    bool there[256] = { false };
    const char *piece;
    size_t n;
    for (int i = 0; i < t->vocab; i++) {
        uint8_t *end = say_piece(m->library, i, all);
        bytes[i] = all;
        size[i] = (size_t)(end - all);
        all = end;
        if (ll_sentencepiece_piece(m->library, i, &piece, &n) == LL_PIECE_BYTE)
            m->byte[*bytes[i]] = (uint16_t)i, there[*bytes[i]] = true;
    }
    for (int c = 0; c < 256; c++)
        if (!there[c])
            return LL_FAIL(err, LL_EINPUT, "%s: no piece for the byte %d: expected a model with byte fallback",
                           where, c);
    return ll_tokenizer_pieces(t, bytes, size, where, err);
}

static ll_status load_pieces(ll_tokenizer *t, const char *where, ll_error *err) {
    const model *m = t->state;
    uint8_t *all = malloc(size_of_all(m->library, t->vocab) + 1);
    const uint8_t **bytes = malloc((size_t)t->vocab * sizeof *bytes);
    size_t *size = malloc((size_t)t->vocab * sizeof *size);
    ll_status s = all && bytes && size ? read_pieces(t, all, bytes, size, where, err)
                                       : LL_FAIL(err, LL_ENOMEM, "out of memory for a vocabulary");
    free(all);
    free(bytes);
    free(size);
    return s;
}

/* ---- encode ---- */

/* Whether the tokens say the run. */
static bool says(const ll_tokenizer *t, const int *tokens, size_t n, const uint8_t *run, size_t size) {
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t from = t->begin[tokens[i]], k = t->begin[tokens[i] + 1] - from;
        if (k > size - at || memcmp(run + at, t->piece + from, k) != 0) return false;
        at += k;
    }
    return at == size;
}

static ll_status push_bytes(const model *m, const uint8_t *bytes, size_t n, ll_tokens *out, ll_error *err) {
    for (size_t i = 0; i < n; i++) LL_TRY(ll_tokens_push(out, m->byte[bytes[i]], err));
    return LL_OK;
}

static ll_status encode(ll_tokenizer *t, const uint8_t *bytes, size_t size, ll_tokens *out, ll_error *err) {
    model *m = t->state;
    for (size_t at = 0; at < size;) {
        const int *tokens;
        size_t n, run = ll_sentencepiece_run(bytes + at, size - at);
        bool exact = false;
        if (run) {
            LL_TRY(ll_sentencepiece_encode(m->library, bytes + at, run, &tokens, &n, err));
            exact = says(t, tokens, n, bytes + at, run);
        }
        if (!run) run = 1;
        if (!exact) LL_TRY(push_bytes(m, bytes + at, run, out, err));
        for (size_t i = 0; exact && i < n; i++) LL_TRY(ll_tokens_push(out, (uint16_t)tokens[i], err));
        at += run;
    }
    return LL_OK;
}

/* ---- the kind ---- */

/* Of a model that has read no blank, one is the bytes of the sign that stands for it there; encode gives it as its own. */
static bool says_without_blanks(const ll_tokenizer *t, const int *tokens, size_t n, const char *run) {
    char signs[64];
    size_t size = 0;
    for (; *run; run++) size += (size_t)sprintf(signs + size, *run == ' ' ? "\xe2\x96\x81" : "%c", *run);
    return says(t, tokens, n, (const uint8_t *)signs, size);
}

/* A model that changes what it reads would be one of bytes, for want of anything better. */
static ll_status check(const ll_tokenizer *t, const char *where, ll_error *err) {
    static const char *const asked[] = { "a", " a", "a b", "a  b ", "\xef\xac\x81", "e\xcc\x81", "\xef\xbc\xa1" };
    const model *m = t->state;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        const uint8_t *run = (const uint8_t *)asked[i];
        const int *tokens;
        size_t n;
        LL_TRY(ll_sentencepiece_encode(m->library, run, strlen(asked[i]), &tokens, &n, err));
        if (!says(t, tokens, n, run, strlen(asked[i])) && !says_without_blanks(t, tokens, n, asked[i]))
            return LL_FAIL(
                err, LL_EINPUT,
                "%s: gives '%s' back as another text: expected a model without normalisation, dummy prefix "
                "and removal of spaces",
                where, asked[i]);
    }
    return LL_OK;
}

static ll_status load(ll_tokenizer *t, const char *where, ll_error *err) {
    model *m = t->state = calloc(1, sizeof *m);
    if (!m) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    LL_TRY(ll_sentencepiece_new(&m->library, t->file[0].at, t->file[0].size, where, err));
    t->vocab = ll_sentencepiece_vocab(m->library);
    t->end = ll_sentencepiece_end(m->library);
    if (t->end < 0) return LL_FAIL(err, LL_EINPUT, "%s: no piece that ends a sentence, expected one", where);
    LL_TRY(load_pieces(t, where, err));
    return check(t, where, err);
}

static void clear(ll_tokenizer *t) {
    model *m = t->state;
    if (m) ll_sentencepiece_free(m->library);
    free(m);
}

const ll_tokenizer_kind ll_tokenizer_sentencepiece = { "sentencepiece", { ".model" }, load, encode, clear };
