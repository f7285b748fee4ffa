/* The verb 'run' killed, interrupted and started twice: the ladder goes on to the same bits. */
#define _GNU_SOURCE
#include "tiny_ladder.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sweep/workers/worker.h"

static pid_t start(const char *folder, const char *flags) {
    pid_t pid = fork();
    if (pid) return setpgid(pid, pid), pid;
    char command[1024];
    setpgid(0, 0);
    snprintf(command, sizeof command, "exec %.900s run spec.yaml %s >.out 2>.err </dev/null", LL_PROGRAM, flags);
    if (chdir(folder) == 0) execl("/bin/sh", "sh", "-c", command, NULL);
    _exit(127);
}

static void sleep_ms(int ms) {
    struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
    nanosleep(&t, NULL);
}

static int reap(pid_t pid) {
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Whether no process of the group is left, within two seconds. */
static bool group_ends(pid_t pgid) {
    for (int i = 0; i < 200; i++, sleep_ms(10))
        if (kill(-pgid, 0) != 0) return true;
    return false;
}

static void kill_9(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], err[4096];
    int disturbed = 0;
    for (int round = 0; round < 2; round++) {
        support_folder(folder);
        put(folder, "spec.yaml", ladder);
        for (int k = 0; k < 4; k++) { /* four deaths of one ladder, at moments of no pattern */
            pid_t pid = start(folder, "--workers 2 --quiet");
            sleep_ms(20 + (round * 137 + k * 89) % 260);
            kill(-pid, SIGKILL);
            disturbed += reap(pid) == 128 + SIGKILL;
        }
        int code = support_run(folder, "run spec.yaml --quiet", NULL, 0, err, sizeof err);
        if (code) fail_msg("exit %d: %s", code, err);
        assert_same_losses(folder, &reference);
        assert_int_equal(count_files(folder, ".part"), 0);
        assert_int_equal(count_files(folder, ".state"), 0);
        support_remove(folder);
    }
    assert_true(disturbed >= 3);
}

/* What a killed build left goes with the next run, also where another process has built the shards since. */
static void parts_of_the_dead(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], name[64];
    const pid_t dead = fork();
    if (dead == 0) _exit(0);
    reap(dead);
    support_folder(folder);
    put(folder, "spec.yaml", ladder);
    assert_int_equal(support_run(folder, "run spec.yaml --quiet", NULL, 0, NULL, 0), 0);
    snprintf(name, sizeof name, "loglog.d/data-00000000.train.bin.%ld.part", (long)dead);
    put(folder, name, "half of the tokens");
    assert_int_equal(support_run(folder, "run spec.yaml --quiet", NULL, 0, NULL, 0), 0);
    assert_int_equal(count_files(folder, ".part"), 0);
    support_remove(folder);
}

/* Only the parent dies: its workers notice and do not go on for ever; the next run takes over. */
static void parent_alone_is_killed(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], err[4096];
    support_folder(folder);
    put(folder, "spec.yaml", ladder);
    pid_t pid = start(folder, "--workers 2 --quiet");
    sleep_ms(250);
    kill(pid, SIGKILL);
    reap(pid);
    int code = support_run(folder, "run spec.yaml --quiet", NULL, 0, err, sizeof err);
    if (code) fail_msg("exit %d: %s", code, err);
    assert_true(group_ends(pid));
    assert_same_losses(folder, &reference);
    support_remove(folder);
}

static void read_text(const char *folder, const char *name, char *buf, size_t size) {
    char path[LL_PATH_MAX];
    snprintf(path, sizeof path, "%.900s/%s", folder, name);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    buf[fread(buf, 1, size - 1, in)] = 0;
    fclose(in);
}

/* Ctrl-C as a terminal sends it, to the whole group, and SIGTERM to the parent alone: stopped, said so, gone on.
 * How fast this machine is decides what a moment meets; moments are tried until two of each have met a ladder at
 * work. One that came before the program listened, or after its end, shows nothing. */
