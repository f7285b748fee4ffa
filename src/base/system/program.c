#define _GNU_SOURCE
#include "base/system/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/system/clock.h"

enum { OUTPUT_MAX = 256 << 20 };

extern char **environ;

typedef struct gathered {
    char *text;
    size_t size, room;
} gathered;

typedef struct child {
    const char *name;
    pid_t pid;         /* 0: there is no such program */
    int out, error;    /* our ends; -1 once closed */
    gathered wrote[2]; /* of out, of error */
} child;

static void shut(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

/* A file in memory that holds the input, at its beginning; -1 and errno. */
static int file_of(const char *input, size_t size) {
    const int fd = memfd_create("input", MFD_CLOEXEC);
    while (fd >= 0 && size > 0) {
        const ssize_t put = write(fd, input, size);
        if (put > 0) input += put, size -= (size_t)put;
        else if (put == 0 || errno != EINTR) break;
    }
    if (fd >= 0 && (size > 0 || lseek(fd, 0, SEEK_SET) != 0)) {
        const int e = errno;
        close(fd);
        errno = e;
        return -1;
    }
    return fd;
}

static ll_status start(child *c, const char *const argv[], int in, ll_error *err) {
    int out[2] = { -1, -1 }, error[2] = { -1, -1 };
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    int e = pipe2(out, O_CLOEXEC) || pipe2(error, O_CLOEXEC) ? errno : 0;
    if (!e) e = posix_spawn_file_actions_adddup2(&files, in, 0);
    if (!e) e = posix_spawn_file_actions_adddup2(&files, out[1], 1);
    if (!e) e = posix_spawn_file_actions_adddup2(&files, error[1], 2);
    if (!e) e = posix_spawnp(&c->pid, argv[0], &files, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&files);
    shut(&out[1]);
    shut(&error[1]);
    c->out = out[0], c->error = error[0];
    if (!e) return LL_OK;
    shut(&c->out);
    shut(&c->error);
    c->pid = 0;
    return e == ENOENT || e == EACCES ? LL_OK : LL_FAIL(err, LL_EIO, "cannot start %s: %s", argv[0], strerror(e));
}

/* Reads what is there; closes at the end. */
static ll_status gather(const child *c, gathered *g, int *fd, ll_error *err) {
    if (g->room - g->size < 65536) {
        const size_t room = g->room ? 2 * g->room : 262144;
        char *bigger = room <= OUTPUT_MAX ? realloc(g->text, room) : NULL;
        if (!bigger) return LL_FAIL(err, LL_ENOMEM, "%s's output is larger than the memory for it", c->name);
        g->text = bigger;
        g->room = room;
    }
    const ssize_t got = read(*fd, g->text + g->size, g->room - g->size - 1);
    if (got < 0 && errno != EINTR) return LL_FAIL(err, LL_EIO, "cannot read from %s: %s", c->name, strerror(errno));
    if (got > 0) g->size += (size_t)got;
    else if (got == 0) shut(fd);
    g->text[g->size] = 0;
    return LL_OK;
}

static ll_status too_long(const child *c, int limit_s, ll_error *err) {
    return LL_FAIL(err, LL_EIO, "%s did not finish within %d s", c->name, limit_s);
}

static ll_status listen_to(child *c, double until, int limit_s, ll_error *err) {
    while (c->out >= 0 || c->error >= 0) {
        struct pollfd p[2] = { { c->out, POLLIN, 0 }, { c->error, POLLIN, 0 } };
        const double left = until - ll_clock_now();
        if (left <= 0) return too_long(c, limit_s, err);
        if (poll(p, 2, (int)(left * 1000) + 1) < 0) {
            if (errno == EINTR) continue;
            return LL_FAIL(err, LL_EIO, "cannot wait for %s: %s", c->name, strerror(errno));
        }
        if (p[0].revents) LL_TRY(gather(c, &c->wrote[0], &c->out, err));
        if (p[1].revents) LL_TRY(gather(c, &c->wrote[1], &c->error, err));
    }
    return LL_OK;
}

static int code_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : LL_PROGRAM_KILLED;
}

/* What has closed its ends of the pipes has mostly ended; it need not. */
static ll_status wait_for(child *c, double until, int limit_s, int *code, ll_error *err) {
    int status = 0;
    for (long pause = 50000;; pause = pause < 10000000 ? 2 * pause : pause) {
        const pid_t ended = waitpid(c->pid, &status, WNOHANG);
        if (ended > 0) c->pid = 0;
        if (ended > 0 || (ended < 0 && errno != EINTR)) return *code = code_of(status), LL_OK;
        if (ll_clock_now() > until) return too_long(c, limit_s, err);
        nanosleep(&(struct timespec) { 0, pause }, NULL);
    }
}

static void end(child *c) {
    if (!c->pid) return;
    kill(c->pid, SIGKILL);
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR) continue;
}

ll_status ll_program_run(ll_program *p, const char *const argv[], const void *input, size_t size, int limit_s,
                         ll_error *err) {
    child c = { .name = argv[0] };
    int in = file_of(input, size);
    *p = (ll_program) { .code = LL_PROGRAM_ABSENT };
    if (in < 0) return LL_FAIL(err, LL_EIO, "cannot hand its input to %s: %s", argv[0], strerror(errno));
    ll_status s = start(&c, argv, in, err);
    shut(&in);
    if (s != LL_OK || c.pid == 0) return s;
    const double until = ll_clock_now() + limit_s;
    s = listen_to(&c, until, limit_s, err);
    shut(&c.out);
    shut(&c.error);
    if (s == LL_OK) s = wait_for(&c, until, limit_s, &p->code, err);
    if (s != LL_OK) end(&c);
    p->out = c.wrote[0].text, p->size = c.wrote[0].size;
    p->complaint = c.wrote[1].text;
    if (s != LL_OK) ll_program_clear(p);
    return s;
}

void ll_program_clear(ll_program *p) {
    free(p->out);
    free(p->complaint);
    *p = (ll_program) { 0 };
}
