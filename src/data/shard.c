#define _POSIX_C_SOURCE 200809L
#include "data/shard.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/document/hash.h"

enum { SIDECAR_MAX = 1 << 20, MAGIC_32_BIT = 20240801, BUFFER = 1 << 20 };
#define SCHEMA "loglog.shard/1"
#define CHECK "check"

static bool little_endian(void) {
    const uint16_t one = 1;
    return *(const uint8_t *)&one == 1;
}

/* "x.bin" has "x.json" beside it, any other name gets ".json" appended. */
static ll_status sidecar_path(char out[LL_PATH_MAX], const char *path, ll_error *err) {
    size_t n = strlen(path);
    if (n >= 4 && strcmp(path + n - 4, ".bin") == 0) n -= 4;
    if (n + sizeof ".json" > LL_PATH_MAX) return LL_FAIL(err, LL_EINPUT, "%.200s...: path is too long", path);
    memcpy(out, path, n);
    strcpy(out + n, ".json");
    return LL_OK;
}

/* ---- reading ---- */

static ll_status check_header(const ll_map *map, const char *path, int64_t *count, ll_error *err) {
    if (!little_endian())
        return LL_FAIL(err, LL_EFORMAT, "%s: shards are little-endian, this machine is not", path);
    if (map->size < LL_SHARD_HEADER)
        return LL_FAIL(err, LL_EFORMAT, "%s: %zu bytes, expected a shard with a header of %d", path, map->size,
                       LL_SHARD_HEADER);
    const int32_t *h = map->data;
    if (h[0] == MAGIC_32_BIT)
        return LL_FAIL(err, LL_EFORMAT, "%s: magic %d marks tokens of 32 bits, expected %d (16 bits)", path, h[0],
                       LL_SHARD_MAGIC);
    if (h[0] != LL_SHARD_MAGIC)
        return LL_FAIL(err, LL_EFORMAT, "%s: magic %d, expected %d", path, h[0], LL_SHARD_MAGIC);
    if (h[1] != LL_SHARD_VERSION)
        return LL_FAIL(err, LL_EFORMAT, "%s: version %d, expected %d", path, h[1], LL_SHARD_VERSION);
    uint64_t n = (uint64_t)(uint32_t)h[3] << 32 | (uint32_t)h[2], held = (map->size - LL_SHARD_HEADER) / 2;
    if (n != held || map->size % 2)
        return LL_FAIL(err, LL_EFORMAT, "%s: the header says %llu tokens, the file of %zu bytes holds %llu", path,
                       (unsigned long long)n, map->size, (unsigned long long)held);
    if (n == 0) return LL_FAIL(err, LL_EFORMAT, "%s: no tokens", path);
    *count = (int64_t)n;
    return LL_OK;
}

static uint16_t largest(const uint16_t *tokens, int64_t n) {
    uint16_t most = 0;
    for (int64_t i = 0; i < n; i++) most = tokens[i] > most ? tokens[i] : most;
    return most;
}

static ll_status read_count(const ll_json *doc, const char *key, int64_t most, const char *path, int64_t *out,
                            ll_error *err) {
    *out = ll_json_get_int(doc, key, -1);
    if (*out >= 0 && *out <= most) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "%s: %s must be a whole number from 0 to %lld", path, key, (long long)most);
}

static ll_status read_text(const ll_json *doc, const char *key, const char *path, char *out, size_t size,
                           ll_error *err) {
    const char *text = ll_json_get_str(doc, key);
    if (!text || strlen(text) >= size)
        return LL_FAIL(err, LL_EFORMAT, "%s: %s must be a text of at most %zu bytes", path, key, size - 1);
    strcpy(out, text);
    return LL_OK;
}

/* SHA-256 over the sidecar as it is written, this key left out. */
static char *check_of(ll_json *doc, char hex[LL_HASH_HEX]) {
    ll_json *rest = ll_json_copy(doc);
    ll_json_drop(rest, CHECK);
    char *text = ll_json_text(rest, true);
    ll_json_free(rest);
    if (!text) return NULL;
    ll_hash_of(text, strlen(text), hex);
    free(text);
    return hex;
}

/* Sidecars of before there was such a key have none. */
static ll_status check_sidecar(ll_json *doc, const char *path, ll_error *err) {
    char hex[LL_HASH_HEX];
    const char *said = ll_json_get_str(doc, CHECK);
    if (!said) return LL_OK;
    if (!check_of(doc, hex)) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", path);
    if (strcmp(said, hex) == 0) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "%s: damaged, or edited: its contents have the hash %.12s, it says %.12s", path,
                   hex, said);
}

