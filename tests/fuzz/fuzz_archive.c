/* Any bytes as an archive of the kind the first byte chooses: no crash, no leak, an error says what. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/archive.h"

static ll_status count(void *ctx, const char *name, const uint8_t *bytes, size_t size, ll_error *err) {
    (void)name, (void)bytes;
    int64_t *left = ctx;
    *left -= (int64_t)size;
    return *left > 0 ? LL_OK : LL_FAIL(err, LL_ESTOP, "enough");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1) || lseek(fd, 0, SEEK_SET) != 0) abort();
    int64_t left = 1 << 22;
    ll_corpus_opts o = { .max_document = 1000 };
    ll_corpus_stats stats = { 0 };
    ll_pieces p = { .opts = &o, .sink = count, .ctx = &left };
    ll_error err = { 0 };
    ll_status s = data[0] % 2 ? ll_archive_read(fd, "x.jsonl.gz", LL_WRAP_COMPRESSED, NULL, &p, &stats, &err)
                              : ll_archive_read(fd, "x.tar", LL_WRAP_ARCHIVE, NULL, &p, &stats, &err);
    if (s != LL_OK && !err.msg[0]) abort();
    ll_pieces_clear(&p);
    close(fd);
    return 0;
}
