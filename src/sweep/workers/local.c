#define _GNU_SOURCE
#include "sweep/workers/local.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "loglog/units.h"

enum { TICK_MS = 200, PIPE_FD = 3 };

extern char **environ;

typedef struct child {
    pid_t pid;
    int fd;
    int64_t rung;
    int threads;
    bool told; /* DONE or FAILED has arrived */
} child;

typedef struct engine {
    const ll_local_opts *o;
    const ll_rung *rungs;
    ll_task_state *state;
    int64_t n;
    child *running;
    int n_running;
    int64_t *reached; /* [n] steps, by what each has told */
    double *path;     /* [n] */
    bool stopping;
    double cpu_s; /* of those that ended */
} engine;

/* ---- memory and cores ---- */

static double memory_in_use(const engine *e) {
    double sum = 0;
    for (int c = 0; c < e->n_running; c++) sum += e->o->needs[e->running[c].rung];
    return sum;
}

static int threads_of(const engine *e, int place) {
    return ll_pack_threads(&e->rungs[e->running[place].rung], e->o->cores, e->n_running, place);
}

/* Tells each rung that runs how many cores it has from now on; one that could not be told is told the next time. */
static void share_out(engine *e) {
    for (int c = 0; c < e->n_running; c++) {
        int threads = threads_of(e, c);
        if (threads == e->running[c].threads) continue;
        if (sigqueue(e->running[c].pid, LL_WORKER_CORES, (union sigval) { .sival_int = threads }) == 0)
            e->running[c].threads = threads;
    }
}

/* ---- children ---- */

/* A worker starts with the signal blocked that it does not listen to yet. */
static int spawn_blocked(pid_t *pid, const char *program, const posix_spawn_file_actions_t *actions,
                         const char *const *argv) {
    posix_spawnattr_t attr;
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, LL_WORKER_CORES);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigmask(&attr, &blocked);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
    int failed = posix_spawnp(pid, program, actions, &attr, (char *const *)argv, environ);
    posix_spawnattr_destroy(&attr);
    return failed;
}

/* On one core, until they are shared out. */
static ll_status spawn(engine *e, int64_t rung, ll_error *err) {
    ll_worker_opts w = e->o->worker;
    ll_worker_line line;
    int pipe_fds[2];
    snprintf(w.rung, sizeof w.rung, "%s", e->rungs[rung].name);
    strcpy(w.tell, "pipe");
    w.fd = PIPE_FD;
    if (w.ranks > 1 && w.ranks > e->rungs[rung].micro) w.ranks = e->rungs[rung].micro;
    ll_worker_command(&w, &line);
    if (pipe2(pipe_fds, O_CLOEXEC) != 0) return LL_FAIL(err, LL_EIO, "cannot make a pipe: %s", strerror(errno));
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], PIPE_FD);
    pid_t pid;
    int failed = spawn_blocked(&pid, e->o->program, &actions, line.argv);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_fds[1]);
    if (failed) {
        close(pipe_fds[0]);
        return LL_FAIL(err, LL_EIO, "cannot start %s: %s", e->o->program, strerror(failed));
    }
    e->running[e->n_running++] = (child) { .pid = pid, .fd = pipe_fds[0], .rung = rung, .threads = 1 };
    e->state[rung] = LL_TASK_RUNNING;
    e->o->started(e->o->ctx, rung);
    return LL_OK;
}

static void deliver(engine *e, child *c, const ll_message *m) {
    if (m->kind == LL_MESSAGE_PROGRESS || m->kind == LL_MESSAGE_POINT) e->reached[c->rung] = m->event.step;
    if (m->kind == LL_MESSAGE_DONE || m->kind == LL_MESSAGE_FAILED) {
        c->told = true;
        e->state[c->rung] = ll_message_is_stop(m) ? LL_TASK_WAITING /* for its turn, now or in the next run */
                            : m->kind == LL_MESSAGE_DONE ? LL_TASK_DONE
                                                         : LL_TASK_FAILED;
    }
    e->o->message(e->o->ctx, c->rung, m);
}

