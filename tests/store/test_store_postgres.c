/* A store on a server: who may open it, what is never said, a server that goes and comes back, many writers, copies. */
#define _GNU_SOURCE
#include "scratch_store.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "store/sql/store_url.h"
#include "tiny_ladder.h"

static char out[1 << 16], said[8192];

static int loglog(const char *arguments, const char *store) {
    char line[3 * LL_PATH_MAX];
    snprintf(line, sizeof line, "%s '%s'", arguments, store);
    const int code = support_run(folder, line, out, sizeof out, said, sizeof said);
    assert_null(strstr(out, SERVER_PASSWORD));
    assert_null(strstr(said, SERVER_PASSWORD));
    return code;
}

/* ---- names ---- */

static void passwords_are_hidden(void **state) {
    (void)state;
    static const struct {
        const char *url, *left;
    } of[] = {
        { "postgresql://ada:pw@host/db", "postgresql://ada@host/db" },
        { "postgres://ada:p%40w:x@[::1]:5432/db?sslmode=verify-full",
          "postgres://ada@[::1]:5432/db?sslmode=verify-full" },
        { "postgresql://ada@host/db?password=pw", "postgresql://ada@host/db" },
        { "postgresql:///db?password=pw&host=/tmp&sslpassword=q", "postgresql:///db?host=/tmp" },
        { "postgresql://host:5432/db", "postgresql://host:5432/db" },
        { "postgresql://ada:pw@a:1,b:2/db", "postgresql://ada@a:1,b:2/db" },
        { "postgresql://", "postgresql://" },
        { "ada:pw@host.db", "ada:pw@host.db" }, /* a file */
        { "postgresql://ada:p@w@host/db", NULL },
        { "postgresql://ada:p/w@host/db", NULL },
        { "postgresql://ada:p?w@host/db", NULL },
    };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        char url[256] = "";
        ll_error e = { 0 };
        strcpy(url, of[i].url);
        const ll_status status = ll_store_url_hide(url, &e);
        assert_int_equal(status, of[i].left ? LL_OK : LL_EINPUT);
        if (!of[i].left) {
            assert_true(strcmp(strstr(url, "://"), "://") == 0);
            assert_null(strstr(e.msg, "w@"));
            continue;
        }
        assert_string_equal(url, of[i].left);
        assert_string_equal(ll_store_url_whole(url), of[i].url);
    }
}

static void cannot_open(const char *url, ll_status code, const char *words) {
    ll_store *s;
    ll_error e = { 0 };
    assert_int_equal(ll_store_open(&s, url, LL_STORE_WRITE, &e), code);
    assert_null(s);
    if (!strstr(e.msg, words) || strstr(e.msg, "falsch")) fail_msg("%s, expected %s", e.msg, words);
}

static void refused_by_name(void **state) {
    (void)state;
    char url[2 * LL_PATH_MAX];
    snprintf(url, sizeof url, "postgresql://loglog:falsch@/loglog?host=%s", server);
    cannot_open(url, LL_EIO, "password authentication failed");
    snprintf(url, sizeof url, "postgresql://loglog:" SERVER_PASSWORD "@/nirgends?host=%s", server);
    cannot_open(url, LL_EIO, "database \"nirgends\" does not exist");
    cannot_open("postgresql://loglog:falsch@/loglog?host=/nowhere", LL_EIO, "/nowhere");
    cannot_open("postgresql://loglog:fal%sch@/loglog", LL_EINPUT, "its password cannot be read");
    cannot_open("postgresql://loglog:falsch@/loglog?hosst=x", LL_EINPUT, "hosst");
    snprintf(url, sizeof url, "postgresql://loglog:" SERVER_PASSWORD "@/loglog?host=%s&sslmode=ja", server);
    cannot_open(url, LL_EIO, "invalid sslmode value: \"ja\""); /* options of libpq are libpq's */
}

static void nothing_there_yet(void **state) {
    (void)state;
    ll_store *s;
    ll_error e = { 0 };
    store_anew();
    assert_int_equal(ll_store_open_there(&s, db, LL_STORE_WRITE, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "no such store"));
    assert_ok(ll_store_open(&s, db, LL_STORE_READ, err));
    assert_int_equal(count_runs(s, "", -1, NULL), 0);
    ll_store_close(s);
    assert_int_equal(ll_store_open_there(&s, db, LL_STORE_READ, &e), LL_EINPUT); /* reading made none */
    assert_int_equal(loglog("runs list --store", db), 2);
    ll_store_close(open_store(LL_STORE_WRITE));
    assert_int_equal(loglog("runs list --store", db), 0);
}

