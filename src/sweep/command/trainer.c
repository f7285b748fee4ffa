#define _GNU_SOURCE
#include "sweep/command/trainer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/system/file.h"

#define VARIABLE "LOGLOG_TRAINER="
enum { ENVIRONMENT_MOST = 64 << 20 }; /* bytes; Linux takes a quarter of the stack's limit */

extern char **environ;

/* ---- processes by their mark ---- */

/* A mark is VARIABLE PID:TEXT, of the process that started the trainer. */

/* Whether an entry of an environment is the mark, or one of the same text by whomever. */
static bool is_mark(const char *entry, const char *mark, bool anyones) {
    if (!anyones) return strcmp(entry, mark) == 0;
    const char *text = strncmp(entry, VARIABLE, strlen(VARIABLE)) == 0 ? strchr(entry, ':') : NULL;
    return text && strcmp(text, strchr(mark, ':')) == 0;
}

/* Whether the environment that a process was started with holds it. */
static bool is_marked(const char *pid, const char *mark, bool anyones) {
    char path[64], *text;
    size_t n;
    bool found = false;
    ll_error none;
    snprintf(path, sizeof path, "/proc/%.20s/environ", pid);
    if (ll_file_read(path, ENVIRONMENT_MOST, &text, &n, &none) != LL_OK) return false;
    for (const char *p = text; p < text + n && !found; p += strlen(p) + 1) found = is_mark(p, mark, anyones);
    free(text);
    return found;
}

/* Once more while any is found: one may have been started by another in the meantime. */
static void end_marked(const char *mark, bool anyones) {
    for (int turn = 0; turn < 20; turn++) {
        int found = 0;
        DIR *d = opendir("/proc");
        for (const struct dirent *e; d && (e = readdir(d));)
            if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && is_marked(e->d_name, mark, anyones))
                found += kill((pid_t)strtol(e->d_name, NULL, 10), SIGKILL) == 0;
        if (d) closedir(d);
        if (!found) return;
        poll(NULL, 0, 10);
    }
}

static void set_mark(ll_trainer *t, const char *mark) {
    snprintf(t->mark, sizeof t->mark, VARIABLE "%lld:%s", (long long)getpid(), mark);
}

void ll_trainer_end_left(const char *mark) {
    ll_trainer t;
    set_mark(&t, mark);
    end_marked(t.mark, true);
}

/* ---- start ---- */

/* The environment with the mark in the place of another: pointers for free(). */
static char **environment(char *mark) {
    size_t n = 0, to = 0;
    while (environ[n]) n++;
    char **out = malloc((n + 2) * sizeof *out);
    for (size_t i = 0; out && i < n; i++)
        if (strncmp(environ[i], VARIABLE, strlen(VARIABLE)) != 0) out[to++] = environ[i];
    if (out) out[to++] = mark, out[to] = NULL;
    return out;
}

/* In the child: between fork and exec, calls only what a signal handler may. Writes why exec failed. */
static void become(char *const argv[], char **env, int out, int told, pid_t parent) {
    sigset_t none;
    const int empty = open("/dev/null", O_RDONLY);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int s = 1; s < NSIG; s++) signal(s, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (empty >= 0 && dup2(empty, 0) >= 0 && dup2(out, 1) >= 0 && dup2(out, 2) >= 0 && getppid() == parent) {
        close(empty);
        execvpe(argv[0], argv, env);
    }
    const int why = errno;
    if (write(told, &why, sizeof why) < 0) errno = why;
    kill(getpid(), SIGKILL); /* not exit: buffers and handlers are the parent's */
}

static ll_status fork_into(ll_trainer *t, char *const argv[], char **env, int out[2], int told[2], ll_error *err) {
    int why = 0;
    const pid_t parent = getpid();
    t->pid = fork();
    if (t->pid < 0) return LL_FAIL(err, LL_EIO, "cannot start a process: %s", strerror(errno));
    if (t->pid == 0) become(argv, env, out[1], told[1], parent);
    setpgid(t->pid, t->pid); /* whoever comes first */
    close(told[1]);
    told[1] = -1;
    if (read(told[0], &why, sizeof why) != (ssize_t)sizeof why) return LL_OK;
    while (waitpid(t->pid, &t->status, 0) < 0 && errno == EINTR) continue;
    return LL_FAIL(err, LL_EIO, "cannot start %.200s: %s", argv[0], strerror(why));
}

static void shut(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

ll_status ll_trainer_start(ll_trainer *t, char *const argv[], const char *mark, ll_error *err) {
    int out[2] = { -1, -1 }, told[2] = { -1, -1 };
    *t = (ll_trainer) { .out = -1 };
    set_mark(t, mark);
    end_marked(t->mark, true);
    char **env = environment(t->mark);
    ll_status s = LL_OK;
    if (!env) s = LL_FAIL(err, LL_ENOMEM, "out of memory");
    else if (pipe2(out, O_CLOEXEC) != 0 || pipe2(told, O_CLOEXEC) != 0)
        s = LL_FAIL(err, LL_EIO, "cannot make a pipe: %s", strerror(errno));
    if (s == LL_OK) s = fork_into(t, argv, env, out, told, err);
    free(env);
    shut(&out[1]);
    shut(&told[0]);
    shut(&told[1]);
    if (s != LL_OK) return shut(&out[0]), s;
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    t->out = out[0];
    return LL_OK;
}

/* ---- while it runs ---- */

size_t ll_trainer_read(ll_trainer *t, char *buf, size_t size, int ms) {
    struct pollfd p = { .fd = t->out, .events = POLLIN };
    if (poll(&p, 1, ms) <= 0 || t->out < 0) return 0;
    const ssize_t got = read(t->out, buf, size);
    if (got == 0) shut(&t->out);
    return got > 0 ? (size_t)got : 0;
}

/* Looks without waiting for good: until finish the process stays a zombie, and its group's number its own. */
bool ll_trainer_has_ended(ll_trainer *t) {
    siginfo_t how = { 0 };
    return waitid(P_PID, (id_t)t->pid, &how, WEXITED | WNOHANG | WNOWAIT) == 0 && how.si_pid == t->pid;
}

void ll_trainer_ask(const ll_trainer *t) {
    kill(-t->pid, SIGTERM);
}

void ll_trainer_finish(ll_trainer *t) {
    struct rusage used = { 0 };
    kill(-t->pid, SIGKILL);
    end_marked(t->mark, false);
    while (wait4(t->pid, &t->status, 0, &used) < 0 && errno == EINTR) continue;
    t->memory_bytes = 1024 * (double)used.ru_maxrss;
}

void ll_trainer_close(ll_trainer *t) {
    shut(&t->out);
}

const char *ll_trainer_ending(const ll_trainer *t, char *buf, size_t size) {
    if (WIFSIGNALED(t->status))
        snprintf(buf, size, "killed by signal %d (%s)", WTERMSIG(t->status), strsignal(WTERMSIG(t->status)));
    else snprintf(buf, size, "exit code %d", WEXITSTATUS(t->status));
    return buf;
}
