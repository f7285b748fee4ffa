#define _GNU_SOURCE
#include "sweep/workers/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/document/hash.h"

enum { HEAD = 16, CHECK = 8, AT_ONCE = 256 /* records */ };
static const char magic[4] = { 'l', 'l', 'm', '1' };

static void write_head(uint8_t head[HEAD], const void *letter, size_t size) {
    uint8_t digest[LL_HASH_BYTES];
    ll_hash h;
    ll_hash_init(&h);
    ll_hash_update(&h, letter, size);
    ll_hash_final(&h, digest);
    memcpy(head, magic, sizeof magic);
    for (int k = 0; k < 4; k++) head[4 + k] = (uint8_t)(size >> (8 * k));
    memcpy(head + 8, digest, CHECK);
}

/* ---- writing ---- */

/* In one piece: on a local file system records of two writers do not mix either. */
ll_status ll_mailbox_put(const char *path, const void *letter, size_t size, ll_error *err) {
    uint8_t *record = malloc(HEAD + size);
    if (!record) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    write_head(record, letter, size);
    memcpy(record + HEAD, letter, size);
    const int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    bool ok = fd >= 0 && write(fd, record, HEAD + size) == (ssize_t)(HEAD + size);
    int e = errno;
    if (fd >= 0 && close(fd) != 0 && ok) ok = false, e = errno;
    free(record);
    return ok ? LL_OK : LL_FAIL(err, LL_EIO, "%s: cannot append: %s", path, strerror(e));
}

/* ---- reading ---- */

static bool is_record(const uint8_t *at, size_t size) {
    uint8_t head[HEAD];
    if (memcmp(at, magic, sizeof magic) != 0) return false;
    write_head(head, at + HEAD, size);
    return memcmp(at, head, HEAD) == 0;
}

static size_t said_size(const uint8_t *at) {
    return (size_t)at[4] | (size_t)at[5] << 8 | (size_t)at[6] << 16 | (size_t)at[7] << 24;
}

/* Takes the whole records of a block; returns the bytes that are done with. */
static size_t take_block(const uint8_t *block, size_t used, size_t size, void (*take)(void *, const void *),
                         void *ctx) {
    size_t at = 0;
    while (used - at >= HEAD + size) {
        if (is_record(block + at, size)) {
            take(ctx, block + at + HEAD);
            at += HEAD + size;
            continue;
        }
        const uint8_t *next = memmem(block + at + 1, used - at - 1, magic, sizeof magic);
        at = next ? (size_t)(next - block) : used - sizeof magic + 1;
    }
    return at;
}

static ll_status read_all(int fd, const char *path, int64_t *at, size_t size, void (*take)(void *, const void *),
                          void *ctx, uint8_t *block, ll_error *err) {
    const size_t room = AT_ONCE * (HEAD + size);
    for (;;) {
        const ssize_t got = pread(fd, block, room, (off_t)*at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return LL_FAIL(err, LL_EIO, "%s: cannot read: %s", path, strerror(errno));
        if (*at == 0 && got >= HEAD && memcmp(block, magic, sizeof magic) == 0 && said_size(block) != size)
            return LL_FAIL(
                err, LL_EFORMAT,
                "%s: letters of %lld bytes, expected %lld: another build of loglog wrote it; collect with "
                "that one, or remove the file",
                path, (long long)said_size(block), (long long)size);
        const size_t done = take_block(block, (size_t)got, size, take, ctx);
        *at += (int64_t)done;
        if ((size_t)got < room || done == 0) return LL_OK;
    }
}

ll_status ll_mailbox_read(const char *path, int64_t *at, size_t size, void (*take)(void *ctx, const void *letter),
                          void *ctx, ll_error *err) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) return LL_OK;
    if (fd < 0) return LL_FAIL(err, LL_EIO, "%s: cannot read: %s", path, strerror(errno));
    uint8_t *block = malloc(AT_ONCE * (HEAD + size));
    ll_status status =
        block ? read_all(fd, path, at, size, take, ctx, block, err) : LL_FAIL(err, LL_ENOMEM, "out of memory");
    free(block);
    close(fd);
    return status;
}
