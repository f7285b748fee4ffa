/* LD_PRELOAD shim: the n-th call of one kind fails, once, in one process of all that inherit it.
 *
 *     FAULT_KIND=alloc|open|read|write|sync|rename  FAULT_AT=N  FAULT_ERRNO=E  FAULT_FIRED=PATH
 *     FAULT_KIND=starved|full|frozen|clock          from the N-th on they all do, in every process
 *
 * starved: allocations; full: writes to files; frozen: all that would change a file; clock: what is read of the
 * calendar's clock is FAULT_ERRNO seconds off, either way. Pipes, sockets and terminals are spared. Counting begins
 * at main, and only in loglog itself: what gnuplot cannot open is not asked here. FAULT_ERRNO 0 makes a read or
 * write short instead. FAULT_FIRED is made when it happens: a driver raises N until the file stays away, and knows
 * then that every call has failed once. glibc's stdio does not come through here, so around fflush, fclose, fwrite
 * and fread the descriptor is another: /dev/full, or a folder, which cannot be read. */
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
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
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
static bool stays; /* and goes on failing */

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static bool first_of_all(void) {
    int fd = REAL(open)(fired, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (fd < 0) return false;
    REAL(close)(fd);
    return true;
}

/* What changes a file: all of it fails once the file system is frozen. */
static bool is_meant(const char *what) {
    if (!strcmp(kind, what)) return true;
    const bool writes = !strcmp(what, "write") || !strcmp(what, "sync");
    if (!strcmp(kind, "starved")) return !strcmp(what, "alloc");
    if (!strcmp(kind, "full")) return writes;
    return !strcmp(kind, "frozen") && (writes || !strcmp(what, "rename") || !strcmp(what, "create"));
}

static bool fails(const char *what) {
    if (!atomic_load(&armed) || !is_meant(what)) return false;
    const long n = atomic_fetch_add(&calls, 1) + 1;
    if (stays) {
        if (n == at) first_of_all();
        return n >= at;
    }
    if (n != at) return false;
    atomic_store(&armed, false);
    return first_of_all();
}

static bool fails_on(const char *what, int fd) {
    struct stat st;
    if (fd < 0) return false; /* a stream of memory */
    if (stays && atomic_load(&armed) && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) return false;
    return fails(what);
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

static bool refuse_on(const char *what, int fd) {
    if (!fails_on(what, fd)) return false;
    errno = code ? code : EIO;
    return true;
}

static bool refuse_open(bool writes) {
    return refuse("open") || (writes && refuse("create"));
}

static mode_t mode_of(int flags, va_list ap) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
}

#define OPEN(name)                                                                            \
    int name(const char *path, int flags, ...) {                                              \
        va_list ap;                                                                           \
        va_start(ap, flags);                                                                  \
        mode_t mode = mode_of(flags, ap);                                                     \
        va_end(ap);                                                                           \
        return refuse_open(flags & (O_WRONLY | O_RDWR)) ? -1 : REAL(name)(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

FILE *fopen(const char *path, const char *mode) {
    return refuse_open(*mode != 'r') ? NULL : REAL(fopen)(path, mode);
}

FILE *fopen64(const char *path, const char *mode) {
    return refuse_open(*mode != 'r') ? NULL : REAL(fopen64)(path, mode);
}

DIR *opendir(const char *path) {
    return refuse("open") ? NULL : REAL(opendir)(path);
}

/* Half of the bytes when errno is 0, else a refusal. */
#define MOVE(type, name, what, buffer, offset_declared, offset_given)          \
    ssize_t name(int fd, buffer block, size_t n offset_declared) {             \
        if (!fails_on(what, fd)) return REAL(name)(fd, block, n offset_given); \
        if (!code && n > 1) return REAL(name)(fd, block, n / 2 offset_given);  \
        errno = code ? code : EIO;                                             \
        return -1;                                                             \
    }
#define COMMA ,
MOVE(ssize_t, read, "read", void *, , )
MOVE(ssize_t, pread, "read", void *, COMMA off_t at_byte, COMMA at_byte)
MOVE(ssize_t, pread64, "read", void *, COMMA off64_t at_byte, COMMA at_byte)
MOVE(ssize_t, write, "write", const void *, , )
MOVE(ssize_t, pwrite, "write", const void *, COMMA off_t at_byte, COMMA at_byte)
MOVE(ssize_t, pwrite64, "write", const void *, COMMA off64_t at_byte, COMMA at_byte)

int fsync(int fd) {
    return refuse_on("sync", fd) ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd) {
    return refuse_on("sync", fd) ? -1 : REAL(fdatasync)(fd);
}

int ftruncate64(int fd, off64_t n) {
    return refuse_on("write", fd) ? -1 : REAL(ftruncate64)(fd, n);
}

int ftruncate(int fd, off_t n) {
    return refuse_on("write", fd) ? -1 : REAL(ftruncate)(fd, n);
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
    if (!f || !fails_on("write", fileno(f))) return REAL(fflush)(f);
    detour d = divert(f, "/dev/full");
    int result = REAL(fflush)(f);
    come_back(d, true);
    return result;
}

int fclose(FILE *f) {
    if (!fails_on("write", fileno(f))) return REAL(fclose)(f);
    detour d = divert(f, "/dev/full");
    int result = REAL(fclose)(f);
    come_back(d, false);
    return result;
}

size_t fwrite(const void *block, size_t size, size_t n, FILE *f) {
    if (!fails_on("write", fileno(f))) return REAL(fwrite)(block, size, n, f);
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

char *fgets(char *line, int n, FILE *f) {
    if (!fails("read")) return REAL(fgets)(line, n, f);
    detour d = divert(f, "/");
    char *result = REAL(fgets)(line, n, f);
    come_back(d, true);
    return result;
}

/* ---- the calendar's clock ---- */

static time_t jumped(void) {
    return fails("clock") ? code : 0;
}

time_t time(time_t *out) {
    struct timespec t;
    REAL(clock_gettime)(CLOCK_REALTIME, &t);
    t.tv_sec += jumped();
    if (out) *out = t.tv_sec;
    return t.tv_sec;
}

int clock_gettime(clockid_t clock, struct timespec *t) {
    const int result = REAL(clock_gettime)(clock, t);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) t->tv_sec += jumped();
    return result;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone) {
    const int result = REAL(gettimeofday)(t, zone);
    if (result == 0) t->tv_sec += jumped();
    return result;
}

/* ---- main ---- */

static int (*real_main)(int, char **, char **);

static int main_armed(int argc, char **argv, char **env) {
    kind = getenv("FAULT_KIND") ? getenv("FAULT_KIND") : "";
    fired = getenv("FAULT_FIRED") ? getenv("FAULT_FIRED") : "";
    at = getenv("FAULT_AT") ? atol(getenv("FAULT_AT")) : 0;
    code = getenv("FAULT_ERRNO") ? atoi(getenv("FAULT_ERRNO")) : 0;
    stays = !strcmp(kind, "starved") || !strcmp(kind, "full") || !strcmp(kind, "frozen") || !strcmp(kind, "clock");
    atomic_store(&armed, *kind && *fired && !strncmp(program_invocation_short_name, "loglog", 6));
    return real_main(argc, argv, env);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end) {
    int (*start)(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void), void (*)(void),
                 void *) = dlsym(RTLD_NEXT, "__libc_start_main");
    real_main = main;
    return start(main_armed, argc, argv, init, fini, rtld_fini, stack_end);
}
