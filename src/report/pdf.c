#define _GNU_SOURCE /* O_CLOEXEC, posix_spawnp */
#include "report/pdf.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "base/system/file.h"
#include "base/system/scratch_folder.h"

enum { TIME_LIMIT_S = 60, PDF_MOST = 1 << 30 };

extern char **environ;

static const char *const browsers[] = { "chromium", "chromium-browser", "google-chrome" };
enum { BROWSERS = sizeof browsers / sizeof *browsers, ARGUMENTS = 12 };

/* The browser's arguments for one page; it has no say in where its profile lies but this. */
static void browser_arguments(char *argv[ARGUMENTS], char *program, char *profile, char *to, char *from) {
    char *const all[] = { program,
                          "--headless",
                          "--no-sandbox",
                          "--disable-gpu",
                          "--no-first-run",
                          "--disable-background-networking",
                          "--no-pdf-header-footer",
                          profile,
                          to,
                          from,
                          NULL };
    memcpy(argv, all, sizeof all);
}

/* Output and complaints of the printer are not ours to show. */
static int start(pid_t *pid, char *const argv[]) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    for (int fd = 0; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&files, fd, "/dev/null", fd ? O_WRONLY : O_RDONLY, 0);
    const int e = posix_spawnp(pid, argv[0], &files, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    return e;
}

/* True when it ended by itself, and well. */
static bool wait_for(pid_t pid) {
    const double until = ll_clock_now() + TIME_LIMIT_S;
    int status = 0;
    for (;;) {
        const pid_t done = waitpid(pid, &status, WNOHANG);
        if (done == pid) return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        if (done < 0 && errno != EINTR) return false;
        if (ll_clock_now() > until) break;
        usleep(20000);
    }
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    return false;
}

/* *there: whether such a program was started. */
static bool print_by(char *const argv[], bool *there) {
    pid_t pid;
    const int e = start(&pid, argv);
    *there = e == 0;
    return e == 0 && wait_for(pid);
}

static bool is_written(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && st.st_size > 0;
}

/* Into part. folder: for what a browser leaves behind. */
static ll_status print(const char *page, const char *part, const char *folder, ll_error *err) {
    char to[LL_PATH_MAX + 32], from[LL_PATH_MAX + 8], profile[LL_PATH_MAX + 32];
    char *argv[ARGUMENTS], *weasyprint[] = { "weasyprint", (char *)page, (char *)part, NULL };
    bool there = false, any = false;
    snprintf(to, sizeof to, "--print-to-pdf=%s", part);
    snprintf(from, sizeof from, "file://%s", page);
    snprintf(profile, sizeof profile, "--user-data-dir=%s", folder);
    for (int k = 0; k < BROWSERS && !there; k++) {
        browser_arguments(argv, (char *)browsers[k], profile, to, from);
        print_by(argv, &there);
        any = any || there;
    }
    if (is_written(part)) return LL_OK;
    if (!any) print_by(weasyprint, &any);
    if (is_written(part)) return LL_OK;
    return any ? LL_FAIL(err, LL_EIO, "the browser did not print the page within %d s", TIME_LIMIT_S)
               : LL_FAIL(err, LL_EIO, "neither chromium nor weasyprint is installed");
}

static ll_status take(const char *part, const char *to, ll_error *err) {
    char *bytes;
    size_t size;
    ll_file f;
    LL_TRY(ll_file_read(part, PDF_MOST, &bytes, &size, err));
    ll_status s = ll_file_create(&f, to, err);
    if (s == LL_OK) {
        fwrite(bytes, 1, size, f.out);
        s = ll_file_commit(&f, err);
    }
    free(bytes);
    return s;
}

ll_status ll_report_print(const char *from, const char *to, ll_error *err) {
    char page[LL_PATH_MAX], folder[LL_PATH_MAX], part[LL_PATH_MAX];
    LL_TRY(ll_file_whole(page, from, err));
    LL_TRY(ll_scratch_make(folder, err));
    ll_status s = ll_file_join(part, folder, "page.pdf", err);
    if (s == LL_OK) s = print(page, part, folder, err);
    if (s == LL_OK) s = take(part, to, err);
    ll_scratch_remove(folder);
    return s;
}
