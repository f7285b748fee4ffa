#define _GNU_SOURCE
#include "support.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void assert_close_at(double a, double b, double tolerance, const char *what, const char *file, int line) {
    double scale = fabs(b) > 1e-300 ? fabs(b) : 1e-300;
    if (fabs(a - b) <= tolerance * scale) return;
    print_error("%s is %.17g, expected %.17g within %g\n", what, a, b, tolerance);
    _fail(file, line);
}

void support_folder(char path[LL_PATH_MAX]) {
    const char *tmp = getenv("TMPDIR");
    snprintf(path, LL_PATH_MAX, "%.900s/loglog-test-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(path));
}

void support_remove(const char *path) {
    DIR *dir = opendir(path);
    struct dirent *e;
    while (dir && (e = readdir(dir))) {
        char child[LL_PATH_MAX + 300];
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        snprintf(child, sizeof child, "%s/%s", path, e->d_name);
        if (e->d_type == DT_DIR) support_remove(child);
        else unlink(child);
    }
    if (dir) closedir(dir);
    rmdir(path);
}

void support_write(const char *folder, const char *name, const void *data, size_t size, char path[LL_PATH_MAX]) {
    ll_file f;
    assert_ok(ll_file_join(path, folder, name, err));
    assert_ok(ll_file_create(&f, path, err));
    assert_int_equal(fwrite(data, 1, size, f.out), size);
    assert_ok(ll_file_commit(&f, err));
}

void support_data(const char *name, char path[LL_PATH_MAX]) {
    const char *root = getenv("LOGLOG_DATA");
    snprintf(path, LL_PATH_MAX, "%.600s/%.300s", root ? root : LL_SOURCE_DIR "/../shared/data", name);
    if (access(path, R_OK) == 0) return;
    print_message("SKIPPED: %s is not here (set LOGLOG_DATA; docs/data.md names its origin)\n", path);
    skip();
}

static void slurp(const char *path, char *buf, size_t size) {
    if (!buf || !size) return;
    FILE *in = fopen(path, "rb");
    size_t got = in ? fread(buf, 1, size - 1, in) : 0;
    buf[got] = 0;
    if (in) fclose(in);
}

int support_run(const char *folder, const char *arguments, char *out, size_t out_size, char *err, size_t err_size) {
    char *command = NULL, *out_path = NULL, *err_path = NULL;
    assert_true(asprintf(&out_path, "%s/.stdout", folder) > 0 && asprintf(&err_path, "%s/.stderr", folder) > 0);
    assert_true(asprintf(&command, "cd '%s' && timeout 240 %s %s >.stdout 2>.stderr </dev/null", folder, LL_PROGRAM,
                         arguments) > 0);
    int status = system(command);
    slurp(out_path, out, out_size);
    slurp(err_path, err, err_size);
    unlink(out_path);
    unlink(err_path);
    free(command);
    free(out_path);
    free(err_path);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