static void interrupted(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], err[4096];
    int met[2] = { 0 };
    int64_t stopped = 0;
    for (int i = 0; i < 60 && (met[0] < 2 || met[1] < 2 || stopped < 2); i++) {
        int terminal = i % 2;
        support_folder(folder);
        put(folder, "spec.yaml", ladder);
        pid_t pid = start(folder, "--workers 2 --quiet");
        sleep_ms(60 + i * 97 % 600);
        kill(terminal ? -pid : pid, terminal ? SIGINT : SIGTERM);
        int code = reap(pid);
        read_text(folder, ".err", err, sizeof err);
        assert_true(group_ends(pid));
        if (code == 1) {
            if (lines(err) != 1 || !strstr(err, "stopped")) fail_msg("moment %d: %s", i, err);
            met[terminal]++;
            losses l = read_losses(folder);
            for (int64_t k = 0; k < l.n; k++) {
                stopped += l.runs[k].state == LL_RUN_STOPPED;
                if (l.runs[k].state == LL_RUN_FAILED || l.runs[k].state == LL_RUN_RUNNING)
                    fail_msg("moment %d: %s is %s: %s", i, l.runs[k].name, ll_run_state_name(l.runs[k].state),
                             l.runs[k].failure);
            }
            free(l.runs);
        } else if (code != 0 && code != 128 + (terminal ? SIGINT : SIGTERM)) {
            fail_msg("moment %d: exit %d: %s", i, code, err);
        }
        code = support_run(folder, "run spec.yaml --quiet --workers 3", NULL, 0, err, sizeof err);
        if (code) fail_msg("exit %d: %s", code, err);
        assert_same_losses(folder, &reference);
        assert_int_equal(count_files(folder, ".state"), 0);
        support_remove(folder);
    }
    assert_true(met[0] >= 2 && met[1] >= 2 && stopped >= 2);
}

/* A parent that stands still and is killed then: what its workers had told it lay in a pipe, and their checkpoints are
 * past it. Each point of each learning curve is there in the end. */
static void curves_are_whole(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], err[4096];
    static char wanted[1 << 16], got[1 << 16];
    static const char export[] = "runs export --curves";
    static const char one[] = "schema: loglog.spec/1\nname: one\ndata: {source: markov, tokens: 40k}\n"
                              "model: {context: 16, widths: [32]}\nforecast: {hold_out: none}\n"
                              "train: {eval_windows: 16, final_windows: 64, checkpoint: 0.1, eval_points: 40}\n"
                              "design: {kind: list, params: [24576], tokens: [1M]}\n";
    support_folder(folder);
    put(folder, "spec.yaml", one);
    assert_int_equal(support_run(folder, "run spec.yaml --quiet", NULL, 0, NULL, 0), 0);
    assert_int_equal(support_run(folder, export, wanted, sizeof wanted, NULL, 0), 0);
    assert_true(lines(wanted) > 20);
    support_remove(folder);
    support_folder(folder);
    put(folder, "spec.yaml", one);
    for (int k = 0; k < 3; k++) {
        pid_t pid = start(folder, "--quiet");
        sleep_ms(200);
        kill(pid, SIGSTOP);
        sleep_ms(200);
        kill(pid, SIGKILL);
        reap(pid);
        assert_true(group_ends(pid));
    }
    int code = support_run(folder, "run spec.yaml --quiet", NULL, 0, err, sizeof err);
    if (code) fail_msg("exit %d: %s", code, err);
    assert_int_equal(support_run(folder, export, got, sizeof got, NULL, 0), 0);
    assert_string_equal(got, wanted);
    assert_int_equal(count_files(folder, ".mail"), 0);
    support_remove(folder);
}

/* ---- a worker alone ---- */

/* The one spec of a ladder that was trained in a folder, and the prefix of its shards. */
static void find_paths(const char *folder, char spec[LL_PATH_MAX], char prefix[LL_PATH_MAX]) {
    char path[LL_PATH_MAX];
    snprintf(path, sizeof path, "%.900s/loglog.d", folder);
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        const char *end = strstr(e->d_name, ".train.bin");
        if (end) snprintf(prefix, LL_PATH_MAX, "%.900s/%.*s", path, (int)(end - e->d_name), e->d_name);
        else if (e->d_name[0] != '.' && !strchr(e->d_name, '-') && !strchr(e->d_name, '.'))
            snprintf(spec, LL_PATH_MAX, "%.900s/%.100s/spec.yaml", path, e->d_name);
    }
    closedir(d);
}

