#define _GNU_SOURCE
#include "report/figure/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/system/clock.h"

enum { OUTPUT_MAX = 256 << 20, TIME_LIMIT_S = 60 };

extern char **environ;

typedef struct gathered {
    char *text;
    size_t size, room;
} gathered;

typedef struct child {
    pid_t pid;
    int in, out, err; /* our ends; -1 once closed */
} child;

static void shut(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

/* Standard input is a socket: writing to one that gnuplot has left is an error code, not a signal. */
static ll_status start(child *c, ll_error *err) {
    int in[2] = { -1, -1 }, out[2] = { -1, -1 }, error[2] = { -1, -1 };
    char *argv[] = { "gnuplot", "-d", "-", NULL };
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    int e =
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) || pipe2(out, O_CLOEXEC) || pipe2(error, O_CLOEXEC)
            ? errno
            : 0;
    if (!e) e = posix_spawn_file_actions_adddup2(&files, in[0], 0);
    if (!e) e = posix_spawn_file_actions_adddup2(&files, out[1], 1);
    if (!e) e = posix_spawn_file_actions_adddup2(&files, error[1], 2);
    if (!e) e = posix_spawnp(&c->pid, "gnuplot", &files, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    shut(&in[0]);
    shut(&out[1]);
    shut(&error[1]);
    *c = (child) { c->pid, in[1], out[0], error[0] };
    if (!e) return LL_OK;
    shut(&c->in);
    shut(&c->out);
    shut(&c->err);
    if (e == ENOENT || e == EACCES)
        return LL_FAIL(err, LL_EIO, "gnuplot is not installed: figures need the Debian package gnuplot-nox");
    return LL_FAIL(err, LL_EIO, "cannot start gnuplot: %s", strerror(e));
}

/* Reads what is there; closes at the end. False when memory or the bound is exhausted. */
static bool gather(gathered *g, int *fd) {
    if (g->room - g->size < 65536) {
        size_t room = g->room ? 2 * g->room : 262144;
        char *bigger = room <= OUTPUT_MAX ? realloc(g->text, room) : NULL;
        if (!bigger) return false;
        g->text = bigger;
        g->room = room;
    }
    ssize_t got = read(*fd, g->text + g->size, g->room - g->size - 1);
    if (got > 0) g->size += (size_t)got;
    else if (got == 0 || errno != EINTR) shut(fd);
    g->text[g->size] = 0;
    return true;
}

/* Writes and reads at once: neither side can wait for the other. */
static ll_status talk(child *c, const char *script, size_t size, gathered *out, gathered *error, ll_error *err) {
    double until = ll_clock_now() + TIME_LIMIT_S;
    while (c->out >= 0 || c->err >= 0) {
        struct pollfd p[3] = { { c->in, POLLOUT, 0 }, { c->out, POLLIN, 0 }, { c->err, POLLIN, 0 } };
        double left = until - ll_clock_now();
        if (left <= 0) return LL_FAIL(err, LL_EIO, "gnuplot did not finish within %d s", TIME_LIMIT_S);
        if (poll(p, 3, (int)(left * 1000) + 1) < 0 && errno != EINTR)
            return LL_FAIL(err, LL_EIO, "cannot wait for gnuplot: %s", strerror(errno));
        if (p[0].revents) {
            ssize_t put = send(c->in, script, size, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (put > 0) script += put, size -= (size_t)put;
            if (size == 0 || (put < 0 && errno != EAGAIN && errno != EINTR)) shut(&c->in);
        }
        if ((p[1].revents && !gather(out, &c->out)) || (p[2].revents && !gather(error, &c->err)))
            return LL_FAIL(err, LL_ENOMEM, "gnuplot's output is larger than the memory for it");
    }
    return LL_OK;
}

/* The line of gnuplot's complaint that says what is wrong: the last that is not blank. */
static ll_status complaint(const gathered *error, ll_error *err) {
    const char *line = "no reason given";
    char *save = NULL;
    for (char *l = error->text ? strtok_r(error->text, "\n", &save) : NULL; l; l = strtok_r(NULL, "\n", &save))
        if (strspn(l, " \t^") < strlen(l)) line = l + strspn(l, " \t");
    return LL_FAIL(err, LL_EIO, "gnuplot failed: %.300s", line);
}

ll_status ll_gnuplot_run(const char *script, size_t size, char **out, size_t *out_size, ll_error *err) {
    child c = { 0 };
    gathered text = { 0 }, error = { 0 };
    int status = 0;
    *out = NULL;
    LL_TRY(start(&c, err));
    ll_status s = talk(&c, script, size, &text, &error, err);
    shut(&c.in);
    shut(&c.out);
    shut(&c.err);
    if (s != LL_OK) kill(c.pid, SIGKILL);
    while (waitpid(c.pid, &status, 0) < 0 && errno == EINTR) continue;
    if (s == LL_OK && (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || text.size == 0))
        s = complaint(&error, err);
    free(error.text);
    if (s == LL_OK) *out = text.text, *out_size = text.size;
    else free(text.text);
    return s;
}
