/* Files: written beside and renamed, so that a reader sees the old one or the new one, never half.
 *
 *     ll_file f;
 *     LL_TRY(ll_file_create(&f, path, err));
 *     fprintf(f.out, ...);
 *     LL_TRY(ll_file_commit(&f, err));          or ll_file_abandon(&f)
 */
#ifndef LL_BASE_SYSTEM_FILE_H
#define LL_BASE_SYSTEM_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "loglog/error.h"

enum { LL_PATH_MAX = 1024 };

typedef struct ll_file {
    FILE *out;
    char path[LL_PATH_MAX];        /* where it leads: links are followed */
    char beside[LL_PATH_MAX + 32]; /* ""; written directly */
} ll_file;

/* What is no regular file, such as a device or a FIFO, is written to as it is, and nothing takes its place. LL_EINPUT:
 * a folder, or a link that leads nowhere. */
ll_status ll_file_create(ll_file *f, const char *path, ll_error *err);
ll_status ll_file_commit(ll_file *f, ll_error *err); /* flush, fsync, rename; removes on failure */
void ll_file_abandon(ll_file *f);                    /* does nothing after a commit */

/* Removes what killed processes left half-written in a folder. */
void ll_file_tidy(const char *folder);

/* A descriptor to read a regular file; LL_EINPUT for anything else: a device has no end, and a FIFO may wait for
 * one that never writes. Closed by the caller. */
ll_status ll_file_open_read(int *fd, const char *path, ll_error *err);

/* Renames a damaged file to PATH.broken, out of the way and kept; its new path into out. */
ll_status ll_file_set_aside(char out[LL_PATH_MAX], const char *path, ll_error *err);

/* LL_EIO when the folder's disk has not so many bytes free. */
ll_status ll_file_need(const char *folder, double bytes, ll_error *err);

/* The part of a path behind its last slash; borrowed. */
const char *ll_file_name(const char *path);

/* The whole regular file as a zero-terminated block that the caller frees; at most max bytes. */
ll_status ll_file_read(const char *path, size_t max, char **text, size_t *size, ll_error *err);

/* Makes a folder and its parents; an existing one is fine. */
ll_status ll_file_mkdir(const char *path, ll_error *err);

/* folder/name into out; LL_EINPUT when it does not fit. */
ll_status ll_file_join(char out[LL_PATH_MAX], const char *folder, const char *name, ll_error *err);

/* A path from the root, without links. What is there; else LL_EINPUT. */
ll_status ll_file_whole(char out[LL_PATH_MAX], const char *path, ll_error *err);

/* The folder a path lies in ("." when it has none). */
void ll_file_folder(char out[LL_PATH_MAX], const char *path);

/* A file's bytes, mapped read-only until closed. An empty file is no error: its data is a pointer like any other. */
typedef struct ll_map {
    void *data; /* never NULL once opened; not to be written to */
    size_t size;
} ll_map;
ll_status ll_map_open(ll_map *m, const char *path, ll_error *err);
void ll_map_close(ll_map *m);

#endif
