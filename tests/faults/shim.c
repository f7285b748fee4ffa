/* LD_PRELOAD shim: the n-th call of one kind fails, once, in one process of all that inherit it.
 *
 *     FAULT_KIND=alloc|open|read|write|sync|rename  FAULT_AT=N  FAULT_ERRNO=E  FAULT_FIRED=PATH
 *
 * Counting begins at main. FAULT_ERRNO 0 makes a read or write short instead. FAULT_FIRED is made when it happens:
 * a driver raises N until the file stays away, and knows then that every call has failed once. glibc's stdio
 * does not come through here, so around fflush, fclose, fwrite and fread the descriptor is another: /dev/full, or
 * a folder, which cannot be read. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static const char *kind = "", *fired = "";
static long at;
static int code;
static atomic_long calls;
static atomic_bool armed;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static bool first_of_all(void) {
    int fd = REAL(open)(fired, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (fd < 0) return false;
    REAL(close)(fd);
    return true;
}

static bool fails(const char *what) {
    if (!atomic_load(&armed) || strcmp(kind, what) != 0 || atomic_fetch_add(&calls, 1) + 1 != at) return false;
    atomic_store(&armed, false);
    return first_of_all();
}

/* ---- memory ---- */

static void *none(void) {
    errno = ENOMEM;
    return NULL;
}

void *malloc(size_t n) {
    return fails("alloc") ? none() : __libc_malloc(n);
}

void *calloc(size_t n, size_t size) {
    return fails("alloc") ? none() : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n) {
    return fails("alloc") ? none() : __libc_realloc(p, n);
}

void *aligned_alloc(size_t align, size_t n) {
    return fails("alloc") ? none() : __libc_memalign(align, n);
}

int posix_memalign(void **out, size_t align, size_t n) {
    if (fails("alloc")) return ENOMEM;
    *out = __libc_memalign(align, n);
    return *out ? 0 : ENOMEM;
}

/* ---- files ---- */

static bool refuse(const char *what) {
    if (!fails(what)) return false;
    errno = code ? code : EIO;
    return true;
}

static mode_t mode_of(int flags, va_list ap) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
}

#define OPEN(name)                                                  \
    int name(const char *path, int flags, ...) {                    \
        va_list ap;                                                 \
        va_start(ap, flags);                                        \
        mode_t mode = mode_of(flags, ap);                           \
        va_end(ap);                                                 \
        return refuse("open") ? -1 : REAL(name)(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

FILE *fopen(const char *path, const char *mode) {
    return refuse("open") ? NULL : REAL(fopen)(path, mode);
}

FILE *fopen64(const char *path, const char *mode) {
    return refuse("open") ? NULL : REAL(fopen64)(path, mode);
}

DIR *opendir(const char *path) {
    return refuse("open") ? NULL : REAL(opendir)(path);
}

/* Half of the bytes when errno is 0, else a refusal. */
#define MOVE(type, name, what, buffer, offset_declared, offset_given)         \
    ssize_t name(int fd, buffer block, size_t n offset_declared) {            \
        if (!fails(what)) return REAL(name)(fd, block, n offset_given);       \
        if (!code && n > 1) return REAL(name)(fd, block, n / 2 offset_given); \
        errno = code ? code : EIO;                                            \
        return -1;                                                            \
    }
#define COMMA ,
MOVE(ssize_t, read, "read", void *, , )
MOVE(ssize_t, pread, "read", void *, COMMA off_t at_byte, COMMA at_byte)
MOVE(ssize_t, pread64, "read", void *, COMMA off64_t at_byte, COMMA at_byte)
MOVE(ssize_t, write, "write", const void *, , )
MOVE(ssize_t, pwrite, "write", const void *, COMMA off_t at_byte, COMMA at_byte)
MOVE(ssize_t, pwrite64, "write", const void *, COMMA off64_t at_byte, COMMA at_byte)

int fsync(int fd) {
    return refuse("sync") ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd) {
    return refuse("sync") ? -1 : REAL(fdatasync)(fd);
}

int ftruncate64(int fd, off64_t n) {
    return refuse("write") ? -1 : REAL(ftruncate64)(fd, n);
}

int rename(const char *from, const char *to) {
    return refuse("rename") ? -1 : REAL(rename)(from, to);
}

/* ---- stdio ---- */

typedef struct detour {
    int fd, kept;
} detour;

static detour divert(FILE *f, const char *path) {
    detour d = { fileno(f), -1 };
    int other = REAL(open)(path, strcmp(path, "/") ? O_WRONLY : O_RDONLY);
    if (d.fd < 0 || other < 0) return d;
    d.kept = dup(d.fd);
    dup2(other, d.fd);
    REAL(close)(other);
    return d;
}

static void come_back(detour d, bool open_still) {
    if (d.kept < 0) return;
    if (open_still) dup2(d.kept, d.fd);
    REAL(close)(d.kept);
}

int fflush(FILE *f) {
    if (!f || !fails("write")) return REAL(fflush)(f);
    detour d = divert(f, "/dev/full");
    int result = REAL(fflush)(f);
    come_back(d, true);
    return result;
}

int fclose(FILE *f) {
    if (!fails("write")) return REAL(fclose)(f);
    detour d = divert(f, "/dev/full");
    int result = REAL(fclose)(f);
    come_back(d, false);
    return result;
}

size_t fwrite(const void *block, size_t size, size_t n, FILE *f) {
    if (!fails("write")) return REAL(fwrite)(block, size, n, f);
    detour d = divert(f, "/dev/full");
    size_t result = REAL(fwrite)(block, size, n, f);
    come_back(d, true);
    return result;
}

size_t fread(void *block, size_t size, size_t n, FILE *f) {
    if (!fails("read")) return REAL(fread)(block, size, n, f);
    detour d = divert(f, "/");
    size_t result = REAL(fread)(block, size, n, f);
    come_back(d, true);
    return result;
}

/* ---- main ---- */

static int (*real_main)(int, char **, char **);

static int main_armed(int argc, char **argv, char **env) {
    kind = getenv("FAULT_KIND") ? getenv("FAULT_KIND") : "";
    fired = getenv("FAULT_FIRED") ? getenv("FAULT_FIRED") : "";
    at = getenv("FAULT_AT") ? atol(getenv("FAULT_AT")) : 0;
    code = getenv("FAULT_ERRNO") ? atoi(getenv("FAULT_ERRNO")) : 0;
    atomic_store(&armed, *kind && *fired);
    return real_main(argc, argv, env);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end) {
    int (*start)(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void), void (*)(void),
                 void *) = dlsym(RTLD_NEXT, "__libc_start_main");
    real_main = main;
    return start(main_armed, argc, argv, init, fini, rtld_fini, stack_end);
}
