/* cmake/version.cmake: the commit of the source as it is when something is built. */
#define _GNU_SOURCE
#include "scratch.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char header[4096];

static int shell(const char *fmt, const char *a, const char *b) {
    char *command;
    assert_true(asprintf(&command, fmt, a, b) > 0);
    int status = system(command);
    free(command);
    return WEXITSTATUS(status);
}

/* The header of the source in the folder src, made anew. */
static void make(const char *git) {
    char path[LL_PATH_MAX], *text;
    size_t n;
    char *command;
    assert_true(
        asprintf(
            &command,
            "cmake -DSOURCE='%s/src' -DVERSION=1.2.3 -DGIT=%s -DHEADER='%s/version.h' -P '%s/cmake/version.cmake'",
            folder, git, folder, LL_SOURCE_DIR) > 0);
    assert_int_equal(system(command), 0);
    free(command);
    assert_ok(ll_file_join(path, folder, "version.h", err));
    assert_ok(ll_file_read(path, sizeof header - 1, &text, &n, err));
    snprintf(header, sizeof header, "%s", text);
    free(text);
}

static bool has(const char *want) {
    return strstr(header, want) != NULL;
}

static struct timespec written(void) {
    char path[LL_PATH_MAX];
    struct stat st;
    assert_ok(ll_file_join(path, folder, "version.h", err));
    assert_int_equal(stat(path, &st), 0);
    return st.st_mtim;
}

#define GIT "git -C '%s/src' -c user.name=a -c user.email=a@b "

static void the_commit_is_that_of_now(void **state) {
    (void)state;
    if (shell("git --version >/dev/null 2>&1 && cmake --version >/dev/null 2>&1", "", "") != 0) {
        print_message("SKIPPED: needs git and cmake\n");
        skip();
    }
    assert_int_equal(shell("mkdir '%s/src'%s", folder, ""), 0);
    make("git"); /* a tarball */
    assert_true(has("#define LL_VERSION \"1.2.3\"") && has("#define LL_COMMIT \"unknown\""));
    assert_int_equal(shell(GIT "init -q && " GIT "commit -q --allow-empty -m one", folder, folder), 0);
    make("git");
    assert_false(has("unknown"));
    char first[4096];
    strcpy(first, header);
    const struct timespec when = written();
    make("git"); /* nothing changed: nothing is written */
    assert_true(when.tv_sec == written().tv_sec && when.tv_nsec == written().tv_nsec);
    assert_int_equal(shell("echo x >'%s/src/f' && git -C '%s/src' add f", folder, folder), 0);
    make("git");
    assert_true(has("+\"")); /* changed since its commit */
    assert_int_equal(shell(GIT "commit -q -m two%s", folder, ""), 0);
    make("git");
    assert_true(strcmp(first, header) != 0 && !has("+\""));
    strcpy(first, header);
    assert_int_equal(shell("git -C '%s/src' worktree add -q '%s/tree' 2>/dev/null", folder, folder), 0);
    assert_int_equal(shell("mv '%s/src' '%s/main'", folder, folder), 0);
    assert_int_equal(shell("git -C '%s/main' worktree repair '%s/tree' >/dev/null 2>&1", folder, folder), 0);
    assert_int_equal(shell("ln -s '%s/tree' '%s/src' ", folder, folder), 0);
    make("git"); /* its .git is a file */
    assert_string_equal(first, header);
    make("");
    assert_true(has("unknown"));
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_commit_is_that_of_now) };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
