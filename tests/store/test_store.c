/* Runs and ladders in a store: every field comes back, lists are selected and in order. */
#define _GNU_SOURCE
#include "scratch_store.h"

#include <math.h>

#include "loglog/random.h"

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

typedef struct walk {
    const ll_run *runs; /* [n] as a list gives them */
    int64_t n, seen;
} walk;

static ll_status next_of_list(void *ctx, const ll_run *run, ll_error *e) {
    walk *w = ctx;
    (void)e;
    assert_true(w->seen < w->n);
    assert_string_equal(run->id, w->runs[w->seen++].id);
    return LL_OK;
}

static ll_status count_name(void *ctx, const char *name, ll_error *e) {
    (void)e;
    *(int64_t *)ctx += *name != 0;
    return LL_OK;
}

/* One at a time they come as a list has them, and the database counts what is in it. */
static void as_listed(ll_store *s, const char *ladder, int state, const char *where) {
    walk w = { 0 };
    ll_run *runs;
    int64_t names = 0;
    assert_ok(ll_store_list_runs(s, ladder, state, where, &runs, &w.n, err));
    w.runs = runs;
    assert_ok(ll_store_visit_listed(s, ladder, state, where, next_of_list, &w, err));
    assert_int_equal(w.seen, w.n);
    assert_ok(ll_store_visit_names(s, ladder, state, where, count_name, &names, err));
    assert_int_equal(names, w.n);
    free(runs);
}

static void tallied(ll_store *s, const char *ladder) {
    ll_run_tally in, by_hand = { 0 };
    ll_run *runs;
    int64_t n;
    assert_ok(ll_store_tally_runs(s, ladder, &in, err));
    assert_ok(ll_store_list_runs(s, ladder, -1, NULL, &runs, &n, err));
    for (int64_t i = 0; i < n; i++) {
        by_hand.n[runs[i].state]++;
        if (!isnan(runs[i].flops)) by_hand.flops[runs[i].state] += runs[i].flops;
    }
    free(runs);
    for (int k = 0; k < LL_RUN_STATES; k++) {
        assert_int_equal(in.n[k], by_hand.n[k]);
        assert_true(in.flops[k] == by_hand.flops[k]); /* whole numbers */
    }
}

static void one_by_one(void **state) {
    (void)state;
    static const char *const ids[] = { "", "zz", "mm" };
    ll_rng rng = ll_rng_at(9, LL_STREAM_NOISE, 1);
    store_anew();
    ll_store *s = open_store(LL_STORE_WRITE);
    for (int i = 1; i < 3; i++) put_ladder(s, ids[i], ids[i]);
    for (int i = 0; i < 200; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        const double flops = (double)ll_rng_below(&rng, 30);
        ll_run r = make_run(ids[ll_rng_below(&rng, 3)], name, flops < 5 ? (double)NAN : flops, 1);
        r.state = (ll_run_state)ll_rng_below(&rng, LL_RUN_STATES);
        put_run(s, r);
    }
    static const char *const which[] = { "", LL_LADDER_IMPORTED, "zz", "mm", "none" };
    for (int i = 0; i < 5; i++) {
        as_listed(s, which[i], -1, NULL);
        as_listed(s, which[i], LL_RUN_DONE, "flops > 20");
        if (i) tallied(s, which[i]);
    }
    ll_store_close(s);
}

/* Ladders in the order they were made, flops ascending within, each run still itself. */
static void order_of_lists(void **state) {
    (void)state;
    static const char *const ids[] = { "", "zz", "mm", "aa" };
    ll_rng rng = ll_rng_at(9, LL_STREAM_NOISE, 0);
    ll_run *runs;
    int64_t n;
    store_anew();
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

/* ---- a long list ---- */

enum { LONG = 21000, LEVELS = 97 };

/* Of a run's place in its file; one in LEVELS has none. */
static double level_of(int64_t i) {
    return (double)(i * 7919 % LEVELS) * 1e15;
}

static void import_long(ll_store *s) {
    char path[LL_PATH_MAX];
    ll_table t;
    ll_imported in;
    support_write(folder, "long.csv", "", 0, path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "run,flops,loss\n");
    for (int64_t i = 0; i < LONG; i++) {
        if (level_of(i) == 0) fprintf(f, "%lld,,2\n", (long long)i);
        else fprintf(f, "%lld,%.17g,2\n", (long long)i, level_of(i));
    }
    assert_int_equal(fclose(f), 0);
    assert_ok(ll_table_read(&t, path, NULL, err));
    assert_ok(ll_store_import(s, &t, &(ll_import_opts) { .source = "long.csv" }, &in, err));
    assert_int_equal(in.added, LONG);
    ll_table_clear(&t);
}

typedef struct long_walk {
    int64_t n, last; /* last: place in the file */
    double flops;
    bool ladder; /* its runs have begun */
} long_walk;

/* Imported runs before those of the ladder, unknown FLOPs before known ones, then as they came. */
static ll_status behind_the_last(void *ctx, const ll_run *run, ll_error *e) {
    long_walk *w = ctx;
    (void)e;
    const bool of_ladder = *run->ladder != 0;
    const double flops = isnan(run->flops) ? 0 : run->flops;
    const int64_t i = atoll(run->name);
    assert_true(of_ladder >= w->ladder);
    if (w->n && of_ladder == w->ladder) assert_true(flops > w->flops || (flops == w->flops && i > w->last));
    if (!of_ladder) assert_true(flops == level_of(i));
    *w = (long_walk) { w->n + 1, i, flops, of_ladder };
    return LL_OK;
}

static void a_long_list(void **state) {
    (void)state;
    store_anew();
    ll_store *s = open_store(LL_STORE_WRITE);
    put_ladder(s, "zz", "zz");
    put_run(s, make_run("zz", "9", 1, 2));
    put_run(s, make_run("zz", "8", 2, 3));
    import_long(s);
    put_run(s, make_run("zz", "7", 3, 2));
    static const char *const where[] = { "", "loss < 3" };
    for (int k = 0; k < 2; k++) {
        long_walk w = { 0 };
        assert_ok(ll_store_visit_listed(s, "", -1, where[k], behind_the_last, &w, err));
        assert_int_equal(w.n, k ? LONG + 2 : LONG + 3);
    }
    ll_store_close(s);
    store_anew();
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field),         cmocka_unit_test(replaced_by_id), cmocka_unit_test(ladders),
        cmocka_unit_test(selection),           cmocka_unit_test(order_of_lists), cmocka_unit_test(one_by_one),
        cmocka_unit_test(infinity_is_refused), cmocka_unit_test(a_long_list),
    };
    return run_on_both(tests);
}
