/* What a user names to be read once from its beginning to its end: a file, /dev/stdin, a FIFO, <(command).
 *
 *     LL_TRY(ll_stream_read(path, max, &text, &size, err));
 */
#ifndef LL_BASE_WORDS_STREAM_H
#define LL_BASE_WORDS_STREAM_H

#include <stddef.h>

#include "loglog/error.h"

enum { LL_STREAM_MAX = 1 << 30 };

/* The whole as a zero-terminated block that the caller frees; at most max bytes, and of a pipe LL_STREAM_MAX. A
 * pipe is read for as long as it has a writer; one that has had none for 5 s, and a device such as /dev/zero, which
 * has no end, are LL_EINPUT. */
ll_status ll_stream_read(const char *path, size_t max, char **text, size_t *size, ll_error *err);

#endif
