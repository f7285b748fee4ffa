/* Rows that somebody else wrote, what mends them, and writers that are killed. */
#define _GNU_SOURCE
#include "scratch_store.h"

#include <math.h>
#include <signal.h>

#include "loglog/table.h"

/* A row that was written by nobody of ours is named, by every way to it, and can be dropped. */
static void rotten_rows(void **state) {
    (void)state;
    static const char *const edits[] = { "UPDATE run SET loss = loss + 1e-15 WHERE name = 'rot'",
                                         "UPDATE run SET family = 'gpu' WHERE name = 'rot'",
                                         "UPDATE run SET loss_se = NULL WHERE name = 'rot'",
                                         "UPDATE run SET seed = seed + 1 WHERE name = 'rot'",
                                         "UPDATE run SET loss = params, params = loss WHERE name = 'rot'" };
    ll_error e = { 0 };
    ll_run run = make_run("", "rot", 5, 2), got, *list;
    int64_t n;
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        ll_store *s = open_store(LL_STORE_WRITE);
        run.loss_se = 0.25;
        put_run(s, run);
        ll_store_close(s);
        if (!outsider(edits[i])) return;
        s = open_store(LL_STORE_WRITE);
        assert_int_equal(ll_store_get_run(s, run.id, &got, &e), LL_EFORMAT);
        assert_non_null(strstr(e.msg, "is damaged"));
        assert_string_equal(got.id, run.id);
        assert_int_equal(ll_store_find_run(s, "rot", &got, &e), LL_EFORMAT);
        assert_int_equal(ll_store_list_runs(s, "", -1, NULL, &list, &n, &e), LL_EFORMAT);
        assert_ok(ll_store_drop_runs(s, (const char *const[]) { run.id }, 1, err));
        assert_ok(ll_store_list_runs(s, "", -1, NULL, &list, &n, err));
        free(list);
        ll_store_close(s);
    }
    ll_store *s = open_store(LL_STORE_WRITE);
    ll_point p = { 3, 30, 2.5, 0.1, 2.25 }, *points;
    put_ladder(s, "rotten", "rotten");
    put_run(s, run);
    assert_ok(ll_store_put_point(s, run.id, &p, err));
    ll_store_close(s);
    assert_true(
        outsider("UPDATE point SET loss = 2.4 WHERE step = 3; UPDATE ladder SET data = '{}' WHERE id = 'rotten'"));
    ll_ladder ladder;
    s = open_store(LL_STORE_READ);
    assert_int_equal(ll_store_list_points(s, run.id, &points, &n, &e), LL_EFORMAT);
    assert_int_equal(ll_store_get_ladder(s, "rotten", &ladder, &e), LL_EFORMAT);
    assert_non_null(strstr(e.msg, "ladder 'rotten' is damaged"));
    ll_store_close(s);
    s = open_store(LL_STORE_WRITE);
    put_ladder(s, "rotten", "rotten");
    assert_ok(ll_store_get_ladder(s, "rotten", &ladder, err));
    ll_ladder_clear(&ladder);
    assert_ok(ll_store_drop_runs(s, (const char *const[]) { run.id }, 1, err));
    ll_store_close(s);
}

/* What a damaged row was made from makes it anew, and nothing else is lost. */
static void import_mends(void **state) {
    (void)state;
    static const char text[] = "run,params,tokens,loss\na,1e6,2e9,3.25\nb,2e6,2e9,3.125\n";
    static const char *const edits[] = { "UPDATE run SET loss = 1 WHERE name = 'b'", "UPDATE run SET sum = 0" };
    char path[LL_PATH_MAX];
    ll_imported in;
    ll_table t;
    support_write(folder, "in.csv", text, strlen(text), path);
    assert_ok(ll_table_read(&t, path, NULL, err));
    store_anew();
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        ll_store *s = open_store(LL_STORE_WRITE);
        assert_ok(ll_store_import(s, &t, &(ll_import_opts) { .source = "in.csv" }, &in, err));
        ll_store_close(s);
        if (!outsider(edits[i])) break;
        s = open_store(LL_STORE_WRITE);
        assert_ok(ll_store_import(s, &t, &(ll_import_opts) { .source = "in.csv" }, &in, err));
        assert_true(in.added == 2 && in.replaced == 2);
        assert_int_equal(count_runs(s, "", -1, NULL), 2);
        assert_int_equal(count_runs(s, "", -1, "loss = 3.125"), 1);
        ll_store_close(s);
    }
    ll_table_clear(&t);
    store_anew();
}

