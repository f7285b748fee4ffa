/* A store in the test program's folder: its runs, an outsider to its file, and other processes that use it. */
#ifndef LL_TESTS_SCRATCH_STORE_H
#define LL_TESTS_SCRATCH_STORE_H

#include "scratch.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h"

static char db[LL_PATH_MAX];

static inline int store_make(void **state) {
    (void)state;
    support_folder(folder);
    return ll_file_join(db, folder, "loglog.db", NULL) != LL_OK;
}

static inline ll_store *open_store(ll_store_mode mode) {
    ll_store *s;
    assert_ok(ll_store_open(&s, db, mode, err));
    return s;
}

/* Runs the sqlite3 program on the store: what an outsider could do to the file. False without that program. */
static inline bool outsider(const char *sql) {
    char *command;
    assert_true(asprintf(&command, "sqlite3 '%s' \"%s\" >/dev/null 2>&1", db, sql) > 0);
    int code = system(command);
    free(command);
    if (WEXITSTATUS(code) == 127) print_message("SKIPPED in part: there is no sqlite3 program\n");
    return WEXITSTATUS(code) != 127;
}

static inline void put_ladder(ll_store *s, const char *id, const char *name) {
    ll_ladder l = { .spec = (char *)"name: demo\n", .data = (char *)"{\"bytes\":5}" };
    snprintf(l.id, sizeof l.id, "%s", id);
    snprintf(l.name, sizeof l.name, "%s", name);
    snprintf(l.created, sizeof l.created, "2026-11-22T16:00:00Z");
    assert_ok(ll_store_put_ladder(s, &l, err));
}

static inline ll_run make_run(const char *ladder, const char *name, double flops, double loss) {
    ll_run r;
    ll_run_init(&r);
    snprintf(r.id, sizeof r.id, "%s/%s", ladder, name);
    snprintf(r.ladder, sizeof r.ladder, "%s", ladder);
    snprintf(r.name, sizeof r.name, "%s", name);
    r.state = LL_RUN_DONE;
    r.flops = flops;
    r.loss = loss;
    return r;
}

static inline void put_run(ll_store *s, ll_run r) {
    assert_ok(ll_store_put_run(s, &r, err));
}

static inline int64_t count_runs(ll_store *s, const char *ladder, int state, const char *where) {
    ll_run *runs;
    int64_t n;
    assert_ok(ll_store_list_runs(s, ladder, state, where, &runs, &n, err));
    free(runs);
    return n;
}

static inline pid_t child(void (*work)(int), int argument) {
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0) return pid;
    work(argument);
    _exit(0);
}

static inline int wait_for(pid_t pid) {
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

#endif