/* Keys that came later. */
static ll_status read_later(const ll_json *doc, const char *path, ll_shard_info *info, ll_error *err) {
    const char *listing = ll_json_get_str(doc, "listing"), *unread = ll_json_get_str(doc, "first_unread");
    const char *hash = ll_json_get_str(doc, "tokenizer_hash");
    snprintf(info->tokenizer_hash, sizeof info->tokenizer_hash, "%s", hash ? hash : "");
    info->lost = ll_json_get_int(doc, "lost", 0);
    snprintf(info->listing, sizeof info->listing, "%s", listing ? listing : "");
    snprintf(info->first_unread, sizeof info->first_unread, "%s", unread ? unread : "");
    info->unread = ll_json_get_int(doc, "unread", 0);
    if (ll_canaries_read(&info->canaries, ll_json_get(doc, "canaries"), err) == LL_OK) return LL_OK;
    return ll_error_prefix(err, "%s", path);
}

/* Tokens that do not give all bytes back do not carry the information of the bytes: no bits per byte of theirs is
 * right. */
static double bytes_per_token(const ll_shard_info *info) {
    return info->bytes > 0 && info->tokens > 0 && !info->lost ? (double)info->bytes / (double)info->tokens : NAN;
}

static ll_status bind_sidecar(const ll_json *doc, const char *path, int64_t n, ll_shard_info *info, ll_error *err) {
    const char *schema = ll_json_get_str(doc, "schema");
    if (!schema || strcmp(schema, SCHEMA) != 0)
        return LL_FAIL(err, LL_EFORMAT, "%s: schema is '%.40s', expected '" SCHEMA "'", path, schema ? schema : "");
    LL_TRY(read_count(doc, "vocab", 65536, path, &info->vocab, err));
    LL_TRY(read_count(doc, "bytes", INT64_MAX, path, &info->bytes, err));
    LL_TRY(read_count(doc, "characters", INT64_MAX, path, &info->characters, err));
    LL_TRY(read_count(doc, "documents", INT64_MAX, path, &info->documents, err));
    LL_TRY(read_count(doc, "tokens", INT64_MAX, path, &info->tokens, err));
    LL_TRY(read_count(doc, "duplicates", INT64_MAX, path, &info->duplicates, err));
    LL_TRY(read_text(doc, "tokenizer", path, info->tokenizer, sizeof info->tokenizer, err));
    LL_TRY(read_text(doc, "origin", path, info->origin, sizeof info->origin, err));
    LL_TRY(read_text(doc, "hash", path, info->hash, sizeof info->hash, err));
    if (info->vocab == 0) return LL_FAIL(err, LL_EFORMAT, "%s: vocab must be above 0", path);
    if (info->tokens != n)
        return LL_FAIL(err, LL_EFORMAT, "%s: says %lld tokens, the shard beside it holds %lld", path,
                       (long long)info->tokens, (long long)n);
    LL_TRY(read_later(doc, path, info, err));
    info->entropy = ll_json_get_num(doc, "entropy");
    info->entropy_error = ll_json_get_num(doc, "entropy_error");
    info->bytes_per_token = bytes_per_token(info);
    return LL_OK;
}

static ll_status read_sidecar(const char *path, int64_t n, ll_shard_info *info, ll_error *err) {
    ll_json *doc;
    LL_TRY(ll_json_load(path, SIDECAR_MAX, &doc, err));
    ll_status s = check_sidecar(doc, path, err);
    if (s == LL_OK) s = bind_sidecar(doc, path, n, info, err);
    ll_json_free(doc);
    return s;
}

static ll_status read_info(ll_shard *s, const char *path, ll_error *err) {
    char side[LL_PATH_MAX];
    LL_TRY(sidecar_path(side, path, err));
    s->info = (ll_shard_info) {
        .tokens = s->n, .bytes_per_token = NAN, .entropy = NAN, .entropy_error = NAN, .tokenizer = "unknown"
    };
    if (access(side, F_OK) == 0) return read_sidecar(side, s->n, &s->info, err);
    s->info.vocab = largest(s->tokens, s->n) + 1;
    snprintf(s->info.origin, sizeof s->info.origin, "%s", path);
    return LL_OK;
}

