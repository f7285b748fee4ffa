/* Any bytes as a JSONL, .nul or whole stream, cut at a place the first byte chooses: what comes out must not depend
 * on the cut, and no document may be empty or above the limit. */
#include <stdlib.h>
#include <string.h>

#include "base/document/hash.h"
#include "data/pieces.h"

enum { DOCUMENT_MAX = 50 };

static ll_status hear(void *ctx, const char *name, const uint8_t *bytes, size_t size, ll_error *err) {
    (void)name, (void)err;
    if (size == 0 || size > DOCUMENT_MAX) abort();
    ll_hash_update(ctx, &size, sizeof size);
    ll_hash_update(ctx, bytes, size);
    return LL_OK;
}

static ll_status read_cut(ll_piece_kind kind, const uint8_t *data, size_t size, size_t step,
                          uint8_t digest[LL_HASH_BYTES]) {
    ll_corpus_opts o = { .max_document = DOCUMENT_MAX };
    ll_error err = { 0 };
    ll_hash h;
    ll_hash_init(&h);
    ll_pieces p = { .opts = &o, .sink = hear, .ctx = &h };
    ll_pieces_begin(&p, "fuzz", kind);
    ll_status s = LL_OK;
    for (size_t at = 0; at < size && s == LL_OK; at += step)
        s = ll_pieces_feed(&p, data + at, size - at < step ? size - at : step, &err);
    if (s == LL_OK) s = ll_pieces_end(&p, &err);
    if (s != LL_OK && (err.code != s || strchr(err.msg, '\n'))) abort();
    ll_pieces_clear(&p);
    ll_hash_final(&h, digest);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const ll_piece_kind kinds[] = { LL_PIECE_JSONL, LL_PIECE_NUL, LL_PIECE_WHOLE };
    if (size < 1) return 0;
    size_t step = 1 + data[0] % 32;
    for (int k = 0; k < 3; k++) {
        uint8_t whole[LL_HASH_BYTES], parts[LL_HASH_BYTES];
        ll_status a = read_cut(kinds[k], data + 1, size - 1, size, whole);
        ll_status b = read_cut(kinds[k], data + 1, size - 1, step, parts);
        if (a != b || memcmp(whole, parts, sizeof whole) != 0) abort();
    }
    return 0;
}
