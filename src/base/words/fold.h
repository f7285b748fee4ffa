/* FNV-1a of 64 bits (Fowler, Noll and Vo): the bucket of a name, and what tells two apart that are not hostile.
 *
 *     uint64_t h = ll_fold(LL_FOLD_START, name, strlen(name));
 */
#ifndef LL_BASE_WORDS_FOLD_H
#define LL_BASE_WORDS_FOLD_H

#include <stddef.h>
#include <stdint.h>

#define LL_FOLD_START 0xcbf29ce484222325u

uint64_t ll_fold(uint64_t h, const void *key, size_t size);

#endif
