/* Pieces: a stream of bytes, fed in parts of any size, becomes documents.
 *
 *     ll_pieces p = { .opts = &opts, .sink = sink, .ctx = ctx };
 *     ll_pieces_begin(&p, "wiki.nul", ll_pieces_kind(&p, "wiki.nul"));
 *     LL_TRY(ll_pieces_feed(&p, bytes, size, err));
 *     LL_TRY(ll_pieces_end(&p, err));
 *     ll_pieces_clear(&p);
 *
 * One buffer, reused from stream to stream, holds the document that is not yet complete.
 */
#ifndef LL_DATA_PIECES_H
#define LL_DATA_PIECES_H

#include "data/corpus.h"

enum { LL_LINE_MAX = 64 << 20, LL_DOCUMENT_MAX = 64 << 20, LL_STREAM_NAME = 4096 + 1024 };

/* The value is the byte that ends a piece. */
typedef enum ll_piece_kind { LL_PIECE_WHOLE = -1, LL_PIECE_NUL = 0, LL_PIECE_JSONL = '\n' } ll_piece_kind;

typedef struct ll_pieces {
    const ll_corpus_opts *opts;
    ll_document_sink *sink;
    void *ctx;
    int64_t documents; /* handed to the sink so far */
    /* of the stream at hand */
    char name[LL_STREAM_NAME];
    ll_piece_kind kind;
    int64_t line;
    uint8_t *piece;
    size_t used, room;
} ll_pieces;

/* By the end of the name: .jsonl and .ndjson, .nul, else whole, as records are and what is asked to be. */
ll_piece_kind ll_pieces_kind(const ll_pieces *p, const char *name);

void ll_pieces_begin(ll_pieces *p, const char *name, ll_piece_kind kind);
ll_status ll_pieces_feed(ll_pieces *p, const uint8_t *bytes, size_t size, ll_error *err);
ll_status ll_pieces_end(ll_pieces *p, ll_error *err);
void ll_pieces_clear(ll_pieces *p);

#endif