ll_status ll_shard_open(ll_shard *s, const char *path, ll_error *err) {
    *s = (ll_shard) { 0 };
    LL_TRY(ll_map_open(&s->map, path, err));
    ll_status status = check_header(&s->map, path, &s->n, err);
    if (status == LL_OK) {
        s->tokens = (const uint16_t *)((const char *)s->map.data + LL_SHARD_HEADER);
        status = read_info(s, path, err);
    }
    if (status != LL_OK) ll_shard_close(s);
    return status;
}

void ll_shard_close(ll_shard *s) {
    ll_map_close(&s->map);
    *s = (ll_shard) { 0 };
}

ll_status ll_shard_path(char out[LL_PATH_MAX], const char *prefix, const char *side, ll_error *err) {
    int n = snprintf(out, LL_PATH_MAX, "%s.%s.bin", prefix, side);
    if (n < 0 || n >= LL_PATH_MAX) return LL_FAIL(err, LL_EINPUT, "%.200s...: path is too long", prefix);
    return LL_OK;
}

ll_status ll_shard_same_tokenizer(const ll_shard_info *a, const ll_shard_info *b, ll_error *err) {
    static const char unknown[] = "unknown";
    if (!strcmp(a->tokenizer, unknown) || !strcmp(b->tokenizer, unknown)) return LL_OK;
    if (!strcmp(a->tokenizer, b->tokenizer) && !strcmp(a->tokenizer_hash, b->tokenizer_hash)) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "tokens of %s %.12s, expected those of %s %.12s", b->tokenizer,
                   b->tokenizer_hash, a->tokenizer, a->tokenizer_hash);
}

ll_status ll_shard_open_pair(ll_shard *train, ll_shard *val, const char *prefix, ll_error *err) {
    char path[LL_PATH_MAX];
    *val = (ll_shard) { 0 };
    LL_TRY(ll_shard_path(path, prefix, "train", err));
    LL_TRY(ll_shard_open(train, path, err));
    ll_status s = ll_shard_path(path, prefix, "val", err);
    if (s == LL_OK) s = ll_shard_open(val, path, err);
    if (s == LL_OK && (s = ll_shard_same_tokenizer(&train->info, &val->info, err)) != LL_OK) {
        ll_error_prefix(err, "%s", path);
        ll_shard_close(val);
    }
    if (s != LL_OK) ll_shard_close(train);
    return s;
}

ll_status ll_shard_verify(ll_shard *s, const char *path, ll_error *err) {
    char hex[LL_HASH_HEX];
    int64_t most = largest(s->tokens, s->n);
    if (most >= s->info.vocab)
        return LL_FAIL(err, LL_EFORMAT, "%s: token %lld is outside the vocabulary of %lld", path, (long long)most,
                       (long long)s->info.vocab);
    ll_hash_of(s->tokens, (size_t)s->n * sizeof *s->tokens, hex);
    if (s->info.hash[0] && strcmp(s->info.hash, hex) != 0)
        return LL_FAIL(err, LL_EFORMAT, "%s: the tokens have the hash %s, its sidecar says %s", path, hex,
                       s->info.hash);
    strcpy(s->info.hash, hex);
    return LL_OK;
}

/* ---- writing ---- */

struct ll_shard_writer {
    ll_file shard, sidecar;
    ll_hash hash;
    int64_t n;
    ll_shard_info info; /* what the sidecar says, once settled */
    bool settled;
};

static ll_status refused(ll_shard_writer *w, ll_error *err) {
    return LL_FAIL(err, LL_EIO, "%s: cannot write: %s", w->shard.path, strerror(errno));
}

static ll_status write_header(ll_shard_writer *w, ll_error *err) {
    const uint64_t n = (uint64_t)w->n;
    const uint32_t header[LL_SHARD_HEADER / 4] = { LL_SHARD_MAGIC, LL_SHARD_VERSION, (uint32_t)n,
                                                   (uint32_t)(n >> 32) };
    bool ok = fseeko(w->shard.out, 0, SEEK_SET) == 0 && fwrite(header, sizeof header, 1, w->shard.out) == 1;
    return ok ? LL_OK : refused(w, err);
}

static ll_status sync_file(ll_shard_writer *w, FILE *out, ll_error *err) {
    return fflush(out) == 0 && fsync(fileno(out)) == 0 ? LL_OK : refused(w, err);
}

