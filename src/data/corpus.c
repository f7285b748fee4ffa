#define _POSIX_C_SOURCE 200809L
#include "data/corpus.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/archive.h"
#include "data/names.h"
#include "data/pieces.h"

enum { BLOCK = 1 << 16, WALK_PATH = 4096 };

typedef struct walk {
    const ll_corpus_opts *opts;
    ll_corpus_stats *stats;
    ll_hash *listing; /* NULL: the files are read; else only listed */
    ll_pieces pieces;
    char path[WALK_PATH]; /* where the walk stands */
    uint8_t block[BLOCK];
} walk;

/* ---- one file ---- */

/* A descriptor of a regular file; -1 with errno for anything else. Never waits for a FIFO's other end. */
static int open_regular(const char *path) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))) return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

static ll_status cannot_read(const walk *w, ll_error *err) {
    int e = errno;
    if (e == EINVAL) return LL_FAIL(err, LL_EINPUT, "%s: expected a regular file or a folder", w->path);
    return LL_FAIL(err, e == EIO ? LL_EIO : LL_EINPUT, "%s: cannot read: %s", w->path, strerror(e));
}

static ll_status feed_file(walk *w, int fd, ll_error *err) {
    ll_pieces_begin(&w->pieces, w->path, ll_pieces_kind(&w->pieces, w->path));
    for (;;) {
        ssize_t n = read(fd, w->block, sizeof w->block);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return LL_FAIL(err, LL_EIO, "%s: cannot read: %s", w->path, strerror(errno));
        if (n == 0) return ll_pieces_end(&w->pieces, err);
        LL_TRY(ll_pieces_feed(&w->pieces, w->block, (size_t)n, err));
    }
}

/* A property of the file, which is there again next time; not a failure of this moment: a disk's, or too few
 * descriptors. */
static bool is_closed_to_us(int e) {
    return e == EACCES || e == EPERM || e == ENOENT || e == ELOOP || e == EINVAL;
}

/* What is below the root and cannot be opened, by errno. */
static ll_status leave_out(walk *w, bool is_root, ll_error *err) {
    ll_corpus_stats *s = w->stats;
    if (is_root || !is_closed_to_us(errno)) return cannot_read(w, err);
    if (s->unread++ == 0) snprintf(s->first_unread, sizeof s->first_unread, "%.200s: %s", w->path, strerror(errno));
    s->skipped++;
    return LL_OK;
}

static ll_status list_file(walk *w) {
    struct stat st;
    int64_t told[3] = { 0 };
    if (stat(w->path, &st) == 0) {
        told[0] = st.st_size;
        told[1] = st.st_mtim.tv_sec;
        told[2] = st.st_mtim.tv_nsec;
    }
    ll_hash_update(w->listing, w->path, strlen(w->path) + 1);
    ll_hash_update(w->listing, told, sizeof told);
    return LL_OK;
}

static ll_status read_file(walk *w, bool is_root, ll_error *err) {
    size_t inner;
    if (w->listing) return list_file(w);
    ll_wrapping wrapping = ll_name_wrapping(w->path, &inner);
    int fd = open_regular(w->path);
    if (fd < 0) return leave_out(w, is_root, err);
    ll_status s;
    if (wrapping != LL_WRAP_NONE) {
        s = ll_archive_read(fd, w->path, wrapping, is_root ? w->opts->suffix : NULL, &w->pieces, w->stats, err);
    } else {
        w->stats->files++;
        s = feed_file(w, fd, err);
    }
    close(fd);
    return s;
}

/* ---- folders ---- */

typedef struct names {
    char **at; /* [n]; a folder's name ends in '/', so that sorting the names sorts the paths */
    size_t n, room;
} names;

static void names_clear(names *v) {
    for (size_t i = 0; i < v->n; i++) free(v->at[i]);
    free(v->at);
}

