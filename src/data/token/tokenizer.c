#define _POSIX_C_SOURCE 200809L
#include "data/token/tokenizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/system/file.h"
#include "data/token/kinds.h"
#include "data/token/sentencepiece.h"

enum { FILE_MAX = 64 << 20 };

static const ll_tokenizer_kind *const kinds[] = { &ll_tokenizer_byte,     &ll_tokenizer_levels,
                                                  &ll_tokenizer_alphabet, &ll_tokenizer_gpt2,
                                                  &ll_tokenizer_tiktoken, &ll_tokenizer_sentencepiece };

/* ---- what kinds share ---- */

ll_status ll_tokenizer_pieces(ll_tokenizer *t, const uint8_t *const *bytes, const size_t *size, const char *where,
                              ll_error *err) {
    size_t all = 0;
    if (t->vocab > LL_VOCAB_MAX)
        return LL_FAIL(err, LL_EINPUT, "%s: a vocabulary of %lld, expected at most %d: shards hold 16 bits a token",
                       where, (long long)t->vocab, LL_VOCAB_MAX);
    for (int64_t i = 0; i < t->vocab; i++) all += size[i];
    t->piece = malloc(all + 1);
    t->begin = malloc((size_t)(t->vocab + 1) * sizeof *t->begin);
    if (!t->piece || !t->begin) return LL_FAIL(err, LL_ENOMEM, "out of memory for a vocabulary");
    uint32_t at = 0;
    for (int64_t i = 0; i < t->vocab; i++) {
        t->begin[i] = at;
        if (size[i]) memcpy(t->piece + at, bytes[i], size[i]);
        at += (uint32_t)size[i];
    }
    t->begin[t->vocab] = at;
    return LL_OK;
}

ll_status ll_tokens_reserve(ll_tokens *tokens, int64_t more, ll_error *err) {
    int64_t room = tokens->room ? tokens->room : 4096;
    while (room - tokens->n < more) room *= 2;
    if (room == tokens->room) return LL_OK;
    uint16_t *bigger = realloc(tokens->at, (size_t)room * sizeof *bigger);
    if (!bigger) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld tokens", (long long)room);
    tokens->at = bigger;
    tokens->room = room;
    return LL_OK;
}

void ll_tokens_clear(ll_tokens *tokens) {
    free(tokens->at);
    *tokens = (ll_tokens) { 0 };
}

/* ---- names ---- */

/* What follows the colon; NULL for a name of another kind. */
static const char *after(const char *name, const char *kind) {
    const size_t n = strlen(kind);
    return strncmp(name, kind, n) == 0 && name[n] == ':' ? name + n + 1 : NULL;
}

static bool ends(const char *name, const char *suffix) {
    const size_t n = strlen(name), k = strlen(suffix);
    return n >= k && strcmp(name + n - k, suffix) == 0;
}

ll_status ll_tokenizer_named(char name[LL_TOKENIZER_ASKED], const char *tokenizer, int64_t levels,
                             const char *alphabet, ll_error *err) {
    int n;
    if ((strcmp(tokenizer, "bytes") != 0) + (levels != 0) + (*alphabet != 0) > 1)
        return LL_FAIL(err, LL_EINPUT, "tokenizer, levels and alphabet exclude each other");
    if (levels) n = snprintf(name, LL_TOKENIZER_ASKED, "levels:%lld", (long long)levels);
    else if (*alphabet) n = snprintf(name, LL_TOKENIZER_ASKED, "alphabet:%s", alphabet);
    else n = snprintf(name, LL_TOKENIZER_ASKED, "%s", tokenizer);
    return n < LL_TOKENIZER_ASKED ? LL_OK : LL_FAIL(err, LL_EINPUT, "tokenizer '%.40s...': name is too long", name);
}

int64_t ll_tokenizer_to_train(const char *name) {
    const char *V = after(name, "bpe");
    return V && *V && strspn(V, "0123456789") == strlen(V) && strlen(V) < 9 ? atoll(V) : 0;
}

