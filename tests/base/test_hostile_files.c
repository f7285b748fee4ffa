/* What never ends, and what may never begin, given for every file that a verb reads: exit 2 and one line, at once.
 */
#define _POSIX_C_SOURCE 200809L
#include "scratch.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char policy[] = "schema: loglog.policy/1\nevaluate: {needed: false}\n"
                             "levels: [{name: l, lines: [{of: loss, below: 2}]}]\n";

#define HEAD \
    "'loglog-head/1 0 0000000000000000000000000000000000000000000000000000000000000000 2026-01-02T03:04:05Z'"
static const char pem[] = "-----BEGIN CERTIFICATE-----\n";

/* %s: the file. A table may come through a pipe that somebody writes to; all else is a regular file. */
static const char *const verbs[] = {
    "gate show %s",
    "gate check %s",
    "gate check policy.yaml --evidence %s",
    "gate check policy.yaml --waiver %s",
    "gate check policy.yaml --fit %s --loss 1,2",
    "gate check policy.yaml --run x --store %s",
    "gate sign policy.yaml --key %s --waives l --reason r --out w",
    "run %s --dry-run",
    "fit %s",
    "fit --store %s",
    "plan --fit %s --flops 1e22",
    "next %s --target-flops 1e22 --budget 1e20",
    "forecast check --ledger %s",
    "forecast check --head " HEAD " --token %s --authority some.pem",
    "forecast check --head " HEAD " --token policy.yaml --authority %s",
    "forecast list --store %s",
    "runs import %s --store new.db",
    "runs list --store %s",
    "status --store %s",
    "report --store %s",
    "data info %s",
    "data build --text %s --out shards",
};

static int set_up(void **state) {
    char path[LL_PATH_MAX];
    scratch_make(state);
    support_write(folder, "policy.yaml", policy, sizeof policy - 1, path);
    support_write(folder, "some.pem", pem, sizeof pem - 1, path);
    assert_ok(ll_file_join(path, folder, "fifo", err));
    return mkfifo(path, 0600);
}

static const char *const lines[] = { ": expected a regular file", ": a pipe that nobody writes to",
                                     ": a device, expected a file or a pipe" };

static bool says_why(const char *said) {
    bool any = false;
    for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) any = any || strstr(said, lines[k]);
    return any;
}

static void is_refused(const char *file) {
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        char arguments[256], said[4096];
        snprintf(arguments, sizeof arguments, verbs[i], file);
        int code = support_run(folder, arguments, NULL, 0, said, sizeof said);
        if (code != 2 || !says_why(said)) fail_msg("'%s' gave %d: %s", arguments, code, said);
        assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
    }
}

static void a_pipe_that_nobody_writes_to(void **state) {
    (void)state;
    is_refused("fifo");
}

static void a_device_without_an_end(void **state) {
    (void)state;
    is_refused("/dev/zero");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipe_that_nobody_writes_to),
        cmocka_unit_test(a_device_without_an_end),
    };
    return cmocka_run_group_tests(tests, set_up, scratch_remove);
}
