#define _GNU_SOURCE
#include "scratch.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "loglog/random.h"
#include "store/store.h"

static char db[LL_PATH_MAX];

static int set_up(void **state) {
    (void)state;
    support_folder(folder);
    return ll_file_join(db, folder, "loglog.db", NULL) != LL_OK;
}

static ll_store *open_store(ll_store_mode mode) {
    ll_store *s;
    assert_ok(ll_store_open(&s, db, mode, err));
    return s;
}

/* Runs the sqlite3 program on the store: what an outsider could do to the file. False without that program. */
static bool outsider(const char *sql) {
    char *command;
    assert_true(asprintf(&command, "sqlite3 '%s' \"%s\" >/dev/null 2>&1", db, sql) > 0);
    int code = system(command);
    free(command);
    if (WEXITSTATUS(code) == 127) print_message("SKIPPED in part: there is no sqlite3 program\n");
    return WEXITSTATUS(code) != 127;
}

static void put_ladder(ll_store *s, const char *id, const char *name) {
    ll_ladder l = { .spec = (char *)"name: demo\n", .data = (char *)"{\"bytes\":5}" };
    snprintf(l.id, sizeof l.id, "%s", id);
    snprintf(l.name, sizeof l.name, "%s", name);
    snprintf(l.created, sizeof l.created, "2026-11-22T16:00:00Z");
    assert_ok(ll_store_put_ladder(s, &l, err));
}

