#include "data/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* ---- the library: it brings an XML parser and Unicode's tables along, and most verbs open no archive ---- */

#define LIBRARY "libarchive.so.13"
#define FUNCTIONS(X)             \
    X(entry_filetype)            \
    X(entry_hardlink)            \
    X(entry_pathname)            \
    X(entry_pathname_utf8)       \
    X(error_string)              \
    X(filter_code)               \
    X(read_data_block)           \
    X(read_free)                 \
    X(read_new)                  \
    X(read_next_header)          \
    X(read_open_fd)              \
    X(read_support_filter_bzip2) \
    X(read_support_filter_gzip)  \
    X(read_support_filter_xz)    \
    X(read_support_filter_zstd)  \
    X(read_support_format_7zip)  \
    X(read_support_format_cpio)  \
    X(read_support_format_raw)   \
    X(read_support_format_tar)   \
    X(read_support_format_zip)

static struct {
#define FIELD(name) __typeof__(archive_##name) *name;
    FUNCTIONS(FIELD)
#undef FIELD
} la;
static ll_error not_loaded; /* why it could not be */

static void load(void) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        LL_FAIL(&not_loaded, LL_EINPUT, "no archive can be read: %.200s (Debian: libarchive13)", dlerror());
        return;
    }
#define BIND(name)                                                                   \
    if (!(la.name = (__typeof__(archive_##name) *)dlsym(library, "archive_" #name))) \
        LL_FAIL(&not_loaded, LL_EINPUT, LIBRARY " has no archive_" #name ": it is too old");
    FUNCTIONS(BIND)
#undef BIND
}

static ll_status load_once(ll_error *err) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return not_loaded.code ? LL_FAIL(err, not_loaded.code, "%s", not_loaded.msg) : LL_OK;
}

/* ---- reading ---- */

enum { BLOCK = 1 << 16, HEADER = 512 /* bytes that a member counts as beside what it holds, as in a tar */ };

static ll_status damaged(struct archive *a, const char *path, const char *member, ll_error *err) {
    const char *why = la.error_string(a);
    return LL_FAIL(err, LL_EFORMAT, "%.500s: %.300s%s%s", path, member, *member ? ": " : "",
                   why ? why : "damaged archive");
}

/* Only the filters and formats that libarchive holds itself: none starts another program. */
static ll_status open_archive(struct archive *a, int fd, const char *path, ll_wrapping wrapping, ll_error *err) {
    la.read_support_filter_gzip(a);
    la.read_support_filter_bzip2(a);
    la.read_support_filter_xz(a);
    la.read_support_filter_zstd(a);
    if (wrapping == LL_WRAP_COMPRESSED) {
        la.read_support_format_raw(a);
    } else {
        la.read_support_format_tar(a);
        la.read_support_format_zip(a);
        la.read_support_format_cpio(a);
        la.read_support_format_7zip(a);
    }
    return la.read_open_fd(a, fd, BLOCK) == ARCHIVE_OK ? LL_OK : damaged(a, path, "", err);
}

static const char *member_name(struct archive_entry *entry) {
    const char *name = la.entry_pathname(entry);
    if (!name) name = la.entry_pathname_utf8(entry);
    return name ? name : "(member without a readable name)";
}

static ll_status count(const char *path, const ll_pieces *pieces, ll_corpus_stats *stats, size_t size,
                       ll_error *err) {
    const int64_t most = pieces->opts->max_unpacked > 0 ? pieces->opts->max_unpacked : LL_UNPACKED_MAX;
    stats->unpacked += (int64_t)size;
    if (stats->unpacked <= most) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%.500s: unpacks to more than %lld bytes; a larger max_bytes allows it", path,
                   (long long)most);
}

/* To skip what is compressed is to unpack it: it counts as well. */
static ll_status skip_member(struct archive *a, const char *path, const ll_pieces *pieces, ll_corpus_stats *stats,
                             ll_error *err) {
    const void *block;
    size_t size;
    la_int64_t offset;
    if (la.filter_code(a, 0) == ARCHIVE_FILTER_NONE) return LL_OK;
    for (int r; (r = la.read_data_block(a, &block, &size, &offset)) != ARCHIVE_EOF;) {
        if (r < ARCHIVE_WARN) return damaged(a, path, "", err);
        LL_TRY(count(path, pieces, stats, size, err));
    }
    return LL_OK;
}

/* A hole would let a few bytes stand for any number of zeros. */
static ll_status feed_member(struct archive *a, const char *path, const char *member, ll_pieces *pieces,
                             ll_corpus_stats *stats, ll_error *err) {
    const void *block;
    size_t size;
    la_int64_t offset, at = 0;
    for (;;) {
        int r = la.read_data_block(a, &block, &size, &offset);
        if (r < ARCHIVE_WARN) return damaged(a, path, member, err);
        if (offset > at && (r != ARCHIVE_EOF || size > 0))
            return LL_FAIL(err, LL_EFORMAT, "%.500s: %.300s: a member with holes is not read", path, member);
        if (r == ARCHIVE_EOF) return ll_pieces_end(pieces, err);
        LL_TRY(count(path, pieces, stats, size, err));
        LL_TRY(ll_pieces_feed(pieces, block, size, err));
        at += (la_int64_t)size;
    }
}

static ll_status read_compressed(struct archive *a, const char *path, ll_pieces *pieces, ll_corpus_stats *stats,
                                 ll_error *err) {
    char inner[LL_STREAM_NAME];
    size_t length;
    ll_name_wrapping(path, &length);
    snprintf(inner, sizeof inner, "%.*s", (int)length, path);
    if (la.filter_code(a, 0) == ARCHIVE_FILTER_NONE)
        return LL_FAIL(err, LL_EFORMAT, "%.500s: is not compressed as its name says", path);
    stats->files++;
    ll_pieces_begin(pieces, inner, ll_pieces_kind(pieces, inner));
    return feed_member(a, path, "", pieces, stats, err);
}

static ll_status read_member(struct archive *a, struct archive_entry *entry, const char *path, const char *suffix,
                             ll_pieces *pieces, ll_corpus_stats *stats, ll_error *err) {
    const char *member = member_name(entry);
    if (la.entry_filetype(entry) == AE_IFDIR || (suffix && !ll_name_ends(member, suffix)))
        return skip_member(a, path, pieces, stats, err);
    if (la.entry_filetype(entry) != AE_IFREG || la.entry_hardlink(entry)) {
        stats->skipped++;
        return skip_member(a, path, pieces, stats, err);
    }
    char name[LL_STREAM_NAME];
    snprintf(name, sizeof name, "%s/%s", path, member);
    stats->files++;
    ll_pieces_begin(pieces, name, ll_pieces_kind(pieces, member));
    return feed_member(a, path, member, pieces, stats, err);
}

static ll_status read_members(struct archive *a, const char *path, ll_wrapping wrapping, const char *suffix,
                              ll_pieces *pieces, ll_corpus_stats *stats, ll_error *err) {
    char last[300] = "";
    for (;;) {
        struct archive_entry *entry;
        int r = la.read_next_header(a, &entry);
        if (r == ARCHIVE_EOF) return LL_OK;
        if (r == ARCHIVE_RETRY) continue;
        if (r < ARCHIVE_WARN) {
            char where[320] = "";
            if (*last) snprintf(where, sizeof where, "after %s", last);
            return damaged(a, path, where, err);
        }
        if (wrapping == LL_WRAP_COMPRESSED) return read_compressed(a, path, pieces, stats, err);
        snprintf(last, sizeof last, "%.299s", member_name(entry));
        LL_TRY(count(path, pieces, stats, HEADER, err));
        LL_TRY(read_member(a, entry, path, suffix, pieces, stats, err));
    }
}

ll_status ll_archive_read(int fd, const char *path, ll_wrapping wrapping, const char *suffix, ll_pieces *pieces,
                          ll_corpus_stats *stats, ll_error *err) {
    LL_TRY(load_once(err));
    struct archive *a = la.read_new();
    if (!a) return LL_FAIL(err, LL_ENOMEM, "%.500s: out of memory", path);
    ll_status s = open_archive(a, fd, path, wrapping, err);
    if (s == LL_OK) s = read_members(a, path, wrapping, suffix, pieces, stats, err);
    la.read_free(a);
    return s;
}
