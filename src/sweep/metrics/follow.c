#define _GNU_SOURCE
#include "sweep/metrics/follow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system/file.h"

enum { CHUNK = 65536, CHUNKS = 64 };

typedef struct followed {
    char path[LL_PATH_MAX];
    dev_t device;
    ino_t inode;
    int64_t offset;
    ll_metric_reader *reader; /* NULL until the file is there */
} followed;

struct ll_follow {
    char path[LL_PATH_MAX], format[32];
    const ll_metric_names *names;
    ll_metric_sink *sink;
    void *ctx;
    followed *files; /* [LL_FOLLOW_FILES] */
    int n;
    bool too_many;
    uint8_t *chunk; /* [CHUNK] */
};

ll_status ll_follow_new(ll_follow **out, const char *path, const char *format, const ll_metric_names *names,
                        ll_metric_sink *sink, void *ctx, ll_error *err) {
    ll_follow *f = calloc(1, sizeof *f);
    *out = NULL;
    if (f) {
        f->names = names, f->sink = sink, f->ctx = ctx;
        snprintf(f->path, sizeof f->path, "%s", path);
        snprintf(f->format, sizeof f->format, "%s", format);
        f->files = calloc(LL_FOLLOW_FILES, sizeof *f->files);
        f->chunk = malloc(CHUNK);
    }
    if (f && f->files && f->chunk) return *out = f, LL_OK;
    ll_follow_free(f);
    return LL_FAIL(err, LL_ENOMEM, "out of memory");
}

void ll_follow_free(ll_follow *f) {
    if (!f) return;
    for (int i = 0; i < f->n; i++) ll_metric_reader_free(f->files[i].reader);
    free(f->files);
    free(f->chunk);
    free(f);
}

/* ---- which files ---- */

static void add(ll_follow *f, const char *path) {
    int at = 0;
    for (; at < f->n && strcmp(f->files[at].path, path) <= 0; at++)
        if (strcmp(f->files[at].path, path) == 0) return;
    if (f->n == LL_FOLLOW_FILES) {
        f->too_many = true;
        return;
    }
    memmove(&f->files[at + 1], &f->files[at], (size_t)(f->n - at) * sizeof *f->files);
    f->files[at] = (followed) { 0 };
    snprintf(f->files[at].path, sizeof f->files[at].path, "%s", path);
    f->n++;
}

static void look_into(ll_follow *f, const char *folder, int depth) {
    DIR *d = opendir(folder);
    struct stat st;
    for (const struct dirent *e; d && (e = readdir(d));) {
        char path[LL_PATH_MAX];
        if (e->d_name[0] == '.' || ll_file_join(path, folder, e->d_name, NULL) != LL_OK || lstat(path, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode) && depth < LL_FOLLOW_DEPTH) look_into(f, path, depth + 1);
        else if (S_ISREG(st.st_mode) && ll_metric_file_named(f->format, e->d_name)) add(f, path);
    }
    if (d) closedir(d);
}

static void look(ll_follow *f) {
    struct stat st;
    if (stat(f->path, &st) == 0 && S_ISDIR(st.st_mode)) look_into(f, f->path, 1);
    else add(f, f->path);
}

/* ---- one file ---- */

/* A reader at the right place of the file that now has the name. */
static ll_status settle(const ll_follow *f, followed *file, const struct stat *st, ll_error *err) {
    const bool same = file->reader && file->device == st->st_dev && file->inode == st->st_ino;
    if (same && st->st_size >= file->offset) return LL_OK;
    ll_metric_reader_free(file->reader);
    file->offset = 0;
    file->device = st->st_dev;
    file->inode = st->st_ino;
    return ll_metric_reader_new(&file->reader, f->format, f->names, f->sink, f->ctx, err);
}

static ll_status read_on(const ll_follow *f, followed *file, int fd, int chunks, ll_error *err) {
    while (chunks != 0) {
        const ssize_t got = pread(fd, f->chunk, CHUNK, file->offset);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return LL_OK; /* a file that cannot be read now may be later */
        file->offset += got;
        ll_status s = ll_metric_reader_feed(file->reader, f->chunk, (size_t)got, err);
        if (s == LL_EFORMAT) return ll_error_prefix(err, "%.300s", file->path);
        if (s != LL_OK) return s;
        if (chunks > 0) chunks--;
    }
    return LL_OK;
}

/* Of a file that is none, or cannot be opened, nothing is read. */
static ll_status visit(const ll_follow *f, followed *file, int chunks, ll_error *err) {
    struct stat st;
    const int fd = open(file->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return LL_OK;
    ll_status s = LL_OK;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        s = settle(f, file, &st, err);
        if (s == LL_OK) s = read_on(f, file, fd, chunks, err);
    }
    close(fd);
    return s;
}

ll_status ll_follow_poll(ll_follow *f, ll_error *err) {
    look(f);
    for (int i = 0; i < f->n; i++) LL_TRY(visit(f, &f->files[i], CHUNKS, err));
    return LL_OK;
}

ll_status ll_follow_end(ll_follow *f, ll_error *err) {
    look(f);
    for (int i = 0; i < f->n; i++) {
        LL_TRY(visit(f, &f->files[i], -1, err));
        if (f->files[i].reader) LL_TRY(ll_metric_reader_flush(f->files[i].reader, err));
    }
    return LL_OK;
}

const char *ll_follow_complaint(const ll_follow *f, char *buf, size_t size) {
    bool there = false;
    *buf = 0;
    for (int i = 0; i < f->n && !*buf; i++) {
        const ll_metric_reader *r = f->files[i].reader;
        there |= r != NULL;
        if (r && *ll_metric_reader_complaint(r))
            snprintf(buf, size, "%.120s: %s", ll_file_name(f->files[i].path), ll_metric_reader_complaint(r));
    }
    if (!there) snprintf(buf, size, "%.300s: no such file", f->path);
    else if (!*buf && f->too_many) snprintf(buf, size, "%.300s: more than %d files", f->path, LL_FOLLOW_FILES);
    return buf;
}
