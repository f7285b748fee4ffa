#define _DEFAULT_SOURCE
#include "base/system/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "loglog/units.h"

static ll_status failed(ll_error *err, const char *verb, const char *path) {
    int e = errno;
    ll_status code = e == ENOENT || e == EISDIR || e == ENOTDIR || e == EACCES ? LL_EINPUT : LL_EIO;
    return LL_FAIL(err, code, "%s: cannot %s: %s", path, verb, strerror(e));
}

ll_status ll_file_whole(char out[LL_PATH_MAX], const char *path, ll_error *err) {
    char *whole = realpath(path, NULL);
    if (!whole) return failed(err, "find", path);
    const bool fits = strlen(whole) < LL_PATH_MAX;
    if (fits) strcpy(out, whole);
    free(whole);
    return fits ? LL_OK : LL_FAIL(err, LL_EINPUT, "%.200s...: path is too long", path);
}

/* The descriptor that a path such as /dev/stdout names, which goes on where it stands; -1: none. */
static int stream_of(const char *path) {
    char *end;
    if (!strcmp(path, "/dev/stdout")) return STDOUT_FILENO;
    if (!strcmp(path, "/dev/stderr")) return STDERR_FILENO;
    if (strncmp(path, "/dev/fd/", 8) != 0 || path[8] < '0' || path[8] > '9') return -1;
    const long fd = strtol(path + 8, &end, 10);
    return *end || fd > INT_MAX ? -1 : (int)fd;
}

/* A device or a FIFO takes the bytes as they come, and so does what is open already. A FIFO that nobody reads is no
 * place to wait. */
static ll_status open_directly(ll_file *f, int stream, ll_error *err) {
    if (stream >= 0) fflush(NULL);
    const int fd =
        stream >= 0 ? fcntl(stream, F_DUPFD_CLOEXEC, 3) : open(f->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    *f->beside = 0;
    if (fd >= 0 && (stream >= 0 || fcntl(fd, F_SETFL, O_WRONLY) == 0) && (f->out = fdopen(fd, "wb"))) return LL_OK;
    const int e = errno;
    if (fd >= 0) close(fd);
    errno = e;
    return failed(err, "write", f->path);
}

/* Where a path leads; what is no link stays as it is said. */
static ll_status follow(char out[LL_PATH_MAX], struct stat *st, const char *path, ll_error *err) {
    struct stat own;
    if (strlen(path) >= LL_PATH_MAX) return LL_FAIL(err, LL_EINPUT, "%.200s...: path is too long", path);
    strcpy(out, path);
    const bool there = lstat(path, &own) == 0;
    *st = (struct stat) { .st_mode = S_IFREG };
    if (there && stat(path, st) != 0)
        return LL_FAIL(err, LL_EINPUT, "%s: a link that leads nowhere, expected a file", path);
    if (S_ISDIR(st->st_mode)) return LL_FAIL(err, LL_EINPUT, "%s: a folder, expected a file", path);
    return there && S_ISLNK(own.st_mode) && S_ISREG(st->st_mode) ? ll_file_whole(out, path, err) : LL_OK;
}

ll_status ll_file_create(ll_file *f, const char *path, ll_error *err) {
    struct stat st;
    f->out = NULL;
    LL_TRY(follow(f->path, &st, path, err));
    const int stream = stream_of(path);
    if (!S_ISREG(st.st_mode) || stream >= 0) return open_directly(f, stream, err);
    snprintf(f->beside, sizeof f->beside, "%s.%ld.part", f->path, (long)getpid());
    f->out = fopen(f->beside, "wbe");
    if (!f->out) return failed(err, "write", path);
    flock(fileno(f->out), LOCK_EX | LOCK_NB); /* tells ll_file_tidy that somebody is at it */
    return LL_OK;
}

ll_status ll_file_commit(ll_file *f, ll_error *err) {
    bool ok = fflush(f->out) == 0 && !ferror(f->out) && (!*f->beside || fsync(fileno(f->out)) == 0);
    int e = errno;
    if (fclose(f->out) != 0 && ok) ok = false, e = errno;
    f->out = NULL;
    if (ok && (!*f->beside || rename(f->beside, f->path) == 0)) return LL_OK;
    if (ok) e = errno;
    if (*f->beside) unlink(f->beside);
    errno = e;
    return failed(err, "write", f->path);
}

void ll_file_abandon(ll_file *f) {
    if (!f->out) return;
    fclose(f->out);
    f->out = NULL;
    if (*f->beside) unlink(f->beside);
}

/* The process of NAME.PID.part; 0 for any other name. */
static long writer_of(const char *name) {
    size_t n = strlen(name), digits = n < 5 ? 0 : n - 5, end = digits;
    if (n < 5 || strcmp(name + end, ".part") != 0) return 0;
    while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9') digits--;
    return digits < end ? strtol(name + digits, NULL, 10) : 0;
}

static bool is_gone(long pid) {
    char proc[64], exe[8];
    snprintf(proc, sizeof proc, "/proc/%ld/exe", pid); /* a zombie has none */
    return readlink(proc, exe, sizeof exe) < 0 && errno == ENOENT;
}

/* Another process may have the dead one's number by now: who writes holds a lock, soon after the file is made. */
static bool is_unlocked(const char *path) {
    enum { SOON_S = 60 };
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool old = fd >= 0 && fstat(fd, &st) == 0 && time(NULL) - st.st_mtime > SOON_S;
    bool free_ = old && flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (fd >= 0) close(fd);
    return free_;
}

void ll_file_tidy(const char *folder) {
    DIR *dir = opendir(folder);
    char path[LL_PATH_MAX];
    for (struct dirent *e; dir && (e = readdir(dir));) {
        const long pid = writer_of(e->d_name);
        if (pid <= 0 || ll_file_join(path, folder, e->d_name, NULL) != LL_OK) continue;
        if (is_gone(pid) || is_unlocked(path)) unlink(path);
    }
    if (dir) closedir(dir);
}

ll_status ll_file_set_aside(char out[LL_PATH_MAX], const char *path, ll_error *err) {
    int n = snprintf(out, LL_PATH_MAX, "%s.broken", path);
    if (n < 0 || n >= LL_PATH_MAX) return LL_FAIL(err, LL_EINPUT, "%.200s...: path is too long", path);
    return rename(path, out) == 0 ? LL_OK : failed(err, "set aside", path);
}

ll_status ll_file_need(const char *folder, double bytes, ll_error *err) {
    struct statvfs v;
    char need[32], left[32];
    if (statvfs(folder, &v) != 0) return failed(err, "look at", folder);
    const double room = (double)v.f_bavail * (double)v.f_frsize;
    if (bytes <= room) return LL_OK;
    return LL_FAIL(err, LL_EIO, "%s: %s are needed, %s are free", folder,
                   ll_units_show_bytes(bytes, need, sizeof need), ll_units_show_bytes(room, left, sizeof left));
}

const char *ll_file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* O_NONBLOCK, which means nothing to a regular file, keeps the open of a FIFO from waiting. */
ll_status ll_file_open_read(int *fd, const char *path, ll_error *err) {
    struct stat st;
    *fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (*fd < 0) return failed(err, "read", path);
    if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode)) return LL_OK;
    close(*fd);
    *fd = -1;
    return LL_FAIL(err, LL_EINPUT, "%s: expected a regular file", path);
}

