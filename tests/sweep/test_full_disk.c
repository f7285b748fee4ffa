/* A trainer that fills the disk on which the ladder's folder lies: it fails by name, so does who needs room after it,
 * the others go on, and once there is room the same command does what is left. A file system of its own: root alone. */
#define _GNU_SOURCE
#include "scratch_program.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store.h"

/* The second fills the disk, the fourth keeps a state; each says in "trained" that it was started. */
static const char trainer[] =
    "seed=$1 steps=$2 out=$3\n"
    "echo \"$seed\" >>trained\n"
    "[ -e mended ] || [ \"$seed\" != 2 ] || { cat /dev/zero >\"$out/fill\"; exit 5; }\n"
    "[ \"$seed\" != 4 ] || head -c 100000 /dev/zero >\"$out/state\" || exit 6\n"
    "for k in 1 2 3; do echo \"{\\\"step\\\": $((steps * k / 3)), \\\"loss\\\": $((5 - k)).$seed}\"; done\n";
static const char spec[] = "schema: loglog.spec/1\nname: full\ntrain: {batch_tokens: 4096}\n"
                           "design: {kind: list, params: [1e5], tokens: [2e5], seeds: 4}\n"
                           "forecast: {hold_out: none}\n"
                           "engine:\n  kind: command\n  workers: 1\n"
                           "  command: sh fill.sh {seed} {steps} {out}\n";

static void write_file(const char *name, const char *text) {
    char path[LL_PATH_MAX];
    support_write(folder, name, text, strlen(text), path);
}

static void assert_runs(const char *states) {
    char path[LL_PATH_MAX];
    ll_store *s;
    ll_run *all;
    int64_t n;
    assert_ok(ll_file_join(path, folder, "full.db", err));
    assert_ok(ll_store_open_there(&s, path, LL_STORE_READ, err));
    assert_ok(ll_store_list_runs(s, "", -1, "", &all, &n, err));
    ll_store_close(s);
    assert_int_equal(n, 4);
    for (int64_t i = 0; i < n; i++) {
        const int64_t seed = all[i].seed;
        assert_in_range(seed, 1, 4);
        assert_int_equal(all[i].state, states[seed - 1] == 'd' ? LL_RUN_DONE : LL_RUN_FAILED);
        if (all[i].state == LL_RUN_DONE) assert_close(all[i].loss, 2 + 0.1 * (double)seed, 1e-12);
        else says(all[i].failure, "No space left on device");
    }
    free(all);
}

static void assert_trained(const char *want) {
    char path[LL_PATH_MAX], *text;
    size_t size;
    assert_ok(ll_file_join(path, folder, "trained", err));
    assert_ok(ll_file_read(path, 100, &text, &size, err));
    assert_int_equal(size, strlen(want));
    assert_memory_equal(text, want, size);
    free(text);
}

/* Seen by this process and its children alone, and gone with them. */
static void mount_small(const char *path) {
    const bool may = unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    assert_int_equal(mkdir(path, 0755), 0);
    if (may && mount("none", path, "tmpfs", 0, "size=2m") == 0) return;
    print_message("SKIPPED: no file system may be mounted here: %s\n", strerror(errno));
    skip();
}

static void named_others_go_on_nothing_is_lost(void **state) {
    (void)state;
    char path[LL_PATH_MAX], command[2 * LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, "full.d", err));
    mount_small(path);
    write_file("fill.sh", trainer);
    write_file("full.yaml", spec);
    gives("run full.yaml --store full.db --quiet", 1);
    says(err_text, "2 of 4 rungs failed");
    assert_runs("dfdf");
    assert_trained("1\n2\n3\n4\n");
    snprintf(command, sizeof command, "find '%s' -name fill -delete", path);
    assert_int_equal(system(command), 0);
    write_file("mended", "");
    gives("run full.yaml --store full.db --quiet", 0);
    assert_runs("dddd");
    assert_trained("1\n2\n3\n4\n2\n4\n");
    assert_int_equal(umount(path), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(named_others_go_on_nothing_is_lost) };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
