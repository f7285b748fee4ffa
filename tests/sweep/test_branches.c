/* A trunk and its branches: the same bits whether branches wait for its end, as on one worker, or start beside it;
 * also when the whole ladder is killed in between and goes on. */
#define _GNU_SOURCE
#include "tiny_ladder.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* One sequence a step: a team's work where a rung is alone. */
static const char spec[] =
    "schema: loglog.spec/1\n"
    "name: wsd\n"
    "data: {source: markov, tokens: 60k}\n"
    "model: {context: 32, widths: [8, 16, 32]}\n"
    "train: {schedule: wsd, batch_tokens: 32, eval_windows: 16, final_windows: 64, eval_points: 4,\n"
    "        checkpoint: 0.1}\n"
    "design: {kind: wsd, params: [6144, 24576], tokens: [10k, 20k, 60k]}\n"
    "forecast: {hold_out: none}\n";

static losses one;

static void run_with(const char *folder, const char *flags) {
    char command[128], err[4096];
    snprintf(command, sizeof command, "run spec.yaml --quiet %s", flags);
    const int code = support_run(folder, command, NULL, 0, err, sizeof err);
    if (code) fail_msg("%s: exit %d: %s", flags, code, err);
}

static int set_up(void **state) {
    char folder[LL_PATH_MAX];
    (void)state;
    support_folder(folder);
    put(folder, "spec.yaml", spec);
    run_with(folder, "--workers 1");
    one = read_losses(folder);
    support_remove(folder);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    free(one.runs);
    return 0;
}

static void beside_the_trunk(void **state) {
    char folder[LL_PATH_MAX];
    (void)state;
    assert_int_equal(one.n, 8);
    for (int workers = 2; workers <= 4; workers += 2) {
        char flags[32];
        support_folder(folder);
        put(folder, "spec.yaml", spec);
        snprintf(flags, sizeof flags, "--workers %d", workers);
        run_with(folder, flags);
        assert_same_losses(folder, &one);
        assert_int_equal(count_files(folder, ".state"), 0);
        support_remove(folder);
    }
}

/* The coordinator is killed; its workers end with it, at whatever step. */
static void killed(void **state) {
    char folder[LL_PATH_MAX];
    (void)state;
    support_folder(folder);
    put(folder, "spec.yaml", spec);
    for (int life = 1; life <= 4; life++) {
        const pid_t pid = fork();
        if (pid == 0) {
            if (chdir(folder) == 0)
                execl("/bin/sh", "sh", "-c",
                      "exec " LL_PROGRAM " run spec.yaml --workers 2 --quiet >.out 2>.err </dev/null", NULL);
            _exit(127);
        }
        nanosleep(&(struct timespec) { 0, life * 150000000L }, NULL);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    for (int tries = 0;; tries++) { /* workers that are on their way out hold nothing that stays */
        char err[4096];
        const int code = support_run(folder, "run spec.yaml --workers 2 --quiet", NULL, 0, err, sizeof err);
        if (code == 0) break;
        if (tries == 5) fail_msg("exit %d: %s", code, err);
        nanosleep(&(struct timespec) { 0, 300000000L }, NULL);
    }
    assert_same_losses(folder, &one);
    support_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(beside_the_trunk), cmocka_unit_test(killed) };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