static ll_status names_add(names *v, const char *name, bool folder, ll_error *err) {
    if (v->n == v->room) {
        size_t room = v->room ? 2 * v->room : 64;
        char **bigger = realloc(v->at, room * sizeof *bigger);
        if (!bigger) return LL_FAIL(err, LL_ENOMEM, "out of memory for a folder of %zu names", v->n);
        v->at = bigger;
        v->room = room;
    }
    size_t size = strlen(name) + 2;
    char *copy = malloc(size);
    if (!copy) return LL_FAIL(err, LL_ENOMEM, "out of memory for a folder of %zu names", v->n);
    snprintf(copy, size, "%s%s", name, folder ? "/" : "");
    v->at[v->n++] = copy;
    return LL_OK;
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Links are judged by what they lead to, but a folder behind a link is not entered: no loops. */
static ll_status add_entry(walk *w, int folder, const char *name, names *v, ll_error *err) {
    struct stat st, target;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return LL_OK;
    bool known = fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (known && S_ISDIR(st.st_mode)) return names_add(v, name, true, err);
    if (w->opts->suffix && !ll_name_ends(name, w->opts->suffix)) return LL_OK;
    if (known && fstatat(folder, name, &target, 0) == 0 && S_ISREG(target.st_mode))
        return names_add(v, name, false, err);
    w->stats->skipped++;
    return LL_OK;
}

static ll_status list_folder(walk *w, bool is_root, names *v, ll_error *err) {
    DIR *dir = opendir(w->path);
    if (!dir) return leave_out(w, is_root, err);
    ll_status s = LL_OK;
    errno = 0;
    for (struct dirent *e; s == LL_OK && (e = readdir(dir)); errno = 0)
        s = add_entry(w, dirfd(dir), e->d_name, v, err);
    if (s == LL_OK && errno) s = cannot_read(w, err);
    closedir(dir);
    if (v->n > 1) qsort(v->at, v->n, sizeof *v->at, by_bytes);
    return s;
}

static ll_status read_folder(walk *w, bool is_root, ll_error *err) {
    names v = { 0 };
    ll_status s = list_folder(w, is_root, &v, err);
    size_t here = strlen(w->path);
    const char *slash = here && w->path[here - 1] == '/' ? "" : "/";
    for (size_t i = 0; s == LL_OK && i < v.n; i++) {
        size_t left = sizeof w->path - here, n = strlen(v.at[i]);
        if ((size_t)snprintf(w->path + here, left, "%s%s", slash, v.at[i]) >= left) w->stats->skipped++;
        else if (v.at[i][n - 1] == '/') s = read_folder(w, false, err);
        else s = read_file(w, false, err);
        w->path[here] = 0;
    }
    names_clear(&v);
    return s;
}

/* ---- the root ---- */

static ll_status no_documents(const ll_corpus_opts *o, const ll_corpus_stats *stats, ll_error *err) {
    bool suffix = o->suffix && *o->suffix;
    return LL_FAIL(err, LL_EINPUT, "%s: no documents%s%s%s (%lld files read, %lld skipped)", o->path,
                   suffix ? " in names that end in '" : "", suffix ? o->suffix : "", suffix ? "'" : "",
                   (long long)stats->files, (long long)stats->skipped);
}

static ll_status walk_all(walk *w, ll_error *err) {
    struct stat st;
    if ((size_t)snprintf(w->path, sizeof w->path, "%s", w->opts->path) >= sizeof w->path)
        return LL_FAIL(err, LL_EINPUT, "%.200s...: path is too long", w->opts->path);
    if (stat(w->path, &st) != 0) return cannot_read(w, err);
    return S_ISDIR(st.st_mode) ? read_folder(w, true, err) : read_file(w, true, err);
}

ll_status ll_corpus_read(const ll_corpus_opts *opts, ll_document_sink *sink, void *ctx, ll_corpus_stats *stats,
                         ll_error *err) {
    *stats = (ll_corpus_stats) { 0 };
    walk *w = calloc(1, sizeof *w);
    if (!w) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", opts->path);
    w->opts = opts;
    w->stats = stats;
    w->pieces = (ll_pieces) { .opts = opts, .sink = sink, .ctx = ctx };
    ll_status s = walk_all(w, err);
    if (s == LL_OK && w->pieces.documents == 0) s = no_documents(opts, stats, err);
    ll_pieces_clear(&w->pieces);
    free(w);
    return s;
}

ll_status ll_corpus_listing(const ll_corpus_opts *opts, char hex[LL_HASH_HEX], ll_error *err) {
    ll_corpus_stats stats = { 0 };
    uint8_t digest[LL_HASH_BYTES];
    ll_hash h;
    walk *w = calloc(1, sizeof *w);
    if (!w) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", opts->path);
    ll_hash_init(&h);
    w->opts = opts;
    w->stats = &stats;
    w->listing = &h;
    ll_status s = walk_all(w, err);
    ll_hash_final(&h, digest);
    ll_hash_hex(digest, hex);
    free(w);
    return s;
}