static double seconds_of(struct timeval t) {
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

/* A child that ended without a word was killed: that is its failure, unless it was asked to end before it could
 * listen. */
static void bury(engine *e, int at) {
    child c = e->running[at];
    int status = 0;
    struct rusage used = { 0 };
    close(c.fd);
    while (wait4(c.pid, &status, 0, &used) < 0 && errno == EINTR) {
    }
    e->cpu_s += seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
    e->running[at] = e->running[--e->n_running];
    if (c.told) return;
    ll_message m = { .kind = LL_MESSAGE_FAILED };
    int by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (by == SIGINT || by == SIGTERM) LL_FAIL(&m.error, LL_ESTOP, "stopped before its first step");
    else if (by) LL_FAIL(&m.error, LL_EIO, "killed by signal %d", by);
    else LL_FAIL(&m.error, LL_EIO, "ended with exit code %d and no result", WEXITSTATUS(status));
    deliver(e, &c, &m);
}

static void listen_once(engine *e) {
    struct pollfd fds[256];
    int n = e->n_running < 256 ? e->n_running : 256;
    for (int c = 0; c < n; c++) fds[c] = (struct pollfd) { .fd = e->running[c].fd, .events = POLLIN };
    if (poll(fds, (nfds_t)n, TICK_MS) <= 0) return;
    for (int c = n - 1; c >= 0; c--) { /* from the end: bury fills the gap with the last */
        ll_message m;
        if (!fds[c].revents) continue;
        ssize_t got = read(fds[c].fd, &m, sizeof m);
        if (got == (ssize_t)sizeof m) deliver(e, &e->running[c], &m);
        else if (got >= 0 || errno != EINTR) bury(e, c);
    }
}

static void ask_all_to_stop(engine *e) {
    if (e->stopping) return;
    e->stopping = true;
    for (int c = 0; c < e->n_running; c++) kill(e->running[c].pid, SIGTERM);
}

static ll_status run(engine *e, ll_error *err) {
    ll_status s = LL_OK;
    for (;;) {
        while (!e->stopping && e->n_running < e->o->workers) {
            const ll_pack p = { e->rungs, e->n, e->state, e->o->early ? e->reached : NULL, e->path };
            int64_t next = ll_pack_next(&p, e->o->needs, e->o->memory - memory_in_use(e));
            if (next < 0) break;
            s = spawn(e, next, err);
            if (s == LL_OK) continue;
            ask_all_to_stop(e);
        }
        if (e->n_running == 0) break;
        share_out(e);
        listen_once(e);
        e->o->tick(e->o->ctx);
        if (e->o->stop(e->o->ctx)) ask_all_to_stop(e);
    }
    if (s == LL_OK && e->stopping) s = LL_FAIL(err, LL_ESTOP, "stopped; the same command goes on from here");
    return s;
}

ll_status ll_local_run(const ll_local_opts *opts, const ll_rung *rungs, ll_task_state *state, int64_t n,
                       ll_local_use *use, ll_error *err) {
    char need[32], bound[32];
    *use = (ll_local_use) { 0 };
    for (int64_t i = 0; i < n; i++)
        if (state[i] != LL_TASK_DONE && opts->needs[i] > opts->memory) /* of a later stage too: now is the time */
            return LL_FAIL(err, LL_ENOMEM, "rung %s needs %s, the bound is %s: raise --memory", rungs[i].name,
                           ll_units_show_bytes(opts->needs[i], need, sizeof need),
                           ll_units_show_bytes(opts->memory, bound, sizeof bound));
    engine e = { .o = opts, .rungs = rungs, .state = state, .n = n };
    e.running = calloc((size_t)opts->workers, sizeof *e.running);
    e.reached = calloc((size_t)n + 1, sizeof *e.reached);
    e.path = calloc((size_t)n + 1, sizeof *e.path);
    double start = ll_clock_now();
    if (e.path) ll_pack_paths(rungs, n, e.path);
    ll_status s = e.running && e.reached && e.path ? run(&e, err) : LL_FAIL(err, LL_ENOMEM, "out of memory");
    *use = (ll_local_use) { ll_clock_now() - start, e.cpu_s };
    free(e.running);
    free(e.reached);
    free(e.path);
    return s;
}
