#define _POSIX_C_SOURCE 200809L
#include "base/words/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WRITER_MS = 5000, STEP_MS = 20 };

static ll_status failed(const char *path, ll_error *err) {
    const int e = errno;
    const bool input = e == ENOENT || e == EISDIR || e == ENOTDIR || e == EACCES;
    return LL_FAIL(err, input ? LL_EINPUT : LL_EIO, "%s: cannot read: %s", path, strerror(e));
}

/* A pipe opens at once, so that one that nobody will ever write to can be told from one that takes its time. */
static ll_status open_to_read(const char *path, int *fd, bool *pipe, ll_error *err) {
    struct stat st;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0 || fstat(*fd, &st) != 0) return failed(path, err);
    *pipe = S_ISFIFO(st.st_mode) || isatty(*fd);
    if (*pipe || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) return LL_OK; /* reading a folder says what it is */
    return LL_FAIL(err, LL_EINPUT, "%s: a device, expected a file or a pipe", path);
}

/* Waits a little; true when there was a writer, who has gone. */
static bool has_hung_up(int fd, int ms) {
    struct pollfd p = { .fd = fd, .events = POLLIN };
    return poll(&p, 1, ms) > 0 && (p.revents & (POLLIN | POLLHUP)) == POLLHUP;
}

/* Reads once; of a pipe waits for a writer and then for what it writes. *got 0: the end. */
static ll_status read_some(int fd, const char *path, bool waits, char *to, size_t room, size_t *got,
                           ll_error *err) {
    for (int waited = 0;; waited += STEP_MS) {
        const ssize_t n = read(fd, to, room);
        *got = n > 0 ? (size_t)n : 0;
        if (n > 0 || (n == 0 && !waits)) return LL_OK;
        if (n < 0 && errno == EAGAIN) poll(&(struct pollfd) { .fd = fd, .events = POLLIN }, 1, -1);
        else if (n < 0 && errno != EINTR) return failed(path, err);
        else if (n == 0 && has_hung_up(fd, STEP_MS)) return LL_OK;
        else if (n == 0 && waited >= WRITER_MS)
            return LL_FAIL(err, LL_EINPUT, "%s: a pipe that nobody writes to", path);
    }
}

static ll_status read_all(int fd, const char *path, bool pipe, size_t max, char **block, size_t *used,
                          ll_error *err) {
    size_t room = 0, got = 1;
    while (got) {
        if (*used + 1 >= room) {
            room = room ? 2 * room : 65536;
            char *bigger = realloc(*block, room);
            if (!bigger) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", path);
            *block = bigger;
        }
        LL_TRY(read_some(fd, path, pipe && *used == 0, *block + *used, room - *used - 1, &got, err));
        *used += got;
        if (*used > max) return LL_FAIL(err, LL_EINPUT, "%s: larger than %zu bytes", path, max);
    }
    return LL_OK;
}

ll_status ll_stream_read(const char *path, size_t max, char **text, size_t *size, ll_error *err) {
    bool pipe = false;
    char *block = NULL;
    size_t used = 0;
    *text = NULL;
    int fd;
    ll_status status = open_to_read(path, &fd, &pipe, err);
    if (pipe && max > LL_STREAM_MAX) max = LL_STREAM_MAX;
    if (status == LL_OK) status = read_all(fd, path, pipe, max, &block, &used, err);
    if (fd >= 0) close(fd);
    if (status != LL_OK) {
        free(block);
        return status;
    }
    block[used] = 0;
    *text = block;
    if (size) *size = used;
    return LL_OK;
}