/* A vocabulary may lie in a folder or be named itself; the merges lie beside it. */
static ll_status find_gpt2(char path[2][LL_PATH_MAX], const char *name, ll_error *err) {
    static const char *const pair[][2] = { { "vocab.json", "merges.txt" }, { "encoder.json", "vocab.bpe" } };
    const char *folder = after(name, "gpt2");
    const size_t n = strlen(name);
    for (int i = 0; i < 2; i++) {
        const size_t k = strlen(pair[i][0]);
        if (folder) {
            LL_TRY(ll_file_join(path[0], folder, pair[i][0], err));
            LL_TRY(ll_file_join(path[1], folder, pair[i][1], err));
        } else {
            if (!ends(name, pair[i][0])) continue;
            LL_TRY(ll_file_join(path[0], "", name, err));
            if (snprintf(path[1], LL_PATH_MAX, "%.*s%s", (int)(n - k), name, pair[i][1]) >= LL_PATH_MAX)
                return LL_FAIL(err, LL_EINPUT, "%.200s...: path is too long", name);
        }
        if (!folder || (access(path[0], F_OK) == 0 && access(path[1], F_OK) == 0)) return LL_OK;
    }
    return LL_FAIL(err, LL_EINPUT, "%s: expected vocab.json with merges.txt, or encoder.json with vocab.bpe",
                   folder);
}

static ll_status find_kind(const ll_tokenizer_kind **kind, char path[2][LL_PATH_MAX], const char *name,
                           ll_error *err) {
    *kind = NULL;
    if (strcmp(name, ll_tokenizer_byte.name) == 0 || strcmp(name, "bytes") == 0) *kind = &ll_tokenizer_byte;
    else if (after(name, "levels")) *kind = &ll_tokenizer_levels;
    else if (after(name, "alphabet")) *kind = &ll_tokenizer_alphabet;
    else if (after(name, "gpt2") || ends(name, "vocab.json") || ends(name, "encoder.json")) {
        *kind = &ll_tokenizer_gpt2;
        return find_gpt2(path, name, err);
    } else if (ends(name, ".tiktoken")) *kind = &ll_tokenizer_tiktoken;
    else if (ends(name, ".model")) *kind = &ll_tokenizer_sentencepiece;
    if (*kind) return (*kind)->suffix[0] ? ll_file_join(path[0], "", name, err) : LL_OK;
    return LL_FAIL(err, LL_EINPUT,
                   "tokenizer '%.200s', expected bytes, bpe:V, gpt2:FOLDER, or a path that ends in vocab.json, "
                   "encoder.json, .tiktoken or .model",
                   name);
}

/* ---- open and close ---- */

void ll_tokenizer_free(ll_tokenizer *t) {
    if (!t) return;
    t->kind->clear(t);
    for (int i = 0; i < LL_TOKENIZER_FILES; i++) free(t->file[i].at);
    free(t->piece);
    free(t->begin);
    free(t);
}

static ll_status make(ll_tokenizer **out, const ll_tokenizer_kind *kind, const char *name, ll_error *err) {
    ll_tokenizer *t = calloc(1, sizeof *t);
    *out = t;
    if (!t) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    t->kind = kind;
    t->text = true;
    if (strlen(name) >= sizeof t->name)
        return LL_FAIL(err, LL_EINPUT, "tokenizer '%.40s...': name is too long", name);
    strcpy(t->name, name);
    return LL_OK;
}

/* From the files that are in memory. */
static ll_status load(ll_tokenizer *t, const char *where, ll_error *err) {
    ll_hash h;
    uint8_t digest[LL_HASH_BYTES];
    ll_hash_init(&h);
    for (int i = 0; i < LL_TOKENIZER_FILES && t->kind->suffix[i]; i++) {
        uint64_t size = t->file[i].size;
        ll_hash_update(&h, &size, sizeof size);
        ll_hash_update(&h, t->file[i].at, t->file[i].size);
    }
    ll_hash_final(&h, digest);
    if (t->kind->suffix[0]) ll_hash_hex(digest, t->hash);
    return t->kind->load(t, where, err);
}

static ll_status open_files(ll_tokenizer **out, const ll_tokenizer_kind *kind, const char *name,
                            char path[2][LL_PATH_MAX], ll_error *err) {
    ll_status s = make(out, kind, kind->suffix[0] ? kind->name : name, err);
    for (int i = 0; s == LL_OK && i < LL_TOKENIZER_FILES && kind->suffix[i]; i++)
        s = ll_file_read(path[i], FILE_MAX, &(*out)->file[i].at, &(*out)->file[i].size, err);
    if (s == LL_OK) s = load(*out, kind->suffix[0] ? path[0] : name, err);
    if (s == LL_OK) return LL_OK;
    ll_tokenizer_free(*out);
    *out = NULL;
    return s;
}

