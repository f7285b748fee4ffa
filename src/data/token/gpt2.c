/* GPT-2's files (Radford et al. 2019): a JSON object of pieces and their tokens, and lines of two pieces that are
 * merged, in the order of their ranks. Bytes are written there as printable characters (byte_level.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document/json.h"
#include "data/token/byte_level.h"
#include "data/token/kinds.h"

enum { MOST_TOKENS = 1 << 20, LINE_MAX_BYTES = 4096 };

/* ---- bytes as characters ---- */

/* The bytes of characters below LL_BYTE_CODES, -1 for none. */
static void list_bytes(int16_t byte[LL_BYTE_CODES]) {
    int16_t code[256];
    ll_byte_codes(code);
    memset(byte, -1, LL_BYTE_CODES * sizeof *byte);
    for (int b = 0; b < 256; b++) byte[code[b]] = (int16_t)b;
}

/* In place; what is no such character (of a special token) stays as it is. */
static size_t unwritten(char *piece, const int16_t byte_of[LL_BYTE_CODES]) {
    char *out = piece;
    for (const char *at = piece; *at;) {
        const unsigned char a = (unsigned char)at[0], b = (unsigned char)at[1];
        const bool two = a >= 0xC2 && a < 0xE0 && (b & 0xC0) == 0x80;
        const unsigned code = two ? (a & 0x1Fu) << 6 | (b & 0x3Fu) : a;
        const int byte = code < (two ? LL_BYTE_CODES : 0x80) ? byte_of[code] : -1;
        *out++ = byte < 0 ? *at : (char)byte;
        at += byte >= 0 && two ? 2 : 1;
    }
    return (size_t)(out - piece);
}

/* ---- the vocabulary ---- */

typedef struct pieces {
    char **text; /* [n] */
    size_t *size;
    int64_t n;
} pieces;

static void clear_pieces(pieces *p) {
    for (int64_t i = 0; p->text && i < p->n; i++) free(p->text[i]);
    free(p->text);
    free(p->size);
}

/* The largest token, and the end's. */
static ll_status measure(ll_tokenizer *t, const ll_json *vocab, const char *where, ll_error *err) {
    const ll_json *value;
    for (const char *key = ll_json_next(vocab, NULL, &value); key; key = ll_json_next(vocab, key, &value)) {
        const int64_t id = ll_json_get_int(vocab, key, -1);
        if (id < 0 || id >= MOST_TOKENS)
            return LL_FAIL(err, LL_EFORMAT, "%s: '%.40s': expected a token from 0 to %d", where, key,
                           MOST_TOKENS - 1);
        if (id >= t->vocab) t->vocab = id + 1;
    }
    t->end = (int32_t)ll_json_get_int(vocab, LL_END_OF_TEXT, t->vocab);
    t->vocab += t->end == t->vocab;
    return LL_OK;
}

static ll_status read_pieces(ll_tokenizer *t, const ll_json *vocab, const char *where, pieces *p, ll_error *err) {
    const ll_json *value;
    int16_t byte_of[LL_BYTE_CODES];
    list_bytes(byte_of);
    p->n = t->vocab;
    p->text = calloc((size_t)p->n, sizeof *p->text);
    p->size = calloc((size_t)p->n, sizeof *p->size);
    if (!p->text || !p->size) return LL_FAIL(err, LL_ENOMEM, "out of memory for a vocabulary");
    for (const char *key = ll_json_next(vocab, NULL, &value); key; key = ll_json_next(vocab, key, &value)) {
        const int64_t id = ll_json_get_int(vocab, key, -1);
        if (p->text[id]) return LL_FAIL(err, LL_EFORMAT, "%s: the token %lld is there twice", where, (long long)id);
        p->text[id] = malloc(strlen(key) + 1);
        if (!p->text[id]) return LL_FAIL(err, LL_ENOMEM, "out of memory for a vocabulary");
        strcpy(p->text[id], key);
        p->size[id] = id == t->end ? 0 : unwritten(p->text[id], byte_of);
    }
    return ll_byte_level_pieces(t, (const uint8_t *const *)p->text, p->size, where, err);
}

/* ---- merges ---- */

/* "LEFT RIGHT". */
static ll_status add_merge(ll_bpe *b, const ll_json *vocab, char *line, int64_t number, uint32_t rank,
                           ll_error *err) {
    char both[LINE_MAX_BYTES], *space = strchr(line, ' ');
    int64_t left = -1, right = -1, merged = -1;
    if (space && strlen(line) < sizeof both) {
        *space = 0;
        snprintf(both, sizeof both, "%s%s", line, space + 1);
        left = ll_json_get_int(vocab, line, -1);
        right = ll_json_get_int(vocab, space + 1, -1);
        merged = ll_json_get_int(vocab, both, -1);
    }
    if (left >= 0 && right >= 0 && merged >= 0)
        return ll_bpe_add(b, (uint32_t)left, (uint32_t)right, (uint32_t)merged, rank, err);
    return LL_FAIL(err, LL_EFORMAT, "merges, line %lld: expected two pieces of the vocabulary that make a third",
                   (long long)number);
}

static ll_status read_merges(ll_bpe *b, const ll_json *vocab, char *text, ll_error *err) {
    uint32_t rank = 0;
    int64_t number = 1;
    for (char *line = text, *next; *line; line = next, number++) {
        const size_t n = strcspn(line, "\r\n");
        next = line + n + strspn(line + n, "\r");
        next += *next == '\n';
        line[n] = 0;
        if (n && !(number == 1 && line[0] == '#')) LL_TRY(add_merge(b, vocab, line, number, rank++, err));
    }
    return LL_OK;
}

/* ---- the kind ---- */

static ll_status read_all(ll_tokenizer *t, const ll_json *vocab, const char *where, ll_error *err) {
    pieces p = { 0 };
    LL_TRY(measure(t, vocab, where, err));
    ll_status s = read_pieces(t, vocab, where, &p, err);
    clear_pieces(&p);
    if (s != LL_OK) return s;
    LL_TRY(ll_byte_level_check_text(t->file[1].at, t->file[1].size, where, err));
    char *merges = malloc(t->file[1].size + 1); /* file[] stays as it was read */
    if (!merges) return LL_FAIL(err, LL_ENOMEM, "out of memory for merges");
    memcpy(merges, t->file[1].at, t->file[1].size);
    merges[t->file[1].size] = 0;
    s = read_merges(&((ll_byte_level *)t->state)->bpe, vocab, merges, err);
    free(merges);
    if (s != LL_OK) ll_error_prefix(err, "%s", where);
    return s;
}

static ll_status load(ll_tokenizer *t, const char *where, ll_error *err) {
    ll_json *vocab;
    LL_TRY(ll_byte_level_new(t, where, err));
    LL_TRY(ll_json_parse(t->file[0].at, t->file[0].size, where, &vocab, err));
    ll_status s = read_all(t, vocab, where, err);
    ll_json_free(vocab);
    return s;
}

const ll_tokenizer_kind ll_tokenizer_gpt2 = {
    "gpt2", { ".vocab.json", ".merges.txt" }, load, ll_byte_level_encode, ll_byte_level_clear
};
