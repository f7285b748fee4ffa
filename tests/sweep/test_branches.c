/* A trunk and its branches: the same bits whether branches wait for its end, as on one worker, or start beside it;
 * also when the whole ladder, or a trunk alone, is killed in between and goes on. */
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

static pid_t start(const char *folder) {
    const pid_t pid = fork();
    if (pid) return pid;
    if (chdir(folder) == 0)
        execl("/bin/sh", "sh", "-c",
              "exec " LL_PROGRAM " run spec.yaml --workers 2 --quiet >.out 2>.err </dev/null", NULL);
    _exit(127);
}

/* The coordinator is killed; its workers end with it, at whatever step. */
static void killed(void **state) {
    char folder[LL_PATH_MAX];
    (void)state;
    support_folder(folder);
    put(folder, "spec.yaml", spec);
    for (int life = 1; life <= 4; life++) {
        const pid_t pid = start(folder);
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

/* The rung of a worker, up to the first '-' in its name: its size. False where the process is none. */
static bool read_rung(long pid, char size[32], bool *is_trunk) {
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%ld/cmdline", pid);
    FILE *in = fopen(path, "r");
    const size_t n = in ? fread(text, 1, sizeof text - 1, in) : 0;
    if (in) fclose(in);
    text[n] = 0;
    for (const char *word = text; word < text + n; word += strlen(word) + 1) {
        if (strcmp(word, "--rung") != 0) continue;
        const char *name = word + strlen(word) + 1;
        snprintf(size, 32, "%.*s", (int)strcspn(name, "-"), name);
        *is_trunk = strstr(name, "-trunk") != NULL;
        return true;
    }
    return false;
}

/* The worker that trains a trunk beside which a branch of its own is at work; 0 where there is none. */
static pid_t trunk_of(pid_t coordinator) {
    char path[64], size[4][32];
    long pid[4];
    bool is_trunk[4];
    int n = 0;
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)coordinator, (long)coordinator);
    FILE *children = fopen(path, "r");
    while (children && n < 4 && fscanf(children, "%ld", &pid[n]) == 1)
        n += read_rung(pid[n], size[n], &is_trunk[n]);
    if (children) fclose(children);
    for (int t = 0; t < n; t++)
        for (int b = 0; is_trunk[t] && b < n; b++)
            if (!is_trunk[b] && strcmp(size[t], size[b]) == 0) return (pid_t)pid[t];
    return 0;
}

/* A trunk is killed while a branch of its own runs beside it: the program says so, that branch is done, one whose
 * start was not reached has not begun, and the next run makes the whole of it. */
static void a_trunk_fails(void **state) {
    char folder[LL_PATH_MAX], err[4096];
    bool met = false;
    (void)state;
    if (access("/proc/thread-self/children", R_OK) != 0) skip(); /* this system does not tell who its workers are */
    for (int tries = 0; tries < 20 && !met; tries++) {
        int status = 0;
        pid_t trunk = 0;
        support_folder(folder);
        put(folder, "spec.yaml", spec);
        const pid_t pid = start(folder);
        while (waitpid(pid, &status, WNOHANG) == 0) {
            nanosleep(&(struct timespec) { 0, 1000000 }, NULL);
            if (!trunk && (trunk = trunk_of(pid))) kill(trunk, SIGKILL);
        }
        losses l = read_losses(folder);
        const ll_run *failed = NULL;
        int64_t done = 0, planned = 0; /* of its branches */
        for (int64_t i = 0; i < l.n; i++)
            if (l.runs[i].state == LL_RUN_FAILED && strcmp(l.runs[i].role, "trunk") == 0) failed = &l.runs[i];
        for (int64_t i = 0; failed && i < l.n; i++) {
            if (strncmp(l.runs[i].name, failed->name, strcspn(failed->name, "-") + 1) != 0) continue;
            done += l.runs[i].state == LL_RUN_DONE;
            planned += l.runs[i].state == LL_RUN_PLANNED;
        }
        met = done >= 1 && planned >= 1; /* else it was at its end */
        if (met) assert_int_equal(WEXITSTATUS(status), 1);
        assert_true(failed || WEXITSTATUS(status) == 0);
        free(l.runs);
        const int code = support_run(folder, "run spec.yaml --workers 2 --quiet", NULL, 0, err, sizeof err);
        if (code) fail_msg("exit %d: %s", code, err);
        assert_same_losses(folder, &one);
        assert_int_equal(count_files(folder, ".state"), 0);
        support_remove(folder);
    }
    assert_true(met);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(beside_the_trunk), cmocka_unit_test(killed),
                                        cmocka_unit_test(a_trunk_fails) };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
