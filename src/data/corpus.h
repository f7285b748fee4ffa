/* Corpus: documents from files, folders, archives and JSONL, in the order of their paths.
 *
 *     ll_corpus_opts o = { .path = "/usr/include", .suffix = ".h" };
 *     LL_TRY(ll_corpus_read(&o, on_document, ctx, err));
 *
 * A document is one file, one member of an archive (tar, zip, cpio, 7z; gz, xz, zst, bz2 around them or
 * around a single file), one line's text field of a JSONL file, or one piece between zero bytes of a .nul file.
 * The kind follows from the name; with records each piece of so many bytes of a file is a document, and a file
 * that is no whole number of them is an error. Only one document is in memory at a time, at most max_document bytes
 * of it (longer ones are split); empty ones are dropped. Archives may grow to max_unpacked bytes in all, for a few
 * bytes can stand for any number. Links to files are followed, links to folders are not. What is no regular file in
 * a folder is counted and skipped; what cannot be opened there is counted apart, and the first is named; an
 * unreadable root, a file that fails while it is read, a damaged archive or JSONL line and a root without a single
 * document are errors.
 */
#ifndef LL_DATA_CORPUS_H
#define LL_DATA_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/document/hash.h"
#include "loglog/error.h"

#define LL_UNPACKED_MAX ((int64_t)16 << 30)

typedef struct ll_corpus_opts {
    const char *path;
    const char *suffix; /* in folders, and in an archive given as path, only names that end so; NULL: every file */
    const char *field;  /* of JSONL; NULL: "text" */
    int64_t records;    /* bytes of a document, whatever the files' names say; 0: documents are as below */
    bool whole;         /* a file is a document, whatever its name says of lines and pieces */
    int64_t max_document; /* 0: 64 MiB */
    int64_t max_unpacked; /* bytes out of all archives and compressed files; 0: LL_UNPACKED_MAX */
} ll_corpus_opts;

typedef struct ll_corpus_stats {
    int64_t files, skipped; /* skipped: with those that could not be read */
    int64_t unpacked;       /* bytes out of archives, of headers and skipped members too */
    int64_t unread;
    char first_unread[300]; /* its path and why; "" for none */
} ll_corpus_stats;

/* Return other than LL_OK to end the walk with that status. name and bytes are borrowed for the call. */
typedef ll_status ll_document_sink(void *ctx, const char *name, const uint8_t *bytes, size_t size, ll_error *err);

/* SHA-256 over the paths, sizes and times of change of the files that ll_corpus_read would read, none of which is
 * opened: another text has another listing. */
ll_status ll_corpus_listing(const ll_corpus_opts *opts, char hex[LL_HASH_HEX], ll_error *err);

ll_status ll_corpus_read(const ll_corpus_opts *opts, ll_document_sink *sink, void *ctx, ll_corpus_stats *stats,
                         ll_error *err);

#endif
