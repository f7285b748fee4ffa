/* Arena: measure, allocate once, run.
 *
 *     ll_arena a = {0};                        measures: push returns NULL, used grows
 *     lay_out(&a, &buffers);
 *     LL_TRY(ll_arena_alloc(&a, err));         one zeroed block of exactly that size
 *     lay_out(&a, &buffers);                   the same code now hands out the memory
 *     ll_arena_free(&a);
 *
 * Blocks are aligned to 64 bytes; a large arena asks for huge pages, of which it takes no more than it fills. An
 * arena belongs to one thread.
 */
#ifndef LL_BASE_SYSTEM_ARENA_H
#define LL_BASE_SYSTEM_ARENA_H

#include <stddef.h>

#include "loglog/error.h"

typedef struct ll_arena {
    char *base;  /* NULL while measuring */
    size_t size; /* of the block */
    size_t used;
} ll_arena;

/* count x size bytes; NULL while measuring, or when the block is exhausted (a bug of the caller). */
void *ll_arena_push(ll_arena *a, size_t count, size_t size);

/* Allocates what was measured and rewinds. LL_ENOMEM with the size in the message. */
ll_status ll_arena_alloc(ll_arena *a, ll_error *err);
void ll_arena_free(ll_arena *a);

#endif
