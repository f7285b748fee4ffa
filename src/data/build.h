/* Building shards: text or a source of known entropy becomes PREFIX.train.bin and PREFIX.val.bin.
 *
 *     ll_build_opts o = { .corpus = { .path = "/usr/include", .suffix = ".h" }, .prefix = "demo/data" };
 *     ll_build_report r;
 *     LL_TRY(ll_build_text(&o, &r, err));
 *
 * Documents in path order, exact duplicates dropped (by SHA-256), each sent to train or validation by its
 * own hash: the split depends on the document alone, never on its neighbours. Nothing half-written.
 */
#ifndef LL_DATA_BUILD_H
#define LL_DATA_BUILD_H

#include <stdbool.h>

#include "data/corpus.h"
#include "data/generated/arithmetic.h"
#include "data/shard.h"
#include "data/source.h"

typedef struct ll_build_opts {
    ll_corpus_opts corpus;
    const char *tokenizer; /* a name of tokenizer.h, or bpe:V, which 32 MiB of what trains teach; NULL: bytes */
    const char *prefix;
    double val_share;            /* 0: 0.05 of the documents */
    bool all_validates;          /* no training shard is made, val_share is not read */
    const ll_canaries *canaries; /* planted in the text that trains, as lines of their own; NULL: none */
    int64_t max_bytes; /* 0: everything; else documents are taken until this many bytes; the last is cut */
    void (*progress)(void *ctx, int64_t documents, int64_t bytes); /* may be NULL */
    bool (*stop)(void *ctx); /* may be NULL; once it says true the build ends with LL_ESTOP */
    void *progress_ctx;      /* of both */
} ll_build_opts;

typedef struct ll_build_report {
    ll_shard_info train, val;
    ll_corpus_stats read;
} ll_build_report;

/* The tokenizer's files are kept beside the shards. Fewer than 1 / val_share distinct documents, or none on one side:
 * each document is cut, and its last val_share of bytes validate. No text at all, or less than 4 KiB: LL_EINPUT.
 * Canaries take one more reading, for the length of what trains. */
ll_status ll_build_text(const ll_build_opts *opts, ll_build_report *report, ll_error *err);

/* train_tokens and val_tokens of the source, one stream each; info.entropy holds the exact rate. */
ll_status ll_build_source(const ll_source *source, const char *prefix, int64_t train_tokens, int64_t val_tokens,
                          uint64_t seed, ll_build_report *report, ll_error *err);

/* The same of a text of arithmetic, as bytes; the last document is cut. */
ll_status ll_build_arithmetic(const ll_arithmetic *text, const char *prefix, int64_t train_tokens,
                              int64_t val_tokens, uint64_t seed, ll_build_report *report, ll_error *err);

#endif