static ll_run make_run(const char *ladder, const char *name, double flops, double loss) {
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

static void put_run(ll_store *s, ll_run r) {
    assert_ok(ll_store_put_run(s, &r, err));
}

static int64_t count_runs(ll_store *s, const char *ladder, int state, const char *where) {
    ll_run *runs;
    int64_t n;
    assert_ok(ll_store_list_runs(s, ladder, state, where, &runs, &n, err));
    free(runs);
    return n;
}

/* ---- round trips ---- */

/* Every field of the list comes back to the bit, whatever is in it. */
static void every_field(void **state) {
    (void)state;
    ll_store *s = open_store(LL_STORE_WRITE);
    ll_rng rng = ll_rng_at(3, LL_STREAM_NOISE, 0);
    put_ladder(s, "abc", "demo");
    for (int k = 0; k < 20; k++) {
        ll_run in, out;
        ll_run_init(&in);
        for (const ll_run_field *f = ll_run_fields; f->name; f++) {
            char *at = (char *)&in + f->offset;
            if (f->kind == LL_FIELD_REAL && k % 3)
                *(double *)at = ll_rng_normal(&rng) * pow(10, 30 * ll_rng_normal(&rng));
            if (f->kind == LL_FIELD_INT) *(int64_t *)at = k == 1 ? INT64_MIN : ll_rng_below(&rng, 1 << 30);
            if (f->kind == LL_FIELD_TEXT) snprintf(at, f->size, "%s-%d'; DROP TABLE run; --%0200d", f->name, k, k);
        }
        in.state = (ll_run_state)(k % 5);
        snprintf(in.ladder, sizeof in.ladder, "abc");
        snprintf(in.id, sizeof in.id, "abc/%d", k);
        put_run(s, in);
        assert_ok(ll_store_get_run(s, in.id, &out, err));
        for (const ll_run_field *f = ll_run_fields; f->name; f++) {
            const char *a = (char *)&in + f->offset, *b = (char *)&out + f->offset;
            if (f->kind == LL_FIELD_TEXT) assert_string_equal(a, b);
            else if (f->kind == LL_FIELD_REAL && isnan(*(double *)a)) assert_true(isnan(*(double *)b));
            else assert_memory_equal(a, b, f->size);
        }
    }
    assert_int_equal(count_runs(s, "abc", -1, NULL), 20);
    ll_store_close(s);
}

static void replaced_by_id(void **state) {
    (void)state;
    ll_store *s = open_store(LL_STORE_WRITE);
    ll_point *points;
    int64_t n;
    put_ladder(s, "rep", "replace");
    put_run(s, make_run("rep", "a", 1, 3));
    assert_ok(ll_store_put_point(s, "rep/a", &(ll_point) { .step = 5, .tokens = 10, .loss = 4, .se = NAN }, err));
    put_run(s, make_run("rep", "a", 1, 2));
    assert_ok(ll_store_list_points(s, "rep/a", &points, &n, err));
    assert_int_equal(n, 1); /* a new state of a run keeps its curve */
    assert_true(points[0].step == 5 && points[0].loss == 4 && isnan(points[0].se));
    free(points);
    assert_ok(ll_store_put_point(s, "rep/a", &(ll_point) { .step = 5, .loss = 3.5 }, err));
    assert_ok(ll_store_put_point(s, "rep/a", &(ll_point) { .step = 2, .loss = 9 }, err));
    assert_ok(ll_store_list_points(s, "rep/a", &points, &n, err));
    assert_true(n == 2 && points[0].step == 2 && points[1].loss == 3.5);
    free(points);
    assert_int_equal(count_runs(s, "rep", -1, "loss = 2"), 1);
    const char *ids[] = { "rep/a", "rep/none" };
    ll_error e = { 0 };
    assert_int_equal(ll_store_drop_runs(s, ids, 2, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "rep/none"));
    assert_int_equal(count_runs(s, "rep", -1, NULL), 1); /* all or nothing */
    assert_ok(ll_store_drop_runs(s, ids, 1, err));
    assert_ok(ll_store_list_points(s, "rep/a", &points, &n, err));
    assert_int_equal(n, 0);
    ll_store_close(s);
}

static void ladders(void **state) {
    (void)state;
    ll_store *s = open_store(LL_STORE_WRITE);
    ll_ladder l, *list;
    int64_t n;
    ll_error e = { 0 };
    put_ladder(s, "one", "same");
    put_ladder(s, "two", "same");
    put_ladder(s, "one", "same"); /* replaced, keeps its place */
    assert_ok(ll_store_get_ladder(s, "", &l, err));
    assert_string_equal(l.id, "two");
    ll_ladder_clear(&l);
    assert_ok(ll_store_get_ladder(s, "same", &l, err));
    assert_string_equal(l.id, "two");
    assert_string_equal(l.spec, "name: demo\n");
    assert_string_equal(l.data, "{\"bytes\":5}");
    ll_ladder_clear(&l);
    assert_ok(ll_store_get_ladder(s, "one", &l, err));
    assert_string_equal(l.id, "one");
    ll_ladder_clear(&l);
    assert_int_equal(ll_store_get_ladder(s, "none", &l, &e), LL_EINPUT);
    assert_ok(ll_store_list_ladders(s, &list, &n, err));
    assert_true(n >= 2);
    assert_string_equal(list[n - 1].id, "two");
    ll_ladders_free(list, n);
    ll_run stray = make_run("nowhere", "a", 1, 1);
    assert_int_equal(ll_store_put_run(s, &stray, &e), LL_ESTATE);
    assert_non_null(strstr(e.msg, "ladder"));
    ll_store_close(s);
}

static void selection(void **state) {
    (void)state;
    ll_store *s = open_store(LL_STORE_WRITE);
    ll_run *runs, one;
    int64_t n;
    put_ladder(s, "sel", "select");
    const double flops[] = { 3e10, 1e10, 2e10, NAN };
    static const char *const names[] = { "big", "small", "middle", "unknown" };
    for (int i = 0; i < 4; i++) {
        ll_run r = make_run("sel", names[i], flops[i], i == 3 ? (double)NAN : 2.0 + i);
        r.state = i == 3 ? LL_RUN_FAILED : LL_RUN_DONE;
        r.width = 32 * i;
        if (i) snprintf(r.family, sizeof r.family, "gpt");
        put_run(s, r);
    }
    assert_ok(ll_store_list_runs(s, "sel", LL_RUN_DONE, "", &runs, &n, err));
    assert_int_equal(n, 3);
    assert_string_equal(runs[0].name, "small");
    assert_string_equal(runs[1].name, "middle");
    assert_string_equal(runs[2].name, "big");
    free(runs);
    assert_int_equal(count_runs(s, "sel", -1, "width >= 32 and loss < 4"), 1);
    assert_int_equal(count_runs(s, "sel", -1, "loss != 2"), 3);
    assert_int_equal(count_runs(s, "sel", -1, "loss = ''"), 1);
    assert_int_equal(count_runs(s, "sel", -1, "loss != ''"), 3);
    assert_int_equal(count_runs(s, "sel", -1, "family = gpt and state = done"), 2);
    assert_int_equal(count_runs(s, "sel", -1, "family < zebra"), 3);
    assert_int_equal(count_runs(s, "sel", -1, "name = \"x' OR 1=1 --\""), 0);
    static const struct {
        const char *where, *words;
    } bad[] = { { "depth = 3", "no field 'depth'" },
                { "loss = high", "loss is a number" },
                { "loss", "position 5" } };
    for (int i = 0; i < 3; i++) {
        ll_error e = { 0 };
        assert_int_equal(ll_store_list_runs(s, "", -1, bad[i].where, &runs, &n, &e), LL_EINPUT);
        assert_non_null(strstr(e.msg, bad[i].words));
        assert_null(runs);
    }
    assert_ok(ll_store_find_run(s, "sel/mid", &one, err));
    assert_string_equal(one.name, "middle");
    assert_ok(ll_store_find_run(s, "unkn", &one, err));
    ll_error e = { 0 };
    assert_int_equal(ll_store_find_run(s, "sel/", &one, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "more than one"));
    assert_int_equal(ll_store_find_run(s, "", &one, &e), LL_EINPUT);
    assert_int_equal(ll_store_find_run(s, "%", &one, &e), LL_EINPUT);
    assert_int_equal(ll_store_get_run(s, "sel/mid", &one, &e), LL_EINPUT);
    ll_store_close(s);
}

/* Ladders in the order they were made, flops ascending within, each run still itself. */
static void order_of_lists(void **state) {
    (void)state;
    static const char *const ids[] = { "", "zz", "mm", "aa" };
    ll_rng rng = ll_rng_at(9, LL_STREAM_NOISE, 0);
    ll_run *runs;
    int64_t n;
    unlink(db);
    ll_store *s = open_store(LL_STORE_WRITE);
    for (int i = 1; i < 4; i++) put_ladder(s, ids[i], ids[i]);
    for (int i = 0; i < 300; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        ll_run r = make_run(ids[ll_rng_below(&rng, 4)], name, (double)ll_rng_below(&rng, 40), i);
        put_run(s, r);
    }
    assert_ok(ll_store_list_runs(s, "", -1, NULL, &runs, &n, err));
    assert_int_equal(n, 300);
    bool seen[300] = { false };
    for (int64_t k = 0, ladder = 0; k < n; k++) {
        while (strcmp(runs[k].ladder, ids[ladder]) != 0) assert_true(++ladder < 4);
        bool same = k > 0 && strcmp(runs[k].ladder, runs[k - 1].ladder) == 0;
        if (same) assert_true(runs[k].flops >= runs[k - 1].flops);
        if (same && runs[k].flops == runs[k - 1].flops) assert_true(runs[k].loss > runs[k - 1].loss);
        int i = atoi(runs[k].name);
        assert_true(runs[k].loss == i && !seen[i]);
        seen[i] = true;
    }
    free(runs);
    ll_store_close(s);
}

static void infinity_is_refused(void **state) {
    (void)state;
    ll_store *s = open_store(LL_STORE_WRITE);
    ll_error e = { 0 };
    put_ladder(s, "inf", "inf");
    ll_run r = make_run("inf", "a", 1, INFINITY);
    assert_int_equal(ll_store_put_run(s, &r, &e), LL_ENUM);
    assert_non_null(strstr(e.msg, "inf/a: loss is infinite"));
    put_run(s, make_run("inf", "a", 1, 2));
    assert_int_equal(ll_store_put_point(s, "inf/a", &(ll_point) { .step = 7, .loss = INFINITY }, &e), LL_ENUM);
    assert_non_null(strstr(e.msg, "step 7"));
    assert_int_equal(ll_store_put_point(s, "inf/none", &(ll_point) { .step = 7 }, &e), LL_EINPUT);
    assert_ok(ll_store_put_point(s, "inf/a", &(ll_point) { .step = 7, .loss = 1 }, err)); /* the store goes on */
    ll_store_close(s);
}

/* ---- versions and strangers ---- */

static void opened_wrongly(const char *path, ll_store_mode mode, ll_status code, const char *words) {
    ll_store *s;
    ll_error e = { 0 };
    ll_status got = ll_store_open(&s, path, mode, &e);
    if (got != code || !strstr(e.msg, words))
        fail_msg("%s: %d '%s', expected %d '%s'", path, got, e.msg, code, words);
    assert_null(s);
}

static void nothing_there(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_store *s;
    ll_error e = { 0 };
    assert_ok(ll_file_join(path, folder, "absent.db", err));
    assert_ok(ll_store_open(&s, path, LL_STORE_READ, err));
    assert_int_equal(count_runs(s, "", -1, NULL), 0);
    ll_run r = make_run("", "a", 1, 1);
    assert_int_equal(ll_store_put_run(s, &r, &e), LL_ESTATE);
    ll_store_close(s);
    assert_int_equal(access(path, F_OK), -1);
    support_write(folder, "empty.db", "", 0, path); /* version 0: migrated by the first writer */
    assert_ok(ll_store_open(&s, path, LL_STORE_READ, err));
    assert_int_equal(count_runs(s, "", -1, NULL), 0);
    ll_store_close(s);
    assert_ok(ll_store_open(&s, path, LL_STORE_WRITE, err));
    put_run(s, make_run("", "a", 1, 1));
    ll_store_close(s);
    assert_ok(ll_store_open(&s, path, LL_STORE_READ, err));
    assert_int_equal(count_runs(s, "", -1, NULL), 1);
    ll_store_close(s);
    opened_wrongly("/nowhere/at/all/loglog.db", LL_STORE_WRITE, LL_EIO, "/nowhere/at/all/loglog.db");
    opened_wrongly(folder, LL_STORE_READ, LL_EIO, folder);
}

static void versions(void **state) {
    (void)state;
    ll_store_close(open_store(LL_STORE_WRITE));
    if (!outsider("PRAGMA user_version = 99")) return;
    opened_wrongly(db, LL_STORE_READ, LL_EFORMAT, "version 99");
    opened_wrongly(db, LL_STORE_WRITE, LL_EFORMAT, "version 99");
    assert_true(outsider("PRAGMA user_version = 1; PRAGMA application_id = 7"));
    opened_wrongly(db, LL_STORE_WRITE, LL_EFORMAT, "no loglog store");
    assert_true(outsider("PRAGMA user_version = 0; PRAGMA application_id = 0"));
    opened_wrongly(db, LL_STORE_WRITE, LL_EFORMAT, "no loglog store"); /* it has tables: somebody's */
    assert_true(outsider("PRAGMA user_version = 1; PRAGMA application_id = 1819240300"));
    ll_store_close(open_store(LL_STORE_READ));
}

/* Random bytes, and every kind of cut: refused by name or read, never a crash. */
static void damaged(void **state) {
    (void)state;
    char path[LL_PATH_MAX], *text;
    size_t size;
    ll_rng rng = ll_rng_at(1, LL_STREAM_NOISE, 0);
    char noise[5000];
    for (size_t i = 0; i < sizeof noise; i++) noise[i] = (char)ll_rng_u32(&rng);
    support_write(folder, "noise.db", noise, sizeof noise, path);
    opened_wrongly(path, LL_STORE_READ, LL_EFORMAT, "noise.db");
    opened_wrongly(path, LL_STORE_WRITE, LL_EFORMAT, "noise.db");
    support_write(folder, "short.db", noise, 7, path);
    opened_wrongly(path, LL_STORE_READ, LL_EFORMAT, "short.db");
    ll_store *s = open_store(LL_STORE_WRITE);
    put_ladder(s, "dmg", "damage");
    for (int i = 0; i < 300; i++) {
        char name[16];
        snprintf(name, sizeof name, "r%d", i);
        put_run(s, make_run("dmg", name, i, 2));
    }
    ll_store_close(s);
    assert_ok(ll_file_read(db, 1 << 24, &text, &size, err));
    int refused = 0;
    for (int k = 0; k < 60; k++) {
        ll_error e = { 0 };
        ll_run *runs = NULL;
        int64_t n;
        size_t keep = k < 20 ? (size_t)ll_rng_below(&rng, (int64_t)size) : size;
        char *copy = malloc(size);
        memcpy(copy, text, size);
        for (int b = 0; k >= 20 && b < 200; b++) copy[ll_rng_below(&rng, (int64_t)size)] = (char)ll_rng_u32(&rng);
        support_write(folder, "cut.db", copy, keep, path);
        ll_status code = ll_store_open(&s, path, LL_STORE_READ, &e);
        if (code == LL_OK) {
            code = ll_store_list_runs(s, "", -1, NULL, &runs, &n, &e);
            free(runs);
            ll_store_close(s);
        }
        if (code != LL_OK) assert_non_null(strstr(e.msg, "cut.db"));
        if (code != LL_OK && code != LL_EFORMAT) print_message("code %d: %s\n", code, e.msg);
        refused += code == LL_EFORMAT;
        free(copy);
    }
    assert_true(refused > 30);
    free(text);
}

/* ---- the ledger ---- */

static void ledger_chain(void **state) {
    (void)state;
    ll_store *s = open_store(LL_STORE_WRITE);
    ll_entry e, *list;
    int64_t n, bad = -1;
    char hex[LL_HASH_HEX], text[128];
    assert_ok(ll_store_append(s, "{\"a\":1}", &e, err));
    assert_int_equal(e.seq, 1);
    snprintf(text, sizeof text, "%064d\n{\"a\":1}", 0);
    assert_string_equal(e.hash, ll_hash_of(text, strlen(text), hex));
    free(e.body);
    assert_ok(ll_store_append(s, "{\"b\":2}", &e, err));
    snprintf(text, sizeof text, "%s\n{\"b\":2}", hex);
    assert_string_equal(e.previous, hex);
    assert_string_equal(e.hash, ll_hash_of(text, strlen(text), hex));
    free(e.body);
    assert_ok(ll_store_list_entries(s, &list, &n, err));
    assert_int_equal(n, 2);
    assert_string_equal(list[1].body, "{\"b\":2}");
    assert_string_equal(list[1].previous, list[0].hash);
    ll_entries_free(list, n);
    assert_ok(ll_store_check_ledger(s, &bad, err));
    assert_int_equal(bad, 0);
    ll_store_close(s);
}

static void tampering(void **state) {
    (void)state;
    static const char *const refused[] = { "UPDATE ledger SET body = 'x' WHERE seq = 2", "DELETE FROM ledger",
                                           "INSERT OR REPLACE INTO ledger VALUES (1, 'h', 'p', 'b')" };
    int64_t bad;
    ll_error e = { 0 };
    unlink(db);
    ll_store *s = open_store(LL_STORE_WRITE);
    for (int i = 0; i < 4; i++) {
        ll_entry entry;
        assert_ok(ll_store_append(s, "{\"x\":1}", &entry, err));
        free(entry.body);
    }
    ll_store_close(s);
    for (size_t i = 0; i < 3; i++)
        if (!outsider(refused[i])) return;
    s = open_store(LL_STORE_READ);
    assert_ok(ll_store_check_ledger(s, &bad, err)); /* the triggers held */
    ll_store_close(s);
    outsider("DROP TRIGGER ledger_update; UPDATE ledger SET body = '{}' WHERE seq = 3");
    s = open_store(LL_STORE_READ);
    assert_int_equal(ll_store_check_ledger(s, &bad, &e), LL_ESTATE);
    assert_int_equal(bad, 3);
    assert_non_null(strstr(e.msg, "entry 3"));
    ll_store_close(s);
    outsider("UPDATE ledger SET body = '{\\\"x\\\":1}' WHERE seq = 3; DROP TRIGGER ledger_delete;"
             "DELETE FROM ledger WHERE seq = 2");
    s = open_store(LL_STORE_READ);
    assert_int_equal(ll_store_check_ledger(s, &bad, &e), LL_ESTATE);
    assert_int_equal(bad, 2);
    ll_store_close(s);
    unlink(db);
}

static pid_t child(void (*work)(int), int argument) {
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0) return pid;
    work(argument);
    _exit(0);
}

