#define _POSIX_C_SOURCE 200809L
/* Trainers of one mark: who starts one ends those that others left, who ends late leaves those of the next alone. */
#include "support.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sweep/command/trainer.h"

static char *const sleeps[] = { "sleep", "60", NULL };

static void mark_of(char out[64]) {
    snprintf(out, 64, "/test trainer/%lld", (long long)getpid());
}

static void say(int fd) {
    assert_int_equal(write(fd, "x", 1), 1);
}

static void hear(int fd) {
    char c;
    assert_int_equal(read(fd, &c, 1), 1);
}

/* In another process, which says when its trainer runs, and finishes it when it is told to. */
static pid_t other(const char *mark, int says, int hears) {
    const pid_t pid = fork();
    if (pid != 0) return pid;
    ll_trainer t;
    ll_error err = { 0 };
    if (ll_trainer_start(&t, sleeps, mark, &err) != LL_OK) _exit(1);
    say(says);
    hear(hears);
    ll_trainer_finish(&t);
    say(says);
    _exit(WIFSIGNALED(t.status) && WTERMSIG(t.status) == SIGKILL ? 0 : 1);
}

static void the_next_is_left_alone(void **state) {
    (void)state;
    char mark[64];
    int up[2], down[2], status;
    ll_trainer t;
    mark_of(mark);
    assert_int_equal(pipe(up), 0);
    assert_int_equal(pipe(down), 0);
    const pid_t pid = other(mark, up[1], down[0]);
    hear(up[0]);
    assert_ok(ll_trainer_start(&t, sleeps, mark, err)); /* ends the other's */
    say(down[1]);
    hear(up[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    poll(NULL, 0, 50);
    assert_false(ll_trainer_has_ended(&t));
    ll_trainer_finish(&t);
    ll_trainer_close(&t);
    for (int k = 0; k < 2; k++) close(up[k]), close(down[k]);
}

/* One that leaves its group is found by its mark, however much else stands in its environment. */
static void children_are_ended(void **state) {
    (void)state;
    static char much[60001];
    memset(much, 'x', sizeof much - 1);
    setenv("MUCH", much, 1);
    setenv("MORE", much, 1);
    char mark[64], buf[64] = "";
    static char *const leaves[] = { "setsid", "-f", "sh", "-c", "echo $$; exec sleep 60", NULL };
    ll_trainer t;
    size_t n = 0;
    mark_of(mark);
    assert_ok(ll_trainer_start(&t, leaves, mark, err));
    for (int k = 0; k < 100 && !strchr(buf, '\n'); k++) n += ll_trainer_read(&t, buf + n, sizeof buf - 1 - n, 100);
    const pid_t child = (pid_t)strtol(buf, NULL, 10);
    assert_true(child > 0 && kill(child, 0) == 0);
    ll_trainer_finish(&t);
    ll_trainer_close(&t);
    unsetenv("MUCH");
    unsetenv("MORE");
    for (int k = 0; k < 100 && kill(child, 0) == 0; k++) poll(NULL, 0, 20);
    assert_int_equal(kill(child, 0), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_next_is_left_alone),
                                        cmocka_unit_test(children_are_ended) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
