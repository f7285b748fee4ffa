/* A store of the test program's own: its runs, an outsider to its database, and other processes that use it. It is a
 * file, and the same tests once more in PostgreSQL, where that is, with
 *
 *     return run_on_both(tests);
 */
#ifndef LL_TESTS_SCRATCH_STORE_H
#define LL_TESTS_SCRATCH_STORE_H

#include "scratch.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h"

static char db[LL_PATH_MAX];     /* of the store: a file, or a URL */
static char server[LL_PATH_MAX]; /* folder of the PostgreSQL server; "": the store is a file */

static inline int store_make(void **state) {
    (void)state;
    support_folder(folder);
    return ll_file_join(db, folder, "loglog.db", NULL) != LL_OK;
}

/* ---- a server (tests/store/postgres.sh) ---- */

#define SERVER_PASSWORD "geheim-7"

/* Of "start", "restart", "crash" and "stop"; its exit code. */
static inline int server_do(const char *what) {
    char command[2 * LL_PATH_MAX];
    if (strcmp(what, "start") == 0)
        snprintf(command, sizeof command, "'%s/tests/store/postgres.sh' start %d", LL_SOURCE_DIR, (int)getpid());
    else snprintf(command, sizeof command, "'%s/tests/store/postgres.sh' %s '%s'", LL_SOURCE_DIR, what, server);
    FILE *out = popen(command, "r");
    assert_non_null(out);
    if (strcmp(what, "start") == 0 && fgets(server, sizeof server, out)) server[strcspn(server, "\n")] = 0;
    const int status = pclose(out);
    return WEXITSTATUS(status);
}

static inline int server_make(void **state) {
    (void)state;
    support_folder(folder);
    if (!*server) return 1;
    snprintf(db, sizeof db, "postgresql://loglog:" SERVER_PASSWORD "@/loglog?host=%.900s", server);
    return 0;
}

static inline int server_remove(void **state) {
    server_do("stop");
    server[0] = 0;
    return scratch_remove(state);
}

/* 0 where there is a server; says aloud where there is none. */
static inline bool server_start(void) {
#ifndef LL_HAVE_LIBPQ
    print_message("SKIPPED in part: this build has no libpq\n");
    return false;
#endif
    const int code = server_do("start");
    if (code)
        print_message("SKIPPED in part: %s\n", code == 77 ? "there is no PostgreSQL here (Debian: postgresql)"
                                                          : "no PostgreSQL server could be started");
    return code == 0;
}

#define run_on_both(tests)                                                                   \
    (cmocka_run_group_tests_name(#tests ", in a file", tests, store_make, scratch_remove) || \
     (server_start() &&                                                                      \
      cmocka_run_group_tests_name(#tests ", in PostgreSQL", tests, server_make, server_remove) != 0))

/* ---- the store ---- */

static inline ll_store *open_store(ll_store_mode mode) {
    ll_store *s;
    assert_ok(ll_store_open(&s, db, mode, err));
    return s;
}

/* Runs sqlite3 or psql on the store: what an outsider could do to it. False without that program. */
static inline bool outsider(const char *sql) {
    char *command;
    const char *program = *server ? "PGOPTIONS=-csearch_path=loglog psql -q -v ON_ERROR_STOP=1 -c" : "sqlite3";
    const int made = *server ? asprintf(&command, "%s \"%s\" '%s' >/dev/null 2>&1", program, sql, db)
                             : asprintf(&command, "%s '%s' \"%s\" >/dev/null 2>&1", program, db, sql);
    assert_true(made > 0);
    int code = system(command);
    free(command);
    if (WEXITSTATUS(code) == 127)
        print_message("SKIPPED in part: there is no %s program\n", *server ? "psql" : "sqlite3");
    return WEXITSTATUS(code) != 127;
}

/* An empty store. */
static inline void store_anew(void) {
    if (*server) outsider("DROP SCHEMA IF EXISTS loglog CASCADE");
    else unlink(db);
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
