/* 'run --ranks': the same bits for one, two and four processes, however their work is cut; a rank that is killed is
 * named and its checkpoint goes on alone; a stop is a stop. Needs a build with OpenMPI, and mpirun. */
#define _GNU_SOURCE
#include "tiny_ladder.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "train/ranks/ranks.h"

/* Eight micro-batches a step, and windows that ranks share unevenly. */
static const char spec[] = "schema: loglog.spec/1\n"
                           "name: ranks\n"
                           "data: {source: markov, tokens: 60k}\n"
                           "model: {context: 32, widths: [8, 16, 32]}\n"
                           "train: {batch_tokens: 4096, eval_windows: 19, final_windows: 67, checkpoint: 0.1, "
                           "eval_points: 4}\n"
                           "design: {kind: list, params: [6144, 24576], tokens: [40k, 200k]}\n"
                           "forecast: {hold_out: none}\n";

static losses alone;

static void sleep_ms(int ms) {
    nanosleep(&(struct timespec) { ms / 1000, ms % 1000 * 1000000L }, NULL);
}

static int set_up(void **state) {
    char folder[LL_PATH_MAX], err[4096];
    ll_error why = { 0 };
    (void)state;
    if (ll_ranks_available(&why) != LL_OK || system("mpirun --version >/dev/null 2>&1") != 0) {
        print_message("SKIPPED: %s\n", why.msg[0] ? why.msg : "no mpirun (Debian: openmpi-bin)");
        return 0;
    }
    support_folder(folder);
    put(folder, "spec.yaml", spec);
    const int code = support_run(folder, "run spec.yaml --quiet", NULL, 0, err, sizeof err);
    if (code) fail_msg("exit %d: %s", code, err);
    alone = read_losses(folder);
    support_remove(folder);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    free(alone.runs);
    return 0;
}

static void need_ranks(void) {
    if (!alone.n) skip();
}

static void the_same_bits(void **state) {
    static const char *const flags[] = { "--ranks 2", "--ranks 4", "--ranks 3 --workers 1" };
    char folder[LL_PATH_MAX], command[128], err[4096];
    (void)state;
    need_ranks();
    for (int i = 0; i < 3; i++) {
        support_folder(folder);
        put(folder, "spec.yaml", spec);
        snprintf(command, sizeof command, "run spec.yaml --quiet %s", flags[i]);
        const int code = support_run(folder, command, NULL, 0, err, sizeof err);
        if (code) fail_msg("%s: exit %d: %s", flags[i], code, err);
        assert_same_losses(folder, &alone);
        assert_int_equal(count_files(folder, ".state"), 0);
        support_remove(folder);
    }
}

/* ---- killed ---- */

static pid_t start(const char *folder) {
    const pid_t pid = fork();
    if (pid) return pid;
    if (chdir(folder) == 0)
        execl("/bin/sh", "sh", "-c",
              "exec " LL_PROGRAM " run spec.yaml --ranks 2 --workers 1 --quiet >.out 2>.err </dev/null", NULL);
    _exit(127);
}

static bool has(const char *folder, const char *pid, const char *word) {
    char path[LL_PATH_MAX], cwd[LL_PATH_MAX] = "", *text = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "/proc/%.20s/cwd", pid);
    if (readlink(path, cwd, sizeof cwd - 1) < 0 || strcmp(cwd, folder) != 0) return false;
    snprintf(path, sizeof path, "/proc/%.20s/environ", pid);
    FILE *in = fopen(path, "r");
    char *room = calloc(1, 1 << 16);
    if (in && room) size = fread(text = room, 1, (1 << 16) - 1, in);
    const bool found = text && memmem(text, size, word, strlen(word));
    if (in) fclose(in);
    free(room);
    return found;
}

/* The process of rank 1 that works in the folder; 0: there is none yet. */
static pid_t rank_one(const char *folder) {
    pid_t found = 0;
    DIR *d = opendir("/proc");
    for (struct dirent *e; d && !found && (e = readdir(d));)
        if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && has(folder, e->d_name, "OMPI_COMM_WORLD_RANK=1"))
            found = (pid_t)atoi(e->d_name);
    if (d) closedir(d);
    return found;
}

/* Until the second rung has left a checkpoint, and rank 1 of it. */
static pid_t wait_for_work(const char *folder, pid_t run) {
    for (int i = 0; i < 6000; i++, sleep_ms(10)) {
        if (waitpid(run, NULL, WNOHANG) == run) fail_msg("it ended before it was disturbed");
        if (count_files(folder, ".state") > 0) {
            const pid_t rank = rank_one(folder);
            if (rank) return rank;
        }
    }
    fail_msg("no checkpoint within a minute");
    return 0;
}

static int reap(pid_t pid) {
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void goes_on_alone(const char *folder) {
    char err[4096];
    const int code = support_run(folder, "run spec.yaml --quiet", NULL, 0, err, sizeof err);
    if (code) fail_msg("exit %d: %s", code, err);
    assert_same_losses(folder, &alone);
    assert_int_equal(count_files(folder, ".part"), 0);
}

static void a_rank_that_dies(void **state) {
    char folder[LL_PATH_MAX], real[LL_PATH_MAX], path[LL_PATH_MAX], *said;
    size_t size;
    (void)state;
    need_ranks();
    support_folder(folder);
    assert_non_null(realpath(folder, real));
    put(folder, "spec.yaml", spec);
    const pid_t run = start(folder);
    kill(wait_for_work(real, run), SIGKILL);
    assert_int_equal(reap(run), 1);
    assert_ok(ll_file_join(path, folder, ".err", err));
    assert_ok(ll_file_read(path, 1 << 16, &said, &size, err));
    if (!strstr(said, "rank 1 of 2 was killed by signal 9")) fail_msg("it said: %s", said);
    free(said);
    goes_on_alone(folder);
    support_remove(folder);
}

static void a_stop_is_a_stop(void **state) {
    char folder[LL_PATH_MAX], real[LL_PATH_MAX];
    (void)state;
    need_ranks();
    support_folder(folder);
    assert_non_null(realpath(folder, real));
    put(folder, "spec.yaml", spec);
    const pid_t run = start(folder);
    wait_for_work(real, run);
    kill(run, SIGINT);
    assert_int_equal(reap(run), 1);
    assert_int_equal(rank_one(real), 0);
    assert_true(count_files(folder, ".state") > 0);
    goes_on_alone(folder);
    support_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_bits),
        cmocka_unit_test(a_rank_that_dies),
        cmocka_unit_test(a_stop_is_a_stop),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