/* A page of the file can be replaced by an empty one: no row is damaged, but all of its points are gone. */
static void points_gone_without_a_trace(void **state) {
    (void)state;
    static const char *const kernels[] = { "avx2", "command" };
    for (int k = 0; k < 2; k++)
        for (int left = 0; left < 2; left++) {
            ll_run run;
            ll_point *points;
            int64_t n;
            ll_error e;
            store_anew();
            ll_store *s = open_store(LL_STORE_WRITE);
            ll_ladder l = { .id = "ladder", .name = "t", .spec = "{}", .data = "{}" };
            assert_ok(ll_store_put_ladder(s, &l, err));
            ll_run_init(&run);
            strcpy(run.id, "ladder/a");
            strcpy(run.ladder, "ladder");
            strcpy(run.name, "a");
            strcpy(run.kernels, kernels[k]);
            run.steps = 10;
            run.state = LL_RUN_DONE;
            assert_ok(ll_store_put_run(s, &run, err));
            for (int64_t step = 5; step <= 10; step += 5)
                assert_ok(ll_store_put_point(s, run.id, &(ll_point) { step, 100, 3, .1, 3 }, err));
            assert_ok(ll_store_list_points(s, run.id, &points, &n, err));
            assert_int_equal(n, 2);
            free(points);
            ll_store_close(s);
            if (!outsider(left ? "DELETE FROM point WHERE step = 10" : "DELETE FROM point")) return;
            s = open_store(LL_STORE_READ);
            const ll_status status = ll_store_list_points(s, run.id, &points, &n, &e);
            assert_int_equal(status, k ? LL_OK : LL_EFORMAT);
            if (!k && !strstr(e.msg, "'ladder/a' is done at step 10")) fail_msg("%s", e.msg);
            if (k) assert_int_equal(n, left);
            free(points);
            ll_store_close(s);
        }
    store_anew();
}

/* ---- more rows than come at once ---- */

enum { MANY = 9001 };

typedef struct walk {
    ll_store *s;
    int64_t n;
    double sum;
    int64_t end; /* after so many the walk is broken off */
} walk;

/* Asks something else in between. */
static ll_status count_one(void *ctx, const ll_run *run, ll_error *e) {
    walk *w = ctx;
    ll_run same;
    if (w->n % 1000 == 0) LL_TRY(ll_store_get_run(w->s, run->id, &same, e));
    w->sum += run->loss;
    return ++w->n == w->end ? LL_FAIL(e, LL_ESTOP, "enough") : LL_OK;
}

static ll_status walk_all(ll_store *s, void *ctx, ll_error *e) {
    walk *w = ctx;
    return ll_store_visit_runs(s, "", -1, "loss < 5e9", count_one, w, e);
}

static void many_rows_come_one_after_the_other(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_imported in;
    ll_table t;
    FILE *f;
    assert_ok(ll_file_join(path, folder, "many.csv", err));
    assert_non_null(f = fopen(path, "w"));
    fputs("run,params,tokens,loss\n", f);
    for (int i = 0; i < MANY; i++) fprintf(f, "r%d,1e6,2e9,%d\n", i, i + 1);
    assert_int_equal(fclose(f), 0);
    assert_ok(ll_table_read(&t, path, NULL, err));
    store_anew();
    ll_store *s = open_store(LL_STORE_WRITE);
    assert_ok(ll_store_import(s, &t, &(ll_import_opts) { .source = "many.csv" }, &in, err));
    for (int within = 0; within < 2; within++)
        for (int broken = 0; broken < 2; broken++) {
            walk w = { .s = s, .end = broken ? 5000 : -1 };
            ll_error e;
            const ll_status status = within ? ll_store_read(s, walk_all, &w, &e) : walk_all(s, &w, &e);
            assert_int_equal(status, broken ? LL_ESTOP : LL_OK);
            assert_int_equal(w.n, broken ? 5000 : MANY);
            if (!broken) assert_true(w.sum == MANY * (MANY + 1) / 2.0);
        }
    assert_int_equal(count_runs(s, "", -1, NULL), MANY);
    ll_store_close(s);
    ll_table_clear(&t);
    store_anew();
}

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
        store_anew();
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

/* ---- an import that is killed ---- */

enum { IMPORTED = 8000 };

/* Says when it begins and when it is done. */
static void import_once(int tell) {
    char path[LL_PATH_MAX];
    ll_store *s;
    ll_table t;
    ll_imported in;
    int done = 0;
    if (ll_file_join(path, folder, "killed.csv", NULL) != LL_OK || ll_table_read(&t, path, NULL, NULL) != LL_OK)
        _exit(1);
    if (ll_store_open(&s, db, LL_STORE_WRITE, NULL) != LL_OK) _exit(2);
    if (write(tell, &done, sizeof done) != sizeof done) _exit(3);
    if (ll_store_import(s, &t, &(ll_import_opts) { .source = "killed.csv" }, &in, NULL) != LL_OK) _exit(4);
    if (write(tell, &done, sizeof done) != sizeof done) _exit(3);
    for (;;) pause();
}

