/* Tokenizers whose tokens stand for single bytes: all 256, fewer levels of them, or the letters of an alphabet. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "data/token/kinds.h"

/* What a byte becomes, where it is no token. */
enum { SKIPPED = -1, GAP = -2 };

typedef struct symbols {
    int16_t token[256];
    bool headers; /* a line that begins with '>' is skipped */
} symbols;

static ll_status fill(ll_tokenizer *t, const int16_t token[256], const uint8_t *back, int n, bool headers,
                      const char *where, ll_error *err) {
    const uint8_t *bytes[257];
    size_t size[257] = { 0 };
    symbols *s = t->state = malloc(sizeof *s);
    if (!s) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    memcpy(s->token, token, sizeof s->token);
    s->headers = headers;
    t->vocab = n + 1;
    t->end = n;
    for (int i = 0; i < n; i++) bytes[i] = back + i, size[i] = 1;
    return ll_tokenizer_pieces(t, bytes, size, where, err);
}

/* ---- levels ---- */

/* Byte b is level b * L / 256; level l says the byte that lies as far between 0 and 255. L = 256: bytes. */
static ll_status load_levels(ll_tokenizer *t, int L, const char *where, ll_error *err) {
    int16_t token[256];
    uint8_t back[256];
    t->bytewise = true;
    for (int b = 0; b < 256; b++) token[b] = (int16_t)(b * L / 256);
    for (int l = 0; l < L; l++) back[l] = (uint8_t)((l * 255 + (L - 1) / 2) / (L - 1));
    return fill(t, token, back, L, false, where, err);
}

static ll_status byte_load(ll_tokenizer *t, const char *where, ll_error *err) {
    return load_levels(t, 256, where, err);
}

static ll_status levels_load(ll_tokenizer *t, const char *where, ll_error *err) {
    char *end;
    const char *word = strchr(where, ':') + 1;
    long L = strtol(word, &end, 10);
    if (end == word || *end || L < 2 || L > 256)
        return LL_FAIL(err, LL_EINPUT, "%.80s: expected 2 to 256 levels", where);
    t->text = false;
    return load_levels(t, (int)L, where, err);
}

/* ---- alphabet ---- */

static int case_of(const char *letters, int (*is)(int)) {
    int n = 0;
    for (; *letters; letters++) n += is((unsigned char)*letters) != 0;
    return n;
}

/* Letters of either case are the same where the alphabet is of one case. White space is skipped, and so are lines
 * that begin with '>', unless they belong to the alphabet. Any other byte is a gap: the document ends there. */
static ll_status alphabet_load(ll_tokenizer *t, const char *where, ll_error *err) {
    const char *letters = strchr(where, ':') + 1;
    const bool fold = !case_of(letters, isupper) || !case_of(letters, islower);
    const size_t n = strlen(letters);
    int16_t token[256];
    if (n < 2 || n > 255) return LL_FAIL(err, LL_EINPUT, "%.80s: expected 2 to 255 letters", where);
    for (int b = 0; b < 256; b++) token[b] = strchr(" \t\n\v\f\r", b) && b ? SKIPPED : GAP;
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)letters[i];
        if (c >= 0x80) return LL_FAIL(err, LL_EINPUT, "%.80s: expected letters of ASCII", where);
        if (token[c] >= 0) return LL_FAIL(err, LL_EINPUT, "%.80s: the letter '%c' is there twice", where, c);
        token[c] = (int16_t)i;
        if (fold && isalpha(c)) token[c ^ 0x20] = (int16_t)i;
    }
    return fill(t, token, (const uint8_t *)letters, (int)n, token['>'] < 0, where, err);
}

/* ---- all of them ---- */

static size_t line_length(const uint8_t *bytes, size_t size) {
    const uint8_t *end = memchr(bytes, '\n', size);
    return end ? (size_t)(end - bytes) : size;
}

static ll_status encode(ll_tokenizer *t, const uint8_t *bytes, size_t size, ll_tokens *out, ll_error *err) {
    const symbols *s = t->state;
    bool open = false, gap = false; /* something was said; a gap follows it */
    for (size_t i = 0; i < size; i++) {
        int token = s->token[bytes[i]];
        size_t n = 1;
        if (s->headers && bytes[i] == '>' && (i == 0 || bytes[i - 1] == '\n')) {
            n = line_length(bytes + i, size - i);
            token = GAP;
        }
        if (token < 0 || t->piece[t->begin[token]] != bytes[i]) out->lost += (int64_t)n;
        i += n - 1;
        gap |= token == GAP && open;
        if (token < 0) continue;
        if (gap) LL_TRY(ll_tokens_push(out, (uint16_t)t->end, err));
        LL_TRY(ll_tokens_push(out, (uint16_t)token, err));
        open = true;
        gap = false;
    }
    return LL_OK;
}

static ll_status byte_encode(ll_tokenizer *t, const uint8_t *bytes, size_t size, ll_tokens *out, ll_error *err) {
    (void)t;
    LL_TRY(ll_tokens_reserve(out, (int64_t)size, err));
    uint16_t *const to = out->at + out->n;
    for (size_t i = 0; i < size; i++) to[i] = bytes[i];
    out->n += (int64_t)size;
    return LL_OK;
}

static void clear(ll_tokenizer *t) {
    free(t->state);
}

const ll_tokenizer_kind ll_tokenizer_byte = { "byte", { NULL }, byte_load, byte_encode, clear };
const ll_tokenizer_kind ll_tokenizer_levels = { "levels", { NULL }, levels_load, encode, clear };
const ll_tokenizer_kind ll_tokenizer_alphabet = { "alphabet", { NULL }, alphabet_load, encode, clear };