static int wait_for(pid_t pid) {
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

enum { APPENDS = 60 };

static void append_many(int who) {
    ll_store *s;
    if (ll_store_open(&s, db, LL_STORE_WRITE, NULL) != LL_OK) _exit(1);
    for (int i = 0; i < APPENDS; i++) {
        char body[64];
        ll_entry e;
        snprintf(body, sizeof body, "{\"who\":%d,\"i\":%d}", who, i);
        if (ll_store_append(s, body, &e, NULL) != LL_OK) _exit(2);
        free(e.body);
    }
    ll_store_close(s);
}

/* The children also create the store at once: only one migration may win. */
static void writers_at_once(void **state) {
    (void)state;
    unlink(db);
    pid_t pids[3];
    int64_t n, bad, next[3] = { 0 };
    ll_entry *list;
    for (int i = 0; i < 3; i++) pids[i] = child(append_many, i);
    for (int i = 0; i < 3; i++) assert_int_equal(wait_for(pids[i]), 0);
    ll_store *s = open_store(LL_STORE_READ);
    assert_ok(ll_store_check_ledger(s, &bad, err));
    assert_ok(ll_store_list_entries(s, &list, &n, err));
    assert_int_equal(n, 3 * APPENDS);
    for (int64_t k = 0; k < n; k++) {
        int who, i;
        assert_int_equal(sscanf(list[k].body, "{\"who\":%d,\"i\":%d}", &who, &i), 2);
        assert_int_equal(i, next[who]++); /* nothing lost, each writer's own order kept */
    }
    ll_entries_free(list, n);
    ll_store_close(s);
}

/* ---- death and a full disk ---- */

/* Each run is put with exactly one point, so that a torn store would show. */
static void write_forever(int tell) {
    ll_store *s;
    if (ll_store_open(&s, db, LL_STORE_WRITE, NULL) != LL_OK) _exit(1);
    for (int i = 0;; i++) {
        char name[32];
        ll_entry e;
        snprintf(name, sizeof name, "%d", i);
        ll_run r = make_run("", name, i, 2);
        snprintf(r.id, sizeof r.id, "k/%d", i);
        if (ll_store_put_run(s, &r, NULL) != LL_OK) _exit(2);
        if (ll_store_append(s, name, &e, NULL) != LL_OK) _exit(3);
        free(e.body);
        if (write(tell, &i, sizeof i) != sizeof i) _exit(4);
    }
}

static void killed_while_writing(void **state) {
    (void)state;
    for (int k = 0; k < 6; k++) {
        int pipe_ends[2], told = -1, last = -1;
        int64_t bad, n;
        ll_entry *list;
        unlink(db);
        assert_int_equal(pipe(pipe_ends), 0);
        pid_t pid = child(write_forever, pipe_ends[1]);
        close(pipe_ends[1]);
        assert_true(read(pipe_ends[0], &last, sizeof last) == sizeof last);
        usleep((useconds_t)(3000 + 7919 * k));
        kill(pid, SIGKILL);
        while (read(pipe_ends[0], &told, sizeof told) == sizeof told) last = told;
        close(pipe_ends[0]);
        assert_true(WIFSIGNALED(wait_for(pid)));
        ll_store *s = open_store(LL_STORE_WRITE);
        assert_ok(ll_store_check_ledger(s, &bad, err));
        assert_ok(ll_store_list_entries(s, &list, &n, err));
        ll_entries_free(list, n);
        int64_t runs = count_runs(s, "", -1, NULL);
        assert_true(n == last + 1 || n == last + 2); /* what was said to be written is there */
        assert_true(runs == n || runs == n + 1);
        ll_store_close(s);
    }
}

static void fill_the_disk(int unused) {
    (void)unused;
    ll_store *s;
    ll_error e = { 0 };
    signal(SIGXFSZ, SIG_IGN);
    if (ll_store_open(&s, db, LL_STORE_WRITE, &e) != LL_OK) _exit(1);
    struct rlimit limit = { 262144, 262144 };
    setrlimit(RLIMIT_FSIZE, &limit);
    for (int i = 0; i < 100000; i++) {
        ll_run r = make_run("", "f", i, 2);
        snprintf(r.id, sizeof r.id, "f/%d", i);
        ll_status code = ll_store_put_run(s, &r, &e);
        if (code == LL_OK) continue;
        ll_store_close(s);
        _exit(code == LL_EIO && strstr(e.msg, "loglog.db") ? 42 : 3);
    }
    _exit(4);
}

static void full_disk(void **state) {
    (void)state;
    unlink(db);
    assert_int_equal(WEXITSTATUS(wait_for(child(fill_the_disk, 0))), 42);
    ll_store *s = open_store(LL_STORE_WRITE);
    int64_t n = count_runs(s, "", -1, NULL);
    assert_true(n > 10);
    put_run(s, make_run("", "after", 1, 1)); /* with room again, it goes on */
    assert_int_equal(count_runs(s, "", -1, NULL), n + 1);
    ll_store_close(s);
}

/* Permissions do not bind root, so the child becomes nobody. */
static void as_nobody(int mode) {
    ll_store *s;
    ll_error e = { 0 };
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(9);
    ll_status code = ll_store_open(&s, db, (ll_store_mode)mode, &e);
    ll_run *runs = NULL;
    int64_t n = -1;
    if (code == LL_OK) code = ll_store_list_runs(s, "", -1, NULL, &runs, &n, &e);
    if (code == LL_OK && mode == LL_STORE_WRITE) {
        ll_run r = make_run("", "x", 1, 1);
        code = ll_store_put_run(s, &r, &e);
    }
    if (code != LL_OK) _exit(code == LL_EIO && strstr(e.msg, "loglog.db") ? 42 : 3);
    _exit(n == 1 ? 0 : 4);
}

static void read_only_folder(void **state) {
    (void)state;
    unlink(db);
    ll_store *s = open_store(LL_STORE_WRITE);
    put_run(s, make_run("", "a", 1, 1));
    ll_store_close(s);
    assert_int_equal(chmod(folder, 0555), 0);
    assert_int_equal(chmod(db, 0444), 0);
    assert_int_equal(WEXITSTATUS(wait_for(child(as_nobody, LL_STORE_WRITE))), 42);
    assert_int_equal(WEXITSTATUS(wait_for(child(as_nobody, LL_STORE_READ))), 0); /* reading still works */
    assert_int_equal(chmod(db, 0), 0);
    assert_int_equal(WEXITSTATUS(wait_for(child(as_nobody, LL_STORE_READ))), 42);
    assert_int_equal(chmod(folder, 0755), 0);
    unlink(db);
}

/* ---- import and export ---- */

static ll_table read_csv(const char *text, const ll_table_opts *o) {
    char path[LL_PATH_MAX];
    ll_table t;
    support_write(folder, "in.csv", text, strlen(text), path);
    assert_ok(ll_table_read(&t, path, o, err));
    return t;
}

static void import_is_idempotent(void **state) {
    (void)state;
    static const char text[] = "run,params,tokens,flops,loss,seed,keep\n"
                               "a,1e6,2e9,1.2e16,3.25,4,1\n"
                               "a,2e6,2e9,2.4e16,3.125,5,0\n"
                               ",3e6,2e9,3.6e16,,6,1\n";
    int64_t added;
    ll_table out, t = read_csv(text, &(ll_table_opts) { .where = "keep = 1" });
    unlink(db);
    ll_store *s = open_store(LL_STORE_WRITE);
    assert_ok(ll_store_import(s, &t, "in.csv", &added, err));
    assert_int_equal(added, 2);
    ll_table_clear(&t);
    t = read_csv(text, NULL);
    assert_ok(ll_store_import(s, &t, "in.csv", &added, err)); /* another filter: only what is new */
    assert_int_equal(added, 1);
    assert_ok(ll_store_import(s, &t, "in.csv", &added, err));
    assert_int_equal(added, 0);
    ll_table_clear(&t);
    ll_run r;
    char id[64];
    assert_ok(ll_store_export(s, "", "seed = 5", &out, err));
    assert_int_equal(out.rows, 1);
    assert_true(out.num[LL_COL_PARAMS][0] == 2e6 && out.num[LL_COL_LOSS][0] == 3.125);
    assert_true(out.num[LL_COL_SEED][0] == 5 && !out.num[LL_COL_LR]);
    assert_int_equal(out.params_are, LL_PARAMS_NONEMBEDDING);
    assert_string_equal(out.text[LL_COL_RUN][0], "a");
    ll_table_clear(&out);
    char hex[LL_HASH_HEX];
    snprintf(id, sizeof id, "import/%.8s/4", ll_hash_of(text, strlen(text), hex));
    assert_ok(ll_store_get_run(s, id, &r, err));
    assert_true(r.state == LL_RUN_DONE && isnan(r.loss) && r.params == 3e6);
    ll_store_close(s);
}

static void units_on_import(void **state) {
    (void)state;
    int64_t added;
    ll_error e = { 0 };
    unlink(db);
    ll_store *s = open_store(LL_STORE_WRITE);
    ll_table t = read_csv("run,N,val_bpb,bytes_per_token\nx,5,0.75,4\n", NULL);
    assert_ok(ll_store_import(s, &t, "in.csv", &added, err));
    ll_table_clear(&t);
    ll_run r;
    assert_ok(ll_store_find_run(s, "x", &r, err));
    assert_close(r.loss, 0.75 * 4 * 0.69314718055994531, 1e-15); /* bits per byte x bytes per token x ln 2 */
    assert_true(isnan(r.params) && r.params_unstated == 5);
    t = read_csv("run,N,val_bpb\nz,5,0.75\n", NULL);
    assert_int_equal(ll_store_import(s, &t, "in.csv", &added, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "in.csv:2"));
    assert_non_null(strstr(e.msg, "bytes_per_token"));
    ll_table_clear(&t);
    t = read_csv("run,N,bits_per_token\ny,7,2\n", &(ll_table_opts) { .params_are = "total" });
    assert_ok(ll_store_import(s, &t, "in.csv", &added, err));
    ll_table_clear(&t);
    assert_ok(ll_store_find_run(s, "y", &r, err));
    assert_close(r.loss, 2 * 0.69314718055994531, 1e-15);
    assert_true(r.params_total == 7);
    assert_int_equal(ll_store_export(s, "", NULL, &t, &e), LL_EINPUT); /* stated and unstated do not mix */
    assert_non_null(strstr(e.msg, "params_unstated"));
    assert_ok(ll_store_export(s, "", "params_unstated > 0", &t, err));
    assert_int_equal(t.params_are, LL_PARAMS_UNSTATED);
    assert_true(t.rows == 1 && t.num[LL_COL_PARAMS][0] == 5);
    ll_table_clear(&t);
    ll_store_close(s);
}

/* Out, into another store and out again: the same table to the bit. */
static void export_import_export(void **state) {
    (void)state;
    char path[LL_PATH_MAX], again[LL_PATH_MAX], *a, *b;
    size_t na, nb;
    int64_t added;
    ll_table t;
    ll_rng rng = ll_rng_at(5, LL_STREAM_NOISE, 0);
    unlink(db);
    ll_store *s = open_store(LL_STORE_WRITE);
    put_ladder(s, "abc", "demo");
    for (int i = 0; i < 50; i++) {
        char name[32];
        snprintf(name, sizeof name, "r,\"%d\"", i);
        ll_run r = make_run("abc", name, i, ll_rng_normal(&rng));
        snprintf(r.id, sizeof r.id, "abc/%d", i);
        r.params = exp(10 * ll_rng_uniform(&rng));
        r.tokens = exp(20 * ll_rng_uniform(&rng));
        r.lr = ll_rng_uniform(&rng);
        r.seed = i % 3;
        r.vocab = 257;
        r.bytes_per_token = 1;
        put_run(s, r);
    }
    assert_ok(ll_file_join(path, folder, "out.csv", err));
    assert_ok(ll_file_join(again, folder, "again.csv", err));
    assert_ok(ll_store_export(s, "", NULL, &t, err));
    assert_ok(ll_table_write(&t, path, err));
    ll_table_clear(&t);
    ll_store_close(s);
    unlink(db);
    s = open_store(LL_STORE_WRITE);
    assert_ok(ll_table_read(&t, path, NULL, err));
    assert_ok(ll_store_import(s, &t, path, &added, err));
    assert_int_equal(added, 50);
    ll_table_clear(&t);
    assert_ok(ll_store_export(s, "", NULL, &t, err));
    assert_ok(ll_table_write(&t, again, err));
    ll_table_clear(&t);
    ll_store_close(s);
    assert_ok(ll_file_read(path, 1 << 20, &a, &na, err));
    assert_ok(ll_file_read(again, 1 << 20, &b, &nb, err));
    assert_int_equal(na, nb);
    assert_string_equal(a, b);
    free(a);
    free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field),
        cmocka_unit_test(replaced_by_id),
        cmocka_unit_test(ladders),
        cmocka_unit_test(selection),
        cmocka_unit_test(order_of_lists),
        cmocka_unit_test(infinity_is_refused),
        cmocka_unit_test(nothing_there),
        cmocka_unit_test(versions),
        cmocka_unit_test(damaged),
        cmocka_unit_test(ledger_chain),
        cmocka_unit_test(tampering),
        cmocka_unit_test(writers_at_once),
        cmocka_unit_test(killed_while_writing),
        cmocka_unit_test(full_disk),
        cmocka_unit_test(read_only_folder),
        cmocka_unit_test(import_is_idempotent),
        cmocka_unit_test(units_on_import),
        cmocka_unit_test(export_import_export),
    };
    return cmocka_run_group_tests(tests, set_up, scratch_remove);
}
