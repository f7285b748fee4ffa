#define _DEFAULT_SOURCE
#include "base/system/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "loglog/units.h"

enum { ALIGN = 64, PAGE = 4096, HUGE_PAGE = 2 << 20 };

void *ll_arena_push(ll_arena *a, size_t count, size_t size) {
    if (size && count > (SIZE_MAX / 2 - ALIGN - a->used) / size) {
        a->used = SIZE_MAX / 2; /* makes ll_arena_alloc fail: no such memory exists */
        return NULL;
    }
    size_t at = a->used;
    a->used += (count * size + ALIGN - 1) / ALIGN * ALIGN;
    if (!a->base || a->used > a->size) return NULL;
    return a->base + at;
}

/* Advice alone, for the whole pages of the block: fewer misses of the address cache where the kernel takes it. */
static void advise_huge_pages(char *base, size_t size) {
#ifdef MADV_HUGEPAGE
    char *first = base + (PAGE - (uintptr_t)base % PAGE) % PAGE;
    if (size >= 2 * HUGE_PAGE) madvise(first, (size_t)(base + size - first) / PAGE * PAGE, MADV_HUGEPAGE);
#else
    (void)base, (void)size;
#endif
}

ll_status ll_arena_alloc(ll_arena *a, ll_error *err) {
    char text[32];
    a->size = a->used ? a->used : ALIGN;
    a->used = 0;
    a->base = a->size >= SIZE_MAX / 2 ? NULL : aligned_alloc(ALIGN, a->size);
    if (!a->base)
        return LL_FAIL(err, LL_ENOMEM, "cannot allocate %s",
                       ll_units_show_bytes((double)a->size, text, sizeof text));
    advise_huge_pages(a->base, a->size);
    memset(a->base, 0, a->size);
    return LL_OK;
}

void ll_arena_free(ll_arena *a) {
    free(a->base);
    *a = (ll_arena) { 0 };
}