/* Into a store without runs the indexes go and come back: whenever it ends, they are there, and all runs or none. */
static void killed_while_importing(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    support_write(folder, "killed.csv", "", 0, path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "run,params,tokens,loss\n");
    for (int i = 0; i < IMPORTED; i++) fprintf(f, "r%d,1e6,2e9,%d\n", i * 7919 % IMPORTED, i + 1);
    assert_int_equal(fclose(f), 0);
    for (int k = *server ? 6 : 0; k < 8; k++) {
        int ends[2], word, done = 0;
        store_anew();
        ll_store_close(open_store(LL_STORE_WRITE));
        assert_int_equal(pipe(ends), 0);
        const pid_t pid = child(import_once, ends[1]);
        close(ends[1]);
        assert_true(read(ends[0], &word, sizeof word) == sizeof word);
        if (k == 7) done = read(ends[0], &word, sizeof word) == sizeof word;
        else usleep((useconds_t)(1000 << k));
        kill(pid, SIGKILL);
        while (read(ends[0], &word, sizeof word) == sizeof word) done = 1;
        close(ends[0]);
        assert_true(WIFSIGNALED(wait_for(pid)));
        ll_store *s = open_store(LL_STORE_WRITE);
        const int64_t runs = count_runs(s, "", -1, NULL);
        assert_true(runs == IMPORTED || (runs == 0 && !done));
        assert_int_equal(count_runs(s, "", -1, "name = r7919"), runs ? 1 : 0);
        ll_store_close(s);
        if (*server ||
            !outsider("DROP INDEX run_id; DROP INDEX run_ladder; DROP INDEX run_name; DROP INDEX run_family;"
                      " DROP INDEX run_open; DROP TRIGGER run_insert; PRAGMA user_version = 99"))
            continue;
        ll_error e = { 0 };
        assert_int_equal(ll_store_open(&s, db, LL_STORE_READ, &e), LL_EFORMAT); /* none of them was missing */
        assert_non_null(strstr(e.msg, "version 99"));
    }
    store_anew();
}

/* What the first rows of a file lack, later ones may have, and the other way round. */
static void fields_that_come_late(void **state) {
    (void)state;
    static const char text[] = "run,params,tokens,loss,family,seed,lr\na,1e6,2e9,3,,,1e-3\nb,1e6,3e9,2.9,gpt,,\n"
                               "c,1e6,4e9,2.8,,7,\nd,1e6,5e9,2.7,,,2e-3\n";
    static const ll_run want[] = { { .family = "", .seed = 0, .lr = 1e-3 },
                                   { .family = "gpt", .seed = 0, .lr = NAN },
                                   { .family = "", .seed = 7, .lr = NAN },
                                   { .family = "", .seed = 0, .lr = 2e-3 } };
    char path[LL_PATH_MAX];
    ll_table t;
    ll_imported in;
    support_write(folder, "late.csv", text, strlen(text), path);
    assert_ok(ll_table_read(&t, path, NULL, err));
    store_anew();
    ll_store *s = open_store(LL_STORE_WRITE);
    assert_ok(ll_store_import(s, &t, &(ll_import_opts) { .source = "late.csv" }, &in, err));
    assert_int_equal(in.added, 4);
    for (int i = 0; i < 4; i++) {
        ll_run r;
        assert_ok(ll_store_find_run(s, (const char[]) { (char)('a' + i), 0 }, &r, err));
        assert_string_equal(r.family, want[i].family);
        assert_int_equal(r.seed, want[i].seed);
        assert_true(r.lr == want[i].lr || (isnan(r.lr) && isnan(want[i].lr)));
        assert_true(r.tokens == (2 + i) * 1e9 && isnan(r.loss_se) && r.vocab == 0 && !*r.host);
    }
    assert_ok(ll_store_import(s, &t, &(ll_import_opts) { .source = "late.csv" }, &in, err));
    assert_int_equal(in.added, 0); /* they are the same */
    ll_store_close(s);
    ll_table_clear(&t);
    store_anew();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(import_mends),
        cmocka_unit_test(points_gone_without_a_trace),
        cmocka_unit_test(many_rows_come_one_after_the_other),
        cmocka_unit_test(rotten_rows),
        cmocka_unit_test(killed_while_writing),
        cmocka_unit_test(killed_while_importing),
        cmocka_unit_test(fields_that_come_late),
    };
    return run_on_both(tests);
}