static void versions_and_strangers(void **state) {
    (void)state;
    store_anew();
    ll_store_close(open_store(LL_STORE_WRITE));
    assert_true(outsider("UPDATE store SET version = 99"));
    cannot_open(db, LL_EFORMAT, "version 99");
    store_anew();
    outsider("CREATE SCHEMA loglog");
    outsider("CREATE TABLE loglog.notes (text text)");
    cannot_open(db, LL_EFORMAT, "is no loglog store");
    store_anew();
    ll_store *s = open_store(LL_STORE_WRITE);
    put_run(s, make_run("", "a", 1, 2));
    ll_store_close(s);
    assert_true(outsider("UPDATE store SET version = 3; DROP INDEX run_name, run_family, run_open"));
    s = open_store(LL_STORE_READ); /* as it is */
    assert_int_equal(count_runs(s, "", -1, "loss = 2"), 1);
    ll_store_close(s);
    ll_store_close(open_store(LL_STORE_WRITE));
    assert_true(
        outsider("DROP INDEX run_open; UPDATE store SET version = 1 / (version - 4)")); /* it was brought to 5 */
    store_anew();
    outsider("CREATE SCHEMA loglog"); /* by whoever may; the store goes in */
    ll_store_close(open_store(LL_STORE_WRITE));
}