ll_status ll_shard_create(ll_shard_writer **out, const char *path, ll_error *err) {
    *out = NULL;
    if (!little_endian())
        return LL_FAIL(err, LL_EFORMAT, "%s: shards are little-endian, this machine is not", path);
    ll_shard_writer *w = calloc(1, sizeof *w);
    if (!w) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", path);
    ll_hash_init(&w->hash);
    ll_status s = ll_file_create(&w->shard, path, err);
    if (s == LL_OK) {
        setvbuf(w->shard.out, NULL, _IOFBF, BUFFER);
        s = write_header(w, err);
    }
    if (s != LL_OK) ll_shard_abandon(w);
    else *out = w;
    return s;
}

ll_status ll_shard_push(ll_shard_writer *w, const uint16_t *tokens, int64_t n, ll_error *err) {
    if (fwrite(tokens, sizeof *tokens, (size_t)n, w->shard.out) != (size_t)n) return refused(w, err);
    ll_hash_update(&w->hash, tokens, (size_t)n * sizeof *tokens);
    w->n += n;
    return LL_OK;
}

void ll_shard_describe(const ll_shard_info *info, ll_json *o) {
    ll_json_set_str(o, "tokenizer", info->tokenizer);
    ll_json_set_str(o, "tokenizer_hash", info->tokenizer_hash);
    ll_json_set_int(o, "vocab", info->vocab);
    ll_json_set_int(o, "tokens", info->tokens);
    ll_json_set_int(o, "bytes", info->bytes);
    ll_json_set_int(o, "characters", info->characters);
    ll_json_set_int(o, "lost", info->lost);
    ll_json_set_int(o, "documents", info->documents);
    ll_json_set_int(o, "duplicates", info->duplicates);
    ll_json_set_num(o, "bytes_per_token", info->bytes_per_token);
    ll_json_set_num(o, "entropy", info->entropy);
    ll_json_set_num(o, "entropy_error", info->entropy_error);
    ll_json_set_str(o, "origin", info->origin);
    ll_json_set_str(o, "hash", info->hash);
    if (info->canaries.n) ll_json_set(o, "canaries", ll_canaries_json(&info->canaries));
}

static ll_status write_sidecar(ll_shard_writer *w, ll_error *err) {
    char path[LL_PATH_MAX];
    LL_TRY(sidecar_path(path, w->shard.path, err));
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "schema", SCHEMA);
    ll_shard_describe(&w->info, o);
    ll_json_set_str(o, "listing", w->info.listing);
    ll_json_set_int(o, "unread", w->info.unread);
    ll_json_set_str(o, "first_unread", w->info.first_unread);
    char hex[LL_HASH_HEX];
    if (check_of(o, hex)) ll_json_set_str(o, CHECK, hex);
    char *text = ll_json_get_str(o, CHECK) ? ll_json_text(o, true) : NULL;
    ll_json_free(o);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", path);
    ll_status s = ll_file_create(&w->sidecar, path, err);
    if (s == LL_OK && fprintf(w->sidecar.out, "%s\n", text) < 0) s = refused(w, err);
    free(text);
    return s;
}

ll_status ll_shard_settle(ll_shard_writer *w, const ll_shard_info *info, ll_error *err) {
    uint8_t digest[LL_HASH_BYTES];
    ll_hash_final(&w->hash, digest);
    w->info = *info;
    w->info.tokens = w->n;
    w->info.bytes_per_token = bytes_per_token(&w->info);
    ll_hash_hex(digest, w->info.hash);
    w->settled = true;
    LL_TRY(write_header(w, err));
    LL_TRY(sync_file(w, w->shard.out, err));
    LL_TRY(write_sidecar(w, err));
    return sync_file(w, w->sidecar.out, err);
}

ll_status ll_shard_commit(ll_shard_writer *w, ll_shard_info *info, ll_error *err) {
    ll_status s = w->settled ? LL_OK : ll_shard_settle(w, info, err);
    if (s == LL_OK) {
        s = ll_file_commit(&w->sidecar, err);
        if (s == LL_OK && (s = ll_file_commit(&w->shard, err)) != LL_OK) unlink(w->sidecar.path);
    }
    *info = w->info;
    ll_shard_abandon(w);
    return s;
}

void ll_shard_abandon(ll_shard_writer *w) {
    if (!w) return;
    ll_file_abandon(&w->shard);
    ll_file_abandon(&w->sidecar);
    free(w);
}
