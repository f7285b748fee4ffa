/* Token shards in llm.c's layout: 256 int32 of header (magic 20240520, version 1, count), then uint16 tokens, all
 * little-endian. A count above 2^31 - 1 has its high half in the fourth word, which others leave zero. A JSON file
 * beside the shard holds what the header cannot.
 *
 *     ll_shard s;
 *     LL_TRY(ll_shard_open(&s, "demo/train.bin", err));      memory-mapped: 100 GB need no memory
 *     s.tokens[i], s.n, s.info.vocab
 *     ll_shard_close(&s);
 *
 * PREFIX names a pair: PREFIX.train.bin and PREFIX.val.bin, each with .json beside it (PREFIX.train.json).
 * The byte tokenizer has 257 tokens; 256 ends a document.
 */
#ifndef LL_DATA_SHARD_H
#define LL_DATA_SHARD_H

#include <stdint.h>

#include "base/document/json.h"
#include "base/system/file.h"
#include "data/generated/canaries.h"
#include "data/token/tokenizer.h"

enum {
    LL_SHARD_MAGIC = 20240520,
    LL_SHARD_VERSION = 1,
    LL_SHARD_HEADER = 1024,
    LL_TOKEN_END = 256,
    LL_BYTE_VOCAB = 257
};

typedef struct ll_shard_info {
    int64_t vocab; /* 257 for bytes; from the largest token where no sidecar says */
    int64_t bytes, documents, tokens, duplicates;
    int64_t characters;                /* bytes that continue no UTF-8 sequence; 0 where the bytes are no text */
    int64_t lost;                      /* of the bytes, those that the tokens do not give back */
    double bytes_per_token;            /* NaN where no sidecar says, for sources, and where bytes are lost */
    double entropy;                    /* entropy rate of a synthetic source, nats per token; NaN for text */
    double entropy_error;              /* half the width of its bounds: 0 where it is exact; NaN for text */
    char tokenizer[LL_TOKENIZER_NAME]; /* its name (tokenizer.h), or "source", "unknown" */
    char tokenizer_hash[65];           /* of its files; empty where the name says it all */
    char origin[1024];                 /* where the text came from */
    char hash[65];                     /* SHA-256 of the tokens, hexadecimal; empty where no sidecar says */
    char listing[65];       /* of the text's files when it was read (corpus.h); empty where no sidecar says */
    int64_t unread;         /* files of the text that could not be opened */
    char first_unread[300]; /* of them, with the reason */
    ll_canaries canaries;   /* planted among these tokens; n is 0 where there are none */
} ll_shard_info;

typedef struct ll_shard {
    const uint16_t *tokens; /* [n], mapped */
    int64_t n;
    ll_shard_info info;
    ll_map map;
} ll_shard;

/* Bad magic, truncation, a count that does not match the size, an empty shard, a sidecar that contradicts it:
 * LL_EFORMAT with what was expected. Without a sidecar (llm.c's own files) the vocabulary is found by a scan; with
 * one the tokens are not read, however many there are. */
ll_status ll_shard_open(ll_shard *s, const char *path, ll_error *err);
void ll_shard_close(ll_shard *s);

/* LL_EINPUT where the tokens of a and b are not of one tokenizer, as far as their sidecars say. */
ll_status ll_shard_same_tokenizer(const ll_shard_info *a, const ll_shard_info *b, ll_error *err);

/* Opens PREFIX.train.bin and PREFIX.val.bin, which are of one tokenizer. */
ll_status ll_shard_open_pair(ll_shard *train, ll_shard *val, const char *prefix, ll_error *err);

/* PREFIX.SIDE.bin into out. */
ll_status ll_shard_path(char out[LL_PATH_MAX], const char *prefix, const char *side, ll_error *err);

/* Sets what the sidecar says, all but its schema, in an object. */
void ll_shard_describe(const ll_shard_info *info, ll_json *object);

/* Reads every token: LL_EFORMAT when one lies outside the vocabulary or the hash is not the sidecar's. Fills in
 * info.hash where no sidecar says it. path is for the message. */
ll_status ll_shard_verify(ll_shard *s, const char *path, ll_error *err);

/* Streams tokens to a shard and its sidecar; both are renamed into place together at the end. */
typedef struct ll_shard_writer ll_shard_writer;
ll_status ll_shard_create(ll_shard_writer **out, const char *path, ll_error *err);
ll_status ll_shard_push(ll_shard_writer *w, const uint16_t *tokens, int64_t n, ll_error *err);
/* Everything written and synced, so that only the renames are left; for committing several shards together. */
ll_status ll_shard_settle(ll_shard_writer *w, const ll_shard_info *info, ll_error *err);
/* Settles and renames. info's tokens and hash are filled in, and bytes_per_token from bytes; w is freed, also on
 * failure. */
ll_status ll_shard_commit(ll_shard_writer *w, ll_shard_info *info, ll_error *err);
void ll_shard_abandon(ll_shard_writer *w);

#endif