ll_status ll_tokenizer_open(ll_tokenizer **out, const char *name, ll_error *err) {
    const ll_tokenizer_kind *kind;
    char path[2][LL_PATH_MAX];
    *out = NULL;
    LL_TRY(find_kind(&kind, path, name, err));
    return open_files(out, kind, kind == &ll_tokenizer_byte ? "byte" : name, path, err);
}

ll_status ll_tokenizer_train(ll_tokenizer **out, int64_t V, const uint8_t *text, size_t size, ll_error *err) {
    char where[32];
    snprintf(where, sizeof where, "bpe:%lld", (long long)V);
    ll_status s = make(out, &ll_tokenizer_sentencepiece, ll_tokenizer_sentencepiece.name, err);
    if (s == LL_OK) s = ll_sentencepiece_train(V, text, size, &(*out)->file[0].at, &(*out)->file[0].size, err);
    if (s == LL_OK) s = load(*out, where, err);
    if (s == LL_OK) return LL_OK;
    ll_tokenizer_free(*out);
    *out = NULL;
    return s;
}

/* ---- beside a shard ---- */

static ll_status path_beside(char out[LL_PATH_MAX], const char *prefix, const char *suffix, ll_error *err) {
    if (snprintf(out, LL_PATH_MAX, "%s%s", prefix, suffix) < LL_PATH_MAX) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%.200s...: path is too long", prefix);
}

ll_status ll_tokenizer_save(const ll_tokenizer *t, const char *prefix, ll_error *err) {
    for (int i = 0; i < LL_TOKENIZER_FILES && t->kind->suffix[i]; i++) {
        char path[LL_PATH_MAX];
        ll_file f;
        LL_TRY(path_beside(path, prefix, t->kind->suffix[i], err));
        LL_TRY(ll_file_create(&f, path, err));
        if (fwrite(t->file[i].at, 1, t->file[i].size, f.out) != t->file[i].size) {
            ll_file_abandon(&f);
            return LL_FAIL(err, LL_EIO, "%s: cannot write", path);
        }
        LL_TRY(ll_file_commit(&f, err));
    }
    return LL_OK;
}

/* NULL: its tokens are no text. */
static const ll_tokenizer_kind *kind_of(const char *name) {
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (strcmp(name, kinds[k]->name) == 0 || after(name, kinds[k]->name)) return kinds[k];
    return NULL;
}

ll_status ll_tokenizer_kept(char out[LL_TOKENIZER_ASKED], const char *prefix, const char *name, ll_error *err) {
    const ll_tokenizer_kind *kind = kind_of(name);
    const char *suffix = kind ? kind->suffix[0] : NULL;
    const int n = snprintf(out, LL_TOKENIZER_ASKED, "%s%s", suffix ? prefix : name, suffix ? suffix : "");
    return n < LL_TOKENIZER_ASKED ? LL_OK : LL_FAIL(err, LL_EINPUT, "%.200s...: path is too long", prefix);
}

ll_status ll_tokenizer_beside(ll_tokenizer **out, const char *prefix, const char *name, const char *hash,
                              ll_error *err) {
    const ll_tokenizer_kind *kind = kind_of(name);
    char path[2][LL_PATH_MAX];
    *out = NULL;
    if (!kind) return LL_OK;
    for (int i = 0; i < LL_TOKENIZER_FILES && kind->suffix[i]; i++)
        LL_TRY(path_beside(path[i], prefix, kind->suffix[i], err));
    LL_TRY(open_files(out, kind, name, path, err));
    if (strcmp((*out)->hash, hash) == 0) return LL_OK;
    ll_status s = LL_FAIL(err, LL_EFORMAT, "%s: hash %.12s, but the shards were built with the tokenizer %.12s",
                          path[0], (*out)->hash, hash);
    ll_tokenizer_free(*out);
    *out = NULL;
    return s;
}

/* ---- encode, decode ---- */

ll_status ll_tokenizer_encode(ll_tokenizer *t, const uint8_t *bytes, size_t size, ll_tokens *out, ll_error *err) {
    return t->kind->encode(t, bytes, size, out, err);
}

size_t ll_tokenizer_decode(const ll_tokenizer *t, const uint16_t *tokens, int64_t n, uint8_t *out) {
    size_t at = 0;
    for (int64_t i = 0; i < n; i++) {
        size_t size;
        const uint8_t *piece = ll_tokenizer_piece(t, tokens[i], &size);
        if (out) memcpy(out + at, piece, size);
        at += size;
    }
    return at;
}
