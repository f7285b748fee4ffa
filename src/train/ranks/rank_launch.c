#define _GNU_SOURCE
#include "train/ranks/rank_launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define PIPE "LOGLOG_RANKS_PIPE" /* in the environment of ranks: the path of the pipe that rank 0 writes to */

enum { TICK_MS = 100, COMPLAINT = 4096 };

const char *ll_ranks_pipe(void) {
    return getenv(PIPE);
}

typedef struct launch {
    const ll_ranks_job *job;
    int from, to;    /* the pipe of rank 0: this end is read, that one is held open */
    FILE *complaint; /* standard error of mpirun and of the ranks */
    pid_t pid;
    bool asked;
} launch;

/* ---- starting ---- */

enum { BEFORE = 9 }; /* words of mpirun's own */

/* In a group of its own: a terminal's Ctrl-C is for the engine alone. */
static int spawn(launch *l, const char *const *argv) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, fileno(l->complaint), STDERR_FILENO);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
    const int failed = posix_spawnp(&l->pid, argv[0], &files, &attr, (char *const *)argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return failed;
}

static ll_status spawn_mpirun(launch *l, const char *program, ll_error *err) {
    char n[16], pipe[64];
    const char *argv[BEFORE + LL_RANKS_WORDS + 1] = { "mpirun",    "-n",   n,    "--oversubscribe",
                                                      "--bind-to", "none", "-x", PIPE,
                                                      program };
    for (int i = 1; l->job->argv[i] && i < LL_RANKS_WORDS; i++) argv[BEFORE + i - 1] = l->job->argv[i];
    snprintf(n, sizeof n, "%d", l->job->n);
    snprintf(pipe, sizeof pipe, "/proc/%d/fd/%d", (int)getpid(), l->to);
    setenv(PIPE, pipe, 1);
    if (geteuid() == 0) setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1), setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    const int failed = spawn(l, argv);
    if (!failed) return LL_OK;
    return LL_FAIL(err, LL_EIO, "cannot start mpirun: %s (Debian: openmpi-bin)", strerror(failed));
}

static ll_status start(launch *l, ll_error *err) {
    char program[4096];
    int fds[2];
    const ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    l->complaint = tmpfile();
    if (n < 0 || !l->complaint || pipe2(fds, O_CLOEXEC) != 0)
        return LL_FAIL(err, LL_EIO, "cannot start ranks: %s", strerror(errno));
    program[n] = 0;
    l->from = fds[0];
    l->to = fds[1];
    return spawn_mpirun(l, program, err);
}

/* ---- listening ---- */

/* mpirun hands SIGUSR1 on to every rank. */
static void ask_to_stop(launch *l) {
    if (!l->asked) kill(l->pid, SIGUSR1);
    l->asked = true;
}

static void pass_on(launch *l) {
    _Alignas(max_align_t) char message[LL_RANKS_MESSAGE];
    if (read(l->from, message, l->job->message) != (ssize_t)l->job->message) return;
    if (!l->job->heard(l->job->ctx, message)) ask_to_stop(l);
}

static bool has_said(const launch *l, int wait_ms) {
    struct pollfd p = { .fd = l->from, .events = POLLIN };
    return poll(&p, 1, wait_ms) == 1 && p.revents & POLLIN;
}

static int listen_until_end(launch *l) {
    int status = 0;
    for (;;) {
        if (has_said(l, TICK_MS)) pass_on(l);
        else if (waitpid(l->pid, &status, WNOHANG) == l->pid) break;
        if (*l->job->stop) ask_to_stop(l);
    }
    while (has_said(l, 0)) pass_on(l);
    return status;
}

/* ---- how it ended ---- */

/* What mpirun says of the first rank that ended badly. */
static bool find_rank(const char *text, int *rank, int *by) {
    const char *at = strstr(text, "process rank "), *signal = at ? strstr(at, "signal ") : NULL;
    if (signal && sscanf(at, "process rank %d", rank) == 1 && sscanf(signal, "signal %d", by) == 1) return true;
    at = strstr(text, "Process name: [[");
    *by = 0;
    return at && sscanf(at, "Process name: [[%*d,%*d],%d]", rank) == 1;
}

static ll_status say_why(const launch *l, int status, ll_error *err) {
    char text[COMPLAINT + 1] = "";
    int rank, by;
    rewind(l->complaint);
    text[fread(text, 1, COMPLAINT, l->complaint)] = 0;
    if (find_rank(text, &rank, &by)) {
        if (by) return LL_FAIL(err, LL_EIO, "rank %d of %d was killed by signal %d", rank, l->job->n, by);
        return LL_FAIL(err, LL_EIO, "rank %d of %d ended without a result", rank, l->job->n);
    }
    const char *line = text + strspn(text, "-\n ");
    if (*line) return LL_FAIL(err, LL_EIO, "mpirun: %.*s", (int)strcspn(line, "\n"), line);
    return LL_FAIL(err, LL_EIO, "mpirun ended with status %d", status);
}

static ll_status run(launch *l, ll_error *err) {
    LL_TRY(start(l, err));
    const int status = listen_until_end(l);
    if (status != 0 && !l->asked) return say_why(l, status, err);
    return l->asked ? LL_FAIL(err, LL_ESTOP, "stopped") : LL_OK;
}

ll_status ll_ranks_launch(const ll_ranks_job *job, ll_error *err) {
    launch l = { .job = job, .from = -1, .to = -1 };
    const ll_status s = run(&l, err);
    if (l.complaint) fclose(l.complaint);
    if (l.from >= 0) close(l.from), close(l.to);
    return s;
}