/* A server that takes the connection and says nothing: what of the command line do others see meanwhile? */
static void listings_show_no_password(void **state) {
    (void)state;
    char url[2 * LL_PATH_MAX], path[64], line[4096];
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    const int mute = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(at.sun_path, sizeof at.sun_path, "%.80s/.s.PGSQL.5432", folder);
    assert_int_equal(bind(mute, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(mute, 4), 0);
    snprintf(url, sizeof url, "postgresql://loglog:" SERVER_PASSWORD "@/loglog?host=%s", folder);
    const pid_t pid = fork();
    if (pid == 0) {
        const int null = open("/dev/null", O_RDWR);
        dup2(null, 2);
        execl(LL_PROGRAM_FILE, "loglog", "runs", "list", "--store", url, (char *)NULL);
        _exit(127);
    }
    const int taken = accept(mute, NULL, NULL); /* it is past its first steps */
    assert_true(taken >= 0);
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    FILE *in = fopen(path, "r");
    const size_t n = in ? fread(line, 1, sizeof line, in) : 0;
    if (in) fclose(in);
    kill(pid, SIGKILL);
    wait_for(pid);
    close(taken);
    close(mute);
    assert_true(n > 20);
    assert_non_null(memmem(line, n, "postgresql://loglog@", 20));
    assert_null(memmem(line, n, SERVER_PASSWORD, strlen(SERVER_PASSWORD)));
}

/* ---- a server that goes and comes back ---- */

static int notices;

static void hear(const char *line) {
    notices++;
    assert_null(strstr(line, SERVER_PASSWORD));
}

static void a_question_is_asked_again(void **state) {
    (void)state;
    store_anew();
    notices = 0;
    ll_store_on_notice(hear);
    ll_store *s = open_store(LL_STORE_WRITE);
    put_run(s, make_run("", "a", 1, 2));
    assert_int_equal(server_do("restart"), 0);
    assert_int_equal(count_runs(s, "", -1, NULL), 1);
    assert_int_equal(server_do("crash"), 0);
    put_run(s, make_run("", "b", 1, 2));
    assert_int_equal(count_runs(s, "", -1, NULL), 2);
    assert_int_equal(notices, 4); /* lost and found, twice */
    ll_store_close(s);
    ll_store_on_notice(NULL);
}

/* Takes one connection and is gone with it; half a second later the real server is in its place. */
static void leave_and_come_back(int listener) {
    struct sockaddr_un at;
    socklen_t size = sizeof at;
    char word[64], own[LL_PATH_MAX];
    const int taken = accept(listener, NULL, NULL);
    if (taken < 0 || read(taken, word, sizeof word) <= 0 || getsockname(listener, (struct sockaddr *)&at, &size))
        _exit(1);
    unlink(at.sun_path);
    close(listener);
    close(taken);
    usleep(500000);
    snprintf(own, sizeof own, "%.500s/.s.PGSQL.5432", server);
    if (symlink(own, at.sun_path) != 0) _exit(2);
}

/* It was there, though this program was never connected to it. */
static void a_server_that_leaves_at_the_door(void **state) {
    (void)state;
    char url[3 * LL_PATH_MAX];
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    ll_store *s;
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(at.sun_path, sizeof at.sun_path, "%.80s/.s.PGSQL.5432", folder);
    unlink(at.sun_path); /* of another test */
    assert_int_equal(bind(listener, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 4), 0);
    const pid_t pid = child(leave_and_come_back, listener);
    close(listener);
    snprintf(url, sizeof url, "postgresql://loglog:" SERVER_PASSWORD "@/loglog?host=%s", folder);
    const pid_t opening = fork(); /* a program that has not opened a store before */
    if (opening == 0) _exit(ll_store_open(&s, url, LL_STORE_WRITE, NULL) == LL_OK ? 0 : 1);
    assert_int_equal(wait_for(opening), 0);
    assert_int_equal(wait_for(pid), 0);
    unlink(at.sun_path);
}

/* Appends numbered entries and says which are told to be kept. */
static void append_for_ever(int tell) {
    ll_store *s;
    if (ll_store_open(&s, db, LL_STORE_WRITE, NULL) != LL_OK) _exit(1);
    for (int i = 0; i < 400; i++) {
        char body[32];
        ll_entry e;
        snprintf(body, sizeof body, "{\"i\":%d}", i);
        if (ll_store_append(s, body, &e, NULL) != LL_OK) _exit(2);
        free(e.body);
        if (write(tell, &i, sizeof i) != sizeof i) _exit(3);
    }
    ll_store_close(s);
}

/* What was appended is there once, whether its end was heard or not. */
static void appended_once(void **state) {
    (void)state;
    int ends[2], i, n_told = 0;
    int64_t n;
    ll_entry *list;
    store_anew();
    assert_int_equal(pipe(ends), 0);
    const pid_t pid = child(append_for_ever, ends[1]);
    close(ends[1]);
    for (int k = 1; read(ends[0], &i, sizeof i) == sizeof i; n_told++)
        if (n_told == 60 * k && k <= 4) assert_int_equal(server_do(k++ % 2 ? "crash" : "restart"), 0);
    close(ends[0]);
    assert_int_equal(wait_for(pid), 0);
    assert_int_equal(n_told, 400);
    ll_store *s = open_store(LL_STORE_READ);
    assert_ok(ll_store_list_entries(s, &list, &n, err));
    assert_int_equal(n, 400);
    for (int64_t k = 0; k < n; k++) {
        assert_int_equal(sscanf(list[k].body, "{\"i\":%d}", &i), 1);
        assert_int_equal(i, k);
    }
    ll_entries_free(list, n);
    ll_store_close(s);
}

static void put_one(int unused) {
    ll_store *s;
    (void)unused;
    const ll_run r = make_run("", "lost", 1, 2);
    if (ll_store_open(&s, db, LL_STORE_WRITE, NULL) != LL_OK) _exit(1);
    if (ll_store_put_run(s, &r, NULL) != LL_OK) _exit(2);
    ll_store_close(s);
}

static void hold_runs(int unused) {
    (void)unused;
    outsider("BEGIN; LOCK TABLE run IN EXCLUSIVE MODE; SELECT pg_sleep(20)");
}

/* A server that crashed gives the number of a transaction that it lost to others, which are kept. */
static void numbers_are_given_again(void **state) {
    (void)state;
    store_anew();
    ll_store_close(open_store(LL_STORE_WRITE));
    outsider("CHECKPOINT");
    const pid_t holder = child(hold_runs, 0);
    usleep(300000);
    const pid_t pid = child(put_one, 0);
    outsider("DO 'BEGIN FOR i IN 1..1000 LOOP EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE NOT granted);"
             " PERFORM pg_sleep(0.01); END LOOP; END'"); /* until it waits */
    kill(pid, SIGSTOP);
    assert_int_equal(server_do("crash"), 0);
    for (int i = 0; i < 5; i++) outsider("SELECT txid_current()");
    kill(pid, SIGCONT);
    assert_int_equal(wait_for(pid), 0);
    wait_for(holder);
    ll_store *s = open_store(LL_STORE_READ);
    assert_int_equal(count_runs(s, "", -1, NULL), 1);
    ll_store_close(s);
}

/* ---- a ladder while its server is restarted ---- */

static void restart_twice(int unused) {
    (void)unused;
    ll_store *s;
    bool begun = false;
    for (int i = 0; i < 2000 && !begun; i++, usleep(10000)) {
        if (ll_store_open(&s, db, LL_STORE_READ, NULL) != LL_OK) _exit(1);
        begun = count_runs(s, "", LL_RUN_RUNNING, NULL) > 0;
        ll_store_close(s);
    }
    if (!begun || server_do("crash")) _exit(2);
    usleep(300000);
    if (server_do("restart")) _exit(3);
}

static void ladder_goes_on(void **state) {
    (void)state;
    ll_run *runs;
    int64_t n;
    store_anew();
    put(folder, "spec.yaml", ladder);
    const pid_t pid = child(restart_twice, 0);
    const int code = loglog("run spec.yaml --workers 2 --store", db);
    assert_int_equal(wait_for(pid), 0);
    if (code) fail_msg("exit %d: %s", code, said);
    ll_store *s = open_store(LL_STORE_READ);
    assert_ok(ll_store_list_runs(s, "", -1, NULL, &runs, &n, err));
    assert_int_equal(n, reference.n);
    for (int64_t i = 0; i < n; i++) {
        ll_point *points;
        int64_t n_points;
        assert_string_equal(runs[i].id, reference.runs[i].id);
        assert_int_equal(runs[i].state, LL_RUN_DONE);
        assert_memory_equal(&runs[i].loss, &reference.runs[i].loss, 8);
        assert_ok(ll_store_list_points(s, runs[i].id, &points, &n_points, err));
        assert_true(n_points >= 5);
        free(points);
    }
    ll_ladder l;
    assert_ok(ll_store_get_ladder(s, "", &l, err));
    assert_null(strstr(l.command, SERVER_PASSWORD));
    assert_non_null(strstr(l.command, "postgresql://loglog@"));
    ll_ladder_clear(&l);
    free(runs);
    ll_store_close(s);
    char weights[LL_PATH_MAX];
    assert_ok(ll_file_join(weights, folder, "loglog.d", err)); /* in the working folder */
    assert_int_equal(count_files(weights, "k.safetensors"), 6);
    assert_int_equal(loglog("report --out r.html --store", db), 0);
    char path[LL_PATH_MAX], *html;
    size_t size;
    assert_ok(ll_file_join(path, folder, "r.html", err));
    assert_ok(ll_file_read(path, 1 << 26, &html, &size, err));
    assert_null(memmem(html, size, SERVER_PASSWORD, strlen(SERVER_PASSWORD)));
    free(html);
}

/* ---- many writers ---- */

enum { WRITERS = 64, POINTS = 25, SEALS = 2 };

static void write_some(int who) {
    ll_store *s;
    char name[32], body[32];
    if (ll_store_open(&s, db, LL_STORE_WRITE, NULL) != LL_OK) _exit(1);
    snprintf(name, sizeof name, "w%d", who);
    ll_run r = make_run("", name, who, 2);
    if (ll_store_put_run(s, &r, NULL) != LL_OK) _exit(2);
    for (int i = 0; i < POINTS; i++)
        if (ll_store_put_point(s, r.id, &(ll_point) { i, 10 * i, who + i, NAN, 1 }, NULL) != LL_OK) _exit(3);
    for (int i = 0; i < SEALS; i++) {
        ll_entry e;
        snprintf(body, sizeof body, "[%d,%d]", who, i);
        if (ll_store_append(s, body, &e, NULL) != LL_OK) _exit(4);
        free(e.body);
    }
    ll_store_close(s);
}

/* They also make the store at once. */
static void many_writers(void **state) {
    (void)state;
    pid_t pids[WRITERS];
    int64_t n, bad;
    int next[WRITERS] = { 0 };
    ll_entry *list;
    store_anew();
    for (int i = 0; i < WRITERS; i++) pids[i] = child(write_some, i);
    for (int i = 0; i < WRITERS; i++) assert_int_equal(wait_for(pids[i]), 0);
    ll_store *s = open_store(LL_STORE_READ);
    for (int i = 0; i < WRITERS; i++) {
        char id[32];
        ll_point *points;
        snprintf(id, sizeof id, "/w%d", i);
        assert_ok(ll_store_list_points(s, id, &points, &n, err));
        assert_int_equal(n, POINTS);
        for (int k = 0; k < POINTS; k++) assert_true(points[k].step == k && points[k].loss == i + k);
        free(points);
    }
    assert_ok(ll_store_check_ledger(s, &bad, err));
    assert_ok(ll_store_list_entries(s, &list, &n, err));
    assert_int_equal(n, WRITERS * SEALS);
    for (int64_t k = 0; k < n; k++) {
        int who, i;
        assert_int_equal(sscanf(list[k].body, "[%d,%d]", &who, &i), 2);
        assert_int_equal(i, next[who]++);
    }
    ll_entries_free(list, n);
    ll_store_close(s);
}

/* By the lock of the ledger, as by another import that takes its time. */
static void hold_up(int unused) {
    (void)unused;
    outsider("SELECT pg_advisory_lock(1819240300), pg_sleep(4)");
}

static void imports_side_by_side(void **state) {
    (void)state;
    int status;
    store_anew();
    ll_store_close(open_store(LL_STORE_WRITE));
    put(folder, "t.csv", "run,params,tokens,loss\na,1000,2000,3\nb,2000,2000,2.5\n");
    const pid_t pid = child(hold_up, 0);
    usleep(500000);
    assert_int_equal(loglog("runs import t.csv --store", db), 0);
    assert_int_equal(waitpid(pid, &status, WNOHANG), 0); /* it did not wait */
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

/* ---- copies ---- */

static void fill(const char *path) {
    ll_store *s;
    assert_ok(ll_store_open(&s, path, LL_STORE_WRITE, err));
    put_ladder(s, "zz", "last");
    put_ladder(s, "aa", "first");
    for (int i = 0; i < 30; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        ll_run r = make_run(i % 3 ? i % 2 ? "aa" : "zz" : "", name, 30 - i / 4, 1.0 / (i + 3));
        put_run(s, r);
        for (int k = 0; k < i % 4; k++)
            assert_ok(ll_store_put_point(s, r.id, &(ll_point) { k, k, 1.0 / (k + 7), NAN, -0.0 }, err));
        const ll_run_score score = {
            .step = i, .probe = "p", .metric = "m", .settings = "x=1", .value = 0.1 * i, .se = NAN
        };
        if (i % 5 == 0) assert_ok(ll_store_put_scores(s, r.id, &score, 1, err));
    }
    for (int i = 0; i < 7; i++) {
        ll_entry e;
        assert_ok(ll_store_append(s, i % 2 ? "{\"a\":\"\xc3\xa4\"}" : "{}", &e, err));
        free(e.body);
    }
    ll_store_close(s);
}

static void same_files(const char *a, const char *b) {
    static const char *const verbs[] = { "runs list --json --store", "runs export --curves --store",
                                         "runs export --store" };
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        loglog(verbs[i], a);
        char *first = strdup(out);
        assert_true(strlen(first) > 0);
        loglog(verbs[i], b);
        assert_string_equal(first, out);
        free(first);
    }
}

static void copied_both_ways(void **state) {
    (void)state;
    char command[3 * LL_PATH_MAX], file[LL_PATH_MAX], back[LL_PATH_MAX];
    assert_ok(ll_file_join(file, folder, "a.db", err));
    assert_ok(ll_file_join(back, folder, "b.db", err));
    store_anew();
    fill(file);
    snprintf(command, sizeof command, "store copy '%s'", file);
    assert_int_equal(loglog(command, db), 0);
    assert_non_null(strstr(out, "2 ladders, 30 runs, 43 points, 6 scores"));
    assert_non_null(strstr(out, "7 entries"));
    same_files(file, db);
    snprintf(command, sizeof command, "store copy --json '%s'", db);
    assert_int_equal(loglog(command, back), 0);
    same_files(file, back);
    assert_int_not_equal(loglog(command, back), 0); /* never into what is there */
    assert_non_null(strstr(said, "expected an empty store"));
    assert_true(outsider("UPDATE run SET loss = 7 WHERE name = 'n29'"));
    assert_ok(ll_file_join(back, folder, "c.db", err));
    assert_int_equal(loglog(command, back), 2);
    assert_non_null(strstr(said, "damaged"));
    ll_store *s;
    assert_ok(ll_store_open(&s, back, LL_STORE_READ, err));
    assert_int_equal(count_runs(s, "", -1, NULL), 0); /* all or nothing */
    ll_store_close(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords_are_hidden),
        cmocka_unit_test(refused_by_name),
        cmocka_unit_test(a_server_that_leaves_at_the_door),
        cmocka_unit_test(nothing_there_yet),
        cmocka_unit_test(versions_and_strangers),
        cmocka_unit_test(listings_show_no_password),
        cmocka_unit_test(a_question_is_asked_again),
        cmocka_unit_test(appended_once),
        cmocka_unit_test(numbers_are_given_again),
        cmocka_unit_test_setup_teardown(ladder_goes_on, tiny_make, tiny_free),
        cmocka_unit_test(many_writers),
        cmocka_unit_test(imports_side_by_side),
        cmocka_unit_test(copied_both_ways),
    };
    if (!server_start()) return 0;
    return cmocka_run_group_tests(tests, server_make, server_remove);
}