/* What is there now, and what is added while it is read, up to max bytes and one more. */
static ll_status read_all(int fd, size_t max, char **block, size_t *used) {
    size_t room = 0;
    for (*used = 0; *used <= max;) {
        if (*used + 1 >= room) {
            room = room ? 2 * room : 65536;
            char *bigger = realloc(*block, room);
            if (!bigger) return LL_ENOMEM;
            *block = bigger;
        }
        ssize_t got = read(fd, *block + *used, room - *used - 1);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return LL_EIO;
        if (got == 0) return LL_OK;
        *used += (size_t)got;
    }
    return LL_EINPUT;
}

ll_status ll_file_read(const char *path, size_t max, char **text, size_t *size, ll_error *err) {
    char *block = NULL;
    size_t used;
    int fd;
    *text = NULL;
    LL_TRY(ll_file_open_read(&fd, path, err));
    ll_status s = read_all(fd, max, &block, &used);
    int e = errno;
    close(fd);
    if (s == LL_OK) {
        block[used] = 0;
        *text = block;
        if (size) *size = used;
        return LL_OK;
    }
    free(block);
    errno = e;
    if (s == LL_EIO) return failed(err, "read", path);
    if (s == LL_ENOMEM) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", path);
    return LL_FAIL(err, LL_EINPUT, "%s: larger than %zu bytes", path, max);
}

ll_status ll_file_mkdir(const char *path, ll_error *err) {
    char at[LL_PATH_MAX];
    if (strlen(path) >= sizeof at) return LL_FAIL(err, LL_EINPUT, "%.200s...: path is too long", path);
    strcpy(at, path);
    for (char *p = at + 1; *at; p++) {
        if (*p != '/' && *p != 0) continue;
        char was = *p;
        *p = 0;
        if (mkdir(at, 0777) != 0 && errno != EEXIST) return failed(err, "make the folder", at);
        if (!was) break;
        *p = was;
    }
    return LL_OK;
}

ll_status ll_file_join(char out[LL_PATH_MAX], const char *folder, const char *name, ll_error *err) {
    int n = snprintf(out, LL_PATH_MAX, "%s%s%s", folder, *folder ? "/" : "", name);
    if (n < 0 || n >= LL_PATH_MAX) return LL_FAIL(err, LL_EINPUT, "%.200s/...: path is too long", folder);
    return LL_OK;
}

void ll_file_folder(char out[LL_PATH_MAX], const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash) strcpy(out, ".");
    else if (slash == path) strcpy(out, "/");
    else snprintf(out, LL_PATH_MAX, "%.*s", (int)(slash - path), path);
}

ll_status ll_map_open(ll_map *m, const char *path, ll_error *err) {
    *m = (ll_map) { .data = (void *)"" };
    struct stat st;
    int fd;
    LL_TRY(ll_file_open_read(&fd, path, err));
    if (fstat(fd, &st) != 0) {
        close(fd);
        return failed(err, "read", path);
    }
    if (st.st_size > 0) {
        void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (at == MAP_FAILED) {
            int e = errno;
            close(fd);
            errno = e;
            return failed(err, "map", path);
        }
        *m = (ll_map) { .data = at, .size = (size_t)st.st_size };
    }
    close(fd);
    return LL_OK;
}

void ll_map_close(ll_map *m) {
    if (m->size) munmap(m->data, m->size);
    *m = (ll_map) { 0 };
}
