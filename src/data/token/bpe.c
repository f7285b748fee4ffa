#include "data/token/bpe.h"

#include <stdlib.h>
#include <string.h>

#include "data/token/kinds.h"

/* A word above WORD_MAX bytes is merged in parts: what it needs is bounded. */
enum { WORDS = 1 << 15, SHORT = 30, FEW = 8, WORD_MAX = 1 << 16 };

typedef struct ll_word {
    uint8_t size, n; /* size 0: free */
    uint8_t bytes[SHORT];
    uint16_t token[FEW];
} ll_word;

/* ---- merges ---- */

static uint64_t mix(uint64_t v) {
    v *= 0x9E3779B97F4A7C15u;
    return v ^ v >> 32;
}

static ll_merge *slot_of(ll_merge *merge, size_t room, uint64_t pair) {
    size_t i = (size_t)mix(pair) & (room - 1);
    while (merge[i].pair && merge[i].pair != pair) i = (i + 1) & (room - 1);
    return &merge[i];
}

static ll_status grow(ll_bpe *b, ll_error *err) {
    size_t room = b->room ? 2 * b->room : 4096;
    ll_merge *merge = calloc(room, sizeof *merge);
    if (!merge) return LL_FAIL(err, LL_ENOMEM, "out of memory for %zu merges", b->n);
    for (size_t i = 0; i < b->room; i++)
        if (b->merge[i].pair) *slot_of(merge, room, b->merge[i].pair) = b->merge[i];
    free(b->merge);
    b->merge = merge;
    b->room = room;
    return LL_OK;
}

ll_status ll_bpe_add(ll_bpe *b, uint32_t left, uint32_t right, uint32_t merged, uint32_t rank, ll_error *err) {
    if (2 * (b->n + 1) > b->room) LL_TRY(grow(b, err));
    const uint64_t pair = ((uint64_t)left << 32 | right) + 1;
    ll_merge *m = slot_of(b->merge, b->room, pair);
    if (m->pair) return LL_OK;
    *m = (ll_merge) { pair, rank, merged };
    b->n++;
    return LL_OK;
}

/* ---- one word ---- */

/* A list of tokens, and a heap of the pairs in it: rank << 32 | position of the left one. What a merge has made stale
 * is known by its rank when it comes up. */
typedef struct work {
    uint32_t *token, *next, *before; /* [size]; NONE ends the list, GONE is no longer in it */
    uint64_t *heap;                  /* [3 size] */
    size_t n;
} work;

enum { BYTES_OF_WORK = 3 * sizeof(uint32_t) + 3 * sizeof(uint64_t) };
#define NONE UINT32_MAX
#define GONE (UINT32_MAX - 1)

static void push(work *w, uint64_t v) {
    size_t i = w->n++;
    for (; i && w->heap[(i - 1) / 2] > v; i = (i - 1) / 2) w->heap[i] = w->heap[(i - 1) / 2];
    w->heap[i] = v;
}

static uint64_t pop(work *w) {
    const uint64_t top = w->heap[0], last = w->heap[--w->n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < w->n; i = child) {
        child += child + 1 < w->n && w->heap[child + 1] < w->heap[child];
        if (w->heap[child] >= last) break;
        w->heap[i] = w->heap[child];
    }
    w->heap[i] = last;
    return top;
}

static const ll_merge *pair_at(const ll_bpe *b, const work *w, uint32_t i) {
    if (!b->room || w->next[i] == NONE || w->next[i] == GONE) return NULL;
    const ll_merge *m = slot_of(b->merge, b->room, ((uint64_t)w->token[i] << 32 | w->token[w->next[i]]) + 1);
    return m->pair ? m : NULL;
}

static void offer(const ll_bpe *b, work *w, uint32_t i) {
    const ll_merge *m = pair_at(b, w, i);
    if (m) push(w, (uint64_t)m->rank << 32 | i);
}

static void merge_at(const ll_bpe *b, work *w, uint32_t i, uint32_t merged) {
    const uint32_t right = w->next[i];
    w->token[i] = merged;
    w->next[i] = w->next[right];
    w->next[right] = GONE;
    if (w->next[i] != NONE) w->before[w->next[i]] = i;
    offer(b, w, i);
    if (w->before[i] != NONE) offer(b, w, w->before[i]);
}

static ll_status make_room(ll_bpe *b, size_t size, ll_error *err) {
    if (size <= b->work_room) return LL_OK;
    free(b->work);
    b->work = malloc(size * BYTES_OF_WORK);
    b->work_room = b->work ? size : 0;
    return b->work ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for a word of %zu bytes", size);
}

static ll_status merge_all(ll_bpe *b, const uint8_t *bytes, size_t size, ll_tokens *out, ll_error *err) {
    LL_TRY(make_room(b, size, err));
    uint64_t *heap = b->work;
    uint32_t *lists = (uint32_t *)(heap + 3 * size);
    work w = { lists, lists + size, lists + 2 * size, heap, 0 };
    for (uint32_t i = 0; i < size; i++) {
        w.token[i] = b->byte[bytes[i]];
        w.next[i] = i + 1 < size ? i + 1 : NONE;
        w.before[i] = i ? i - 1 : NONE;
    }
    for (uint32_t i = 0; i < size; i++) offer(b, &w, i);
    while (w.n) {
        const uint64_t top = pop(&w);
        const ll_merge *m = pair_at(b, &w, (uint32_t)top);
        if (m && m->rank == top >> 32) merge_at(b, &w, (uint32_t)top, m->merged);
    }
    for (uint32_t i = 0; i != NONE; i = w.next[i]) LL_TRY(ll_tokens_push(out, (uint16_t)w.token[i], err));
    return LL_OK;
}

/* ---- words that were seen ---- */

static ll_word *place_of(ll_bpe *b, const uint8_t *bytes, size_t size) {
    uint64_t h = size;
    if (!b->known) b->known = calloc(WORDS, sizeof *b->known);
    for (size_t i = 0; i < size; i++) h = (h ^ bytes[i]) * 0x100000001B3u;
    return b->known ? &b->known[mix(h) % WORDS] : NULL;
}

static ll_status short_word(ll_bpe *b, const uint8_t *bytes, size_t size, ll_tokens *out, ll_error *err) {
    ll_word *known = place_of(b, bytes, size);
    if (known && known->size == size && memcmp(known->bytes, bytes, size) == 0) {
        for (int i = 0; i < known->n; i++) LL_TRY(ll_tokens_push(out, known->token[i], err));
        return LL_OK;
    }
    const int64_t from = out->n;
    LL_TRY(merge_all(b, bytes, size, out, err));
    if (!known || out->n - from > FEW) return LL_OK;
    known->size = (uint8_t)size;
    known->n = (uint8_t)(out->n - from);
    memcpy(known->bytes, bytes, size);
    memcpy(known->token, out->at + from, known->n * sizeof *known->token);
    return LL_OK;
}

ll_status ll_bpe_word(ll_bpe *b, const uint8_t *bytes, size_t size, ll_tokens *out, ll_error *err) {
    if (size > 0 && size <= SHORT) return short_word(b, bytes, size, out, err);
    for (size_t n; size > 0; bytes += n, size -= n) {
        n = size < WORD_MAX ? size : WORD_MAX;
        LL_TRY(merge_all(b, bytes, n, out, err));
    }
    return LL_OK;
}

void ll_bpe_clear(ll_bpe *b) {
    free(b->merge);
    free(b->known);
    free(b->work);
    *b = (ll_bpe) { 0 };
}
