/* Byte-pair merges: the bytes of a word become tokens, pairs of which are merged in the order of their ranks
 * (Sennrich et al. 2016).
 *
 *     ll_bpe b = { 0 };
 *     b.byte[c] = ...                                      the token of each byte
 *     LL_TRY(ll_bpe_add(&b, left, right, merged, rank, err));
 *     LL_TRY(ll_bpe_word(&b, bytes, size, &tokens, err));
 *     ll_bpe_clear(&b);
 *
 * n log n in the length of the word. Short words are remembered.
 */
#ifndef LL_DATA_TOKEN_BPE_H
#define LL_DATA_TOKEN_BPE_H

#include "data/token/tokenizer.h"

typedef struct ll_merge {
    uint64_t pair; /* left << 32 | right, plus 1; 0 is free */
    uint32_t rank, merged;
} ll_merge;

typedef struct ll_bpe {
    uint16_t byte[256];
    ll_merge *merge; /* [room], a power of two */
    size_t n, room;
    struct ll_word *known; /* words that were seen */
    void *work;            /* of the word at hand */
    size_t work_room;
} ll_bpe;

/* Of two merges of one pair the first counts. */
ll_status ll_bpe_add(ll_bpe *b, uint32_t left, uint32_t right, uint32_t merged, uint32_t rank, ll_error *err);
ll_status ll_bpe_word(ll_bpe *b, const uint8_t *bytes, size_t size, ll_tokens *out, ll_error *err);
void ll_bpe_clear(ll_bpe *b);

#endif
