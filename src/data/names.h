/* Names: what the end of a file's name says about its content. */
#ifndef LL_DATA_NAMES_H
#define LL_DATA_NAMES_H

#include <stdbool.h>
#include <stddef.h>

typedef enum ll_wrapping {
    LL_WRAP_NONE = 0,
    LL_WRAP_ARCHIVE,   /* members: tar (compressed or not), zip, cpio, 7z */
    LL_WRAP_COMPRESSED /* one file under gz, xz, zst or bz2 */
} ll_wrapping;

bool ll_name_ends(const char *name, const char *suffix);

/* *inner is the length of the name without its compression's suffix. */
ll_wrapping ll_name_wrapping(const char *name, size_t *inner);

#endif
