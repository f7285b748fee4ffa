/* What the page may do to a store for everyone, as verbs: runs are excluded and taken back, a ladder is stopped by
 * another process and goes on without a terminal. */
#define _POSIX_C_SOURCE 200809L
#include "scratch_program.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/system/file.h"
#include "sweep/ladder_lock.h"

static void write_file(const char *name, const char *text) {
    char path[LL_PATH_MAX];
    support_write(folder, name, text, strlen(text), path);
}

/* ---- excluded ---- */

/* How many are left out is another number for a filter than for what is excluded: the fit is the same. */
static char *without_count(char *text) {
    char *count = strstr(text, "x.db, ");
    assert_non_null(count);
    count[strlen("x.db, ")] = '#';
    return text;
}

static void excluded(void **state) {
    static char all[sizeof out], without[sizeof out];
    (void)state;
    write_file("runs.csv", "run,params,tokens,loss\na,1e6,1e8,3.2\nb,2e6,1e8,3.0\nc,4e6,1e8,2.85\nd,8e6,1e8,2.72\n"
                           "e,16e6,1e8,2.62\n");
    gives("runs import runs.csv --store x.db", 0);
    gives("fit --store x.db --law power --x params --bootstrap 0 --markdown", 0);
    strcpy(all, without_count(out));
    gives("fit --store x.db --law power --x params --bootstrap 0 --where \"name != 'c'\" --markdown", 0);
    strcpy(without, without_count(out));
    assert_string_not_equal(without, all);
    gives("runs exclude c --store x.db", 0);
    gives("fit --store x.db --law power --x params --bootstrap 0 --markdown", 0);
    says(out, "4 runs of x.db, 1 left out");
    assert_string_equal(without_count(out), without);
    gives("fit --store x.db --law power --x params --bootstrap 0 --json", 0);
    says(out, "\"n\": 4");
    gives("fit --store x.db --law power --x params --bootstrap 0", 0);
    says(out, "1 excluded by hand");
    gives("runs export x.csv --store x.db", 0);
    gives("fit x.csv --law power --x params --bootstrap 0 --json", 0);
    says(out, "\"n\": 4"); /* the table keeps it out, too */
    answers("runs exclude a c --store x.db", 2, "is already excluded");
    gives("fit --store x.db --law power --x params --bootstrap 0 --json", 0);
    says(out, "\"n\": 4"); /* none where one cannot be */
    answers("runs exclude a --back --store x.db", 2, "is not excluded");
    answers("runs exclude --store x.db", 2, "expected runs");
    answers("runs exclude nobody --store x.db", 2, "nobody");
    gives("runs exclude c --back --store x.db", 0);
    gives("fit --store x.db --law power --x params --bootstrap 0 --markdown", 0);
    assert_string_equal(without_count(out), all);
}

/* ---- stopped and started ---- */

/* Who asks whether somebody works on a ladder keeps nobody from it, not for a moment. */
static void asking_takes_nothing(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    int fd;
    assert_ok(ll_file_join(path, folder, "asked", err));
    assert_ok(ll_ladder_lock(path, "asked", &fd, err));
    assert_true(ll_ladder_is_at_work(path));
    ll_ladder_unlock(path, fd);
    assert_false(ll_ladder_is_at_work(path));
    const pid_t asks = fork();
    if (asks == 0) alarm(20); /* ends it where this test does not */
    while (asks == 0) (void)ll_ladder_is_at_work(path);
    for (int i = 0; i < 5000; i++) {
        assert_ok(ll_ladder_lock(path, "asked", &fd, err));
        ll_ladder_unlock(path, fd);
    }
    assert_int_equal(kill(asks, SIGKILL), 0);
    assert_int_equal(waitpid(asks, NULL, 0), asks);
}

/* A trainer that waits for a file, told in its own folder. */
static const char spec[] = "schema: loglog.spec/1\nname: waits\ntrain: {batch_tokens: 2048}\n"
                           "design: {kind: list, params: [1e5], tokens: [24k]}\nforecast: {hold_out: none}\n"
                           "engine:\n  kind: command\n  command: sh %s/wait.sh {steps}\n"
                           "  metrics: {format: jsonl}\n  grace: 1s\n";

static pid_t start_run(void) {
    char command[1024];
    const pid_t pid = fork();
    if (pid != 0) return pid;
    snprintf(command, sizeof command, "exec %.900s run waits.yaml --store w.db --quiet 2>/dev/null", LL_PROGRAM);
    if (chdir(folder) == 0) execl("/bin/sh", "sh", "-c", command, NULL);
    _exit(99);
}

/* Until the verb gives the code, for half a minute. */
static void until(const char *arguments, int code) {
    for (int i = 0; i < 300; i++) {
        if (runs(arguments) == code) return;
        poll(NULL, 0, 100);
    }
    fail_msg("'%s' never gave %d: %s%s", arguments, code, out, err_text);
}

/* Without asking whom it waits for to stop. */
static void until_done(void) {
    for (int i = 0; i < 300; i++) {
        gives("runs list --store w.db --state done --json", 0);
        if (strstr(out, "\"state\": \"done\"")) return;
        poll(NULL, 0, 100);
    }
    fail_msg("the ladder was not done in half a minute: %s", out);
}

static void stopped_and_started(void **state) {
    char text[sizeof spec + LL_PATH_MAX], script[2 * LL_PATH_MAX + 256];
    int how;
    (void)state;
    snprintf(text, sizeof text, spec, folder);
    write_file("waits.yaml", text);
    snprintf(script, sizeof script,
             "until [ -e %s/go ]; do sleep 0.1; done\n"
             "i=1; while [ $i -le $1 ]; do echo \"{\\\"step\\\": $i, \\\"loss\\\": 3.$i}\"; i=$((i + 1)); done\n",
             folder);
    write_file("wait.sh", script);
    const pid_t pid = start_run();
    assert_true(pid > 0);
    until("ladder stop --store w.db", 0);
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 1); /* as for Ctrl-C: no error, and not done */
    answers("ladder stop waits --store w.db", 1, "nobody works on ladder");
    gives("ladder start waits --store w.db", 0);
    says(out, "goes on");
    answers("ladder start --store w.db", 1, "is being worked on by another process");
    write_file("go", "");
    until_done();
    until("ladder stop --store w.db", 1);  /* nobody: it has ended */
    gives("ladder start --store w.db", 0); /* there is nothing left to do */
    answers("ladder stop other --store w.db", 2, "other");
    answers("ladder stop a b --store w.db", 2, "expected one ladder");
    answers("ladder start --store none.db", 2, "no such store");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(excluded), cmocka_unit_test(asking_takes_nothing),
                                        cmocka_unit_test(stopped_and_started) };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