/* A worker into a folder. Its messages are heard up to the last point where deaf says so, else to its end. *first: the
 * step that it told of first. */
static bool hear_worker(const char *spec, const char *prefix, const char *folder, const char *rung, bool deaf,
                        int64_t *first) {
    int fds[2];
    ll_message m;
    bool done = false;
    char command[4 * LL_PATH_MAX];
    snprintf(command, sizeof command,
             "exec %s worker --spec %s --prefix %s --folder %s --rung %s --fd 9 2>/dev/null", LL_PROGRAM, spec,
             prefix, folder, rung);
    *first = -1;
    assert_int_equal(pipe(fds), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        if (dup2(fds[1], 9) == 9 && close(fds[0]) == 0) execl("/bin/sh", "sh", "-c", command, NULL);
        _exit(127);
    }
    close(fds[1]);
    while (read(fds[0], &m, sizeof m) == (ssize_t)sizeof m) {
        if (*first < 0) *first = m.event.step;
        done |= m.kind == LL_MESSAGE_DONE;
        if (m.kind == LL_MESSAGE_FAILED) print_message("%s\n", m.error.msg);
        if (deaf && m.kind == LL_MESSAGE_POINT && m.event.step == m.event.steps) break;
    }
    close(fds[0]);
    reap(pid);
    return done;
}

/* Whoever was told of the last point may be killed before it has recorded the end: the checkpoint is still there. */
static void end_that_nobody_hears(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], spec[LL_PATH_MAX] = "", prefix[LL_PATH_MAX] = "", own[LL_PATH_MAX];
    int64_t first;
    static const char one[] = "schema: loglog.spec/1\nname: one\ndata: {source: markov, tokens: 40k}\n"
                              "model: {context: 16, widths: [32]}\nforecast: {hold_out: none}\n"
                              "train: {eval_windows: 16, final_windows: 64, checkpoint: 0.1, eval_points: 5}\n"
                              "design: {kind: list, params: [24576], tokens: [1M]}\n";
    support_folder(folder);
    put(folder, "spec.yaml", one);
    assert_int_equal(support_run(folder, "run spec.yaml --quiet", NULL, 0, NULL, 0), 0);
    find_paths(folder, spec, prefix);
    losses l = read_losses(folder);
    assert_ok(ll_file_join(own, folder, "own", err));
    assert_ok(ll_file_mkdir(own, err));
    assert_false(hear_worker(spec, prefix, own, l.runs[0].name, true, &first));
    assert_int_equal(count_files(own, ".state"), 1);
    assert_true(hear_worker(spec, prefix, own, l.runs[0].name, false, &first));
    assert_true(first > 0);
    free(l.runs);
    support_remove(folder);
}

static void two_at_once(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], err[4096];
    support_folder(folder);
    put(folder, "spec.yaml", ladder);
    pid_t pid = start(folder, "--workers 1 --quiet");
    for (int i = 0; i < 2000 && count_files(folder, "lock") == 0; i++) sleep_ms(5);
    sleep_ms(20);
    assert_int_equal(support_run(folder, "run spec.yaml", NULL, 0, err, sizeof err), 1);
    assert_int_equal(lines(err), 1);
    assert_non_null(strstr(err, "another process"));
    assert_int_equal(reap(pid), 0);
    assert_same_losses(folder, &reference);
    support_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kill_9),
        cmocka_unit_test(parts_of_the_dead),
        cmocka_unit_test(parent_alone_is_killed),
        cmocka_unit_test(interrupted),
        cmocka_unit_test(curves_are_whole),
        cmocka_unit_test(end_that_nobody_hears),
        cmocka_unit_test(two_at_once),
    };
    return cmocka_run_group_tests(tests, tiny_make, tiny_free);
}
