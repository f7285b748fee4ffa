/* The store's file: absent, of another version or maker, damaged, its writer killed, its disk full or closed. */
#define _GNU_SOURCE
#include "scratch_store.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "loglog/random.h"

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
    opened_wrongly(folder, LL_STORE_READ, LL_EINPUT, "expected a regular file");
}

/* Of a store that another process has just begun to make there is a page, and nothing in it yet. */
static void half_made(void **state) {
    (void)state;
    ll_store *s;
    ll_error e = { 0 };
    unlink(db);
    if (!outsider("PRAGMA journal_mode = WAL")) return;
    assert_int_equal(access(db, F_OK), 0);
    assert_ok(ll_store_open(&s, db, LL_STORE_READ, err));
    assert_int_equal(count_runs(s, "", -1, NULL), 0);
    ll_run r = make_run("", "a", 1, 1);
    assert_int_equal(ll_store_put_run(s, &r, &e), LL_ESTATE);
    ll_store_close(s);
    put_run(s = open_store(LL_STORE_WRITE), r);
    ll_store_close(s);
    unlink(db);
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
    assert_true(outsider("PRAGMA user_version = 5; PRAGMA application_id = 1819240300"));
    ll_store_close(open_store(LL_STORE_READ));
}

/* Version 1 had no checksums, no scores and fewer fields: read from a copy, given them by the first writer. */
static void without_sums(void **state) {
    (void)state;
    ll_run got;
    ll_error e = { 0 };
    ll_store *s = open_store(LL_STORE_WRITE);
    ll_run run = make_run("", "old", 5, 2);
    ll_point p = { 3, 30, 2.5, 0.1, NAN }, *points;
    int64_t n;
    put_run(s, run);
    assert_ok(ll_store_put_point(s, run.id, &p, err));
    ll_store_close(s);
    if (!outsider("ALTER TABLE run DROP COLUMN sum; ALTER TABLE ladder DROP COLUMN sum;"
                  " ALTER TABLE point DROP COLUMN sum; DROP TABLE score; ALTER TABLE run DROP COLUMN ffw;"
                  " DROP INDEX run_name; DROP INDEX run_family; DROP INDEX run_open;"
                  " ALTER TABLE run DROP COLUMN best_loss; ALTER TABLE run DROP COLUMN best_step;"
                  " ALTER TABLE run DROP COLUMN tokenizer; PRAGMA user_version = 1"))
        return;
    for (int i = 0; i < 2; i++) {
        s = open_store(i ? LL_STORE_WRITE : LL_STORE_READ);
        assert_ok(ll_store_get_run(s, run.id, &got, err));
        assert_memory_equal(&got.loss, &run.loss, 8);
        assert_ok(ll_store_list_points(s, run.id, &points, &n, err));
        assert_int_equal(n, 1);
        free(points);
        ll_store_close(s);
    }
    assert_true(outsider("UPDATE run SET loss = loss + 1e-15 WHERE name = 'old'"));
    s = open_store(LL_STORE_READ);
    assert_int_equal(ll_store_get_run(s, run.id, &got, &e), LL_EFORMAT);
    ll_store_close(s);
    s = open_store(LL_STORE_WRITE);
    assert_ok(ll_store_drop_runs(s, (const char *const[]) { run.id }, 1, err));
    ll_store_close(s);
}

/* Two pages that stand in each other's place: SQLite reads them as they come. */
static void swapped_pages(void **state) {
    (void)state;
    enum { PAGE = 4096 };
    char path[LL_PATH_MAX], *text;
    size_t size;
    ll_store *s = open_store(LL_STORE_WRITE);
    for (int i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%d", i);
        put_run(s, make_run("", name, i, 2));
    }
    const int64_t runs = count_runs(s, "", -1, NULL);
    ll_store_close(s);
    assert_ok(ll_file_read(db, 1 << 24, &text, &size, err));
    for (size_t a = 1; a < size / PAGE; a++) {
        const size_t b = a + 1 < size / PAGE ? a + 1 : 1;
        char *copy = malloc(size);
        ll_error e = { 0 };
        memcpy(copy, text, size);
        memcpy(copy + a * PAGE, text + b * PAGE, PAGE);
        memcpy(copy + b * PAGE, text + a * PAGE, PAGE);
        support_write(folder, "swapped.db", copy, size, path);
        free(copy);
        if (memcmp(text + a * PAGE, text + b * PAGE, PAGE) == 0) continue;
        if (ll_store_open(&s, path, LL_STORE_READ, &e) != LL_OK) {
            assert_int_equal(e.code, LL_EFORMAT);
            continue;
        }
        assert_int_equal(count_runs(s, "", -1, NULL), runs);
        ll_store_close(s);
    }
    free(text);
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

/* ---- death and a full disk ---- */

static void fill_the_disk(int unused) {
    (void)unused;
    ll_store *s;
    ll_error e = { 0 };
    signal(SIGXFSZ, SIG_IGN);
    if (ll_store_open(&s, db, LL_STORE_WRITE, &e) != LL_OK) _exit(1);
    struct rlimit limit = { 1 << 20, 1 << 20 };
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

static void a_store_that_was_moved_takes_no_more(void **state) {
    (void)state;
    char away[LL_PATH_MAX + 8];
    ll_error e = { 0 };
    snprintf(away, sizeof away, "%s.away", db);
    ll_store *s = open_store(LL_STORE_WRITE);
    put_ladder(s, "mov", "moved");
    ll_run r = make_run("mov", "a", 1, 2);
    put_run(s, r);
    assert_int_equal(rename(db, away), 0);
    assert_int_equal(ll_store_put_run(s, &r, &e), LL_EIO);
    assert_non_null(strstr(e.msg, "moved or removed while it was open"));
    assert_int_equal(rename(away, db), 0);
    put_run(s, r);
    ll_store_close(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_there),
        cmocka_unit_test(half_made),
        cmocka_unit_test(versions),
        cmocka_unit_test(without_sums),
        cmocka_unit_test(swapped_pages),
        cmocka_unit_test(damaged),
        cmocka_unit_test(full_disk),
        cmocka_unit_test(read_only_folder),
        cmocka_unit_test(a_store_that_was_moved_takes_no_more),
    };
    return cmocka_run_group_tests(tests, store_make, scratch_remove);
}
