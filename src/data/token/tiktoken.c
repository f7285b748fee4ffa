/* A .tiktoken file: lines of a piece in base 64 and its token, which is its rank too: two pieces are merged where what
 * they make is a piece, the lowest first. The end of a document is the first token that the file leaves free. */
#include <stdlib.h>
#include <string.h>

#include "data/token/byte_level.h"
#include "data/token/kinds.h"

enum { MOST_TOKENS = 1 << 18, PIECE_MAX = 1024 };

typedef struct pieces {
    uint8_t **bytes; /* [MOST_TOKENS], of size */
    size_t *size;
    uint32_t *slot; /* [room] of the table of pieces: token + 1; 0 is free */
    size_t room;
} pieces;

/* ---- lines ---- */

static int digit_of(char c) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Four digits are three bytes, '=' fills up; *at moves behind them. out has room. */
static size_t read_base64(const char **at, uint8_t *out, size_t most) {
    uint32_t bits = 0;
    size_t n = 0;
    for (int k = 1, d; (d = digit_of(**at)) >= 0 && n + 3 <= most; (*at)++, k++) {
        bits = bits << 6 | (uint32_t)d;
        if (k % 4 > 1) out[n++] = (uint8_t)(bits >> (2 * (4 - k % 4)));
        else if (k % 4 == 0) out[n++] = (uint8_t)bits;
    }
    *at += strspn(*at, "=");
    return n;
}

static ll_status read_line(pieces *p, const char **at, int64_t line, const char *where, ll_error *err) {
    uint8_t piece[PIECE_MAX];
    char *end;
    const size_t n = read_base64(at, piece, sizeof piece);
    const long long token = **at == ' ' ? strtoll(*at + 1, &end, 10) : -1;
    if (!n || token < 0 || token >= MOST_TOKENS || end == *at + 1 || !strchr("\r\n", *end) || p->bytes[token])
        return LL_FAIL(err, LL_EFORMAT, "%s:%lld: expected a piece in base 64 and a token of its own", where,
                       (long long)line);
    *at = end + strspn(end, "\r\n");
    p->bytes[token] = malloc(n);
    if (!p->bytes[token]) return LL_FAIL(err, LL_ENOMEM, "out of memory for a vocabulary");
    memcpy(p->bytes[token], piece, n);
    p->size[token] = n;
    return LL_OK;
}

static ll_status read_lines(ll_tokenizer *t, pieces *p, const char *where, ll_error *err) {
    const char *at = t->file[0].at;
    LL_TRY(ll_byte_level_check_text(t->file[0].at, t->file[0].size, where, err));
    p->bytes = calloc(MOST_TOKENS, sizeof *p->bytes);
    p->size = calloc(MOST_TOKENS, sizeof *p->size);
    if (!p->bytes || !p->size) return LL_FAIL(err, LL_ENOMEM, "out of memory for a vocabulary");
    for (int64_t line = 1; *at; line++) LL_TRY(read_line(p, &at, line, where, err));
    for (t->end = 0; t->end < MOST_TOKENS && p->bytes[t->end]; t->end++) {
    }
    for (int64_t i = 0; i < MOST_TOKENS; i++)
        if (p->bytes[i] || i == t->end) t->vocab = i + 1;
    return ll_byte_level_pieces(t, (const uint8_t *const *)p->bytes, p->size, where, err);
}

/* ---- merges ---- */

static uint32_t *slot_of(const pieces *p, const uint8_t *bytes, size_t size) {
    uint64_t h = 0xCBF29CE484222325u;
    for (size_t i = 0; i < size; i++) h = (h ^ bytes[i]) * 0x100000001B3u;
    for (size_t i = (size_t)(h ^ h >> 29) & (p->room - 1);; i = (i + 1) & (p->room - 1)) {
        const uint32_t token = p->slot[i];
        if (!token || (p->size[token - 1] == size && memcmp(p->bytes[token - 1], bytes, size) == 0))
            return &p->slot[i];
    }
}

static ll_status add_merges(ll_tokenizer *t, pieces *p, ll_error *err) {
    ll_bpe *b = &((ll_byte_level *)t->state)->bpe;
    p->room = 4 * LL_VOCAB_MAX;
    p->slot = calloc(p->room, sizeof *p->slot);
    if (!p->slot) return LL_FAIL(err, LL_ENOMEM, "out of memory for a vocabulary");
    for (uint32_t i = 0; i < t->vocab; i++)
        if (p->size[i]) *slot_of(p, p->bytes[i], p->size[i]) = i + 1;
    for (uint32_t i = 0; i < t->vocab; i++)
        for (size_t cut = 1; cut < p->size[i]; cut++) {
            const uint32_t left = *slot_of(p, p->bytes[i], cut);
            const uint32_t right = *slot_of(p, p->bytes[i] + cut, p->size[i] - cut);
            if (left && right) LL_TRY(ll_bpe_add(b, left - 1, right - 1, i, i, err));
        }
    return LL_OK;
}

/* ---- the kind ---- */

static ll_status load(ll_tokenizer *t, const char *where, ll_error *err) {
    pieces p = { 0 };
    LL_TRY(ll_byte_level_new(t, where, err));
    ll_status s = read_lines(t, &p, where, err);
    if (s == LL_OK) s = add_merges(t, &p, err);
    for (int64_t i = 0; p.bytes && i < MOST_TOKENS; i++) free(p.bytes[i]);
    free(p.bytes);
    free(p.size);
    free(p.slot);
    return s;
}

const ll_tokenizer_kind ll_tokenizer_tiktoken = {
    "tiktoken", { ".tiktoken" }, load, ll_byte_level_encode, ll_byte_level_clear
};
