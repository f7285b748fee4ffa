/* Runs into the store and out of it as tables. */
#define _GNU_SOURCE
#include "scratch_store.h"

#include <math.h>

#include "base/document/hash.h"
#include "loglog/random.h"
#include "loglog/table.h"

static ll_table read_csv(const char *text, const ll_table_opts *o) {
    char path[LL_PATH_MAX];
    ll_table t;
    support_write(folder, "in.csv", text, strlen(text), path);
    assert_ok(ll_table_read(&t, path, o, err));
    return t;
}

static ll_status import(ll_store *s, const ll_table *t, ll_imported *in, ll_error *err) {
    return ll_store_import(s, t, &(ll_import_opts) { .source = "in.csv" }, in, err);
}

/* The runs of a file are there once, and whole: the same again is nothing, another reading takes their place. */
static void import_is_idempotent(void **state) {
    (void)state;
    static const char text[] = "run,params,tokens,flops,loss,seed,keep\n"
                               "a,1e6,2e9,1.2e16,3.25,4,1\n"
                               "a,2e6,2e9,2.4e16,3.125,5,0\n"
                               ",3e6,2e9,3.6e16,,6,1\n";
    ll_imported in;
    ll_table out, t = read_csv(text, &(ll_table_opts) { .where = "keep = 1" });
    store_anew();
    ll_store *s = open_store(LL_STORE_WRITE);
    assert_ok(import(s, &t, &in, err));
    assert_true(in.added == 2 && in.replaced == 0 && !in.curves);
    assert_ok(import(s, &t, &in, err));
    assert_true(in.added == 0 && in.runs == 2);
    ll_table_clear(&t);
    t = read_csv(text, NULL);
    assert_ok(import(s, &t, &in, err)); /* another filter: all of it, in place of what it gave */
    assert_true(in.added == 3 && in.replaced == 2);
    assert_ok(import(s, &t, &in, err));
    assert_int_equal(in.added, 0);
    ll_table_clear(&t);
    assert_int_equal(count_runs(s, "", -1, NULL), 3);
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

/* Names that agree in their first 63 bytes, and families in 31, stay apart; one that no field holds is refused. */
static void long_names_stay_whole(void **state) {
    (void)state;
    char text[4096], name[512], family[128];
    int used = sprintf(text, "run,family,params,tokens,loss\n");
    memset(name, 'n', sizeof name);
    memset(family, 'f', sizeof family);
    for (int i = 0; i < 4; i++)
        used += sprintf(text + used, "%.100s%d,%.60s%d,%d,2e9,3\n", name, i, family, i, 1 + i);
    ll_imported in;
    ll_error e = { 0 };
    ll_table t = read_csv(text, NULL);
    store_anew();
    ll_store *s = open_store(LL_STORE_WRITE);
    assert_ok(import(s, &t, &in, err));
    ll_table_clear(&t);
    for (int i = 0; i < 4; i++) {
        char where[256];
        sprintf(where, "name = %.100s%d and family = %.60s%d", name, i, family, i);
        assert_int_equal(count_runs(s, "", -1, where), 1);
    }
    sprintf(text, "run,loss\nshort,2\n%.400s,3\n", name);
    t = read_csv(text, NULL);
    assert_int_equal(import(s, &t, &in, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "in.csv:3: the name of the run 'nnnn"));
    assert_non_null(strstr(e.msg, "has 400 bytes"));
    ll_table_clear(&t);
    assert_int_equal(count_runs(s, "", -1, NULL), 4);
    ll_store_close(s);
}

static void units_on_import(void **state) {
    (void)state;
    ll_imported in;
    ll_error e = { 0 };
    store_anew();
    ll_store *s = open_store(LL_STORE_WRITE);
    ll_table t = read_csv("run,N,val_bpb,bytes_per_token\nx,5,0.75,4\n", NULL);
    assert_ok(import(s, &t, &in, err));
    ll_table_clear(&t);
    ll_run r;
    assert_ok(ll_store_find_run(s, "x", &r, err));
    assert_close(r.loss, 0.75 * 4 * 0.69314718055994531, 1e-15); /* bits per byte x bytes per token x ln 2 */
    assert_true(isnan(r.params) && r.params_unstated == 5);
    t = read_csv("run,N,val_bpb\nz,5,0.75\n", NULL);
    assert_int_equal(import(s, &t, &in, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "in.csv:2"));
    assert_non_null(strstr(e.msg, "bytes_per_token"));
    ll_table_clear(&t);
    t = read_csv("run,N,bits_per_token\ny,7,2\n", &(ll_table_opts) { .params_are = "total" });
    assert_ok(import(s, &t, &in, err));
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
    ll_imported in;
    ll_table t;
    ll_rng rng = ll_rng_at(5, LL_STREAM_NOISE, 0);
    store_anew();
    ll_store *s = open_store(LL_STORE_WRITE);
    put_ladder(s, "abc", "demo");
    for (int i = 0; i < 50; i++) {
        char name[32];
        snprintf(name, sizeof name, "r,\"%d\"", i);
        ll_run r = make_run("abc", name, i, exp(ll_rng_normal(&rng)));
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
    store_anew();
    s = open_store(LL_STORE_WRITE);
    assert_ok(ll_table_read(&t, path, NULL, err));
    assert_ok(import(s, &t, &in, err));
    assert_int_equal(in.added, 50);
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

/* The role stands in an export where one says more than that the run is to be fitted, and comes back. */
static void roles_travel(void **state) {
    (void)state;
    static const char *const roles[] = { "fit", "forecast", "trunk", "scored" };
    char path[LL_PATH_MAX];
    ll_imported in;
    ll_table t;
    store_anew();
    ll_store *s = open_store(LL_STORE_WRITE);
    put_ladder(s, "abc", "demo");
    for (int i = 0; i < 4; i++) {
        ll_run r = make_run("abc", roles[i], 10 + i, 3);
        strcpy(r.role, roles[i]);
        put_run(s, r);
    }
    assert_ok(ll_store_export(s, "", "role = fit", &t, err));
    assert_true(t.rows == 1 && !t.text[LL_COL_ROLE]);
    ll_table_clear(&t);
    assert_ok(ll_store_export(s, "", NULL, &t, err));
    assert_ok(ll_file_join(path, folder, "roles.csv", err));
    assert_ok(ll_table_write(&t, path, err));
    ll_table_clear(&t);
    ll_store_close(s);
    store_anew();
    s = open_store(LL_STORE_WRITE);
    assert_ok(ll_table_read(&t, path, NULL, err));
    assert_ok(import(s, &t, &in, err));
    ll_table_clear(&t);
    for (int i = 0; i < 4; i++) {
        ll_run r;
        assert_ok(ll_store_find_run(s, roles[i], &r, err));
        assert_string_equal(r.role, roles[i]);
    }
    t = read_csv("run,flops,loss\nx,1,2\n", NULL);
    assert_ok(import(s, &t, &in, err));
    ll_table_clear(&t);
    assert_int_equal(count_runs(s, "", -1, "role = ''"), 1);
    ll_store_close(s);
}

/* Two ladders whose runs have the same names and sizes: out and in again they are as many. */
static void ladders_stay_apart(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_imported in;
    ll_table t;
    store_anew();
    ll_store *s = open_store(LL_STORE_WRITE);
    for (int k = 0; k < 2; k++) {
        const char *id = k ? "bcd" : "abc";
        put_ladder(s, id, "demo");
        for (int i = 0; i < 3; i++) {
            char name[16];
            snprintf(name, sizeof name, "w%d", i);
            ll_run r = make_run(id, name, 10 + i, 3 - k);
            r.params = 5;
            r.steps = 100 * (k + 1);
            put_run(s, r);
        }
    }
    put_run(s, make_run("bcd", "alone", 20, 2));
    assert_ok(ll_store_export(s, "", NULL, &t, err));
    assert_ok(ll_file_join(path, folder, "ladders.csv", err));
    assert_ok(ll_table_write(&t, path, err));
    ll_table_clear(&t);
    ll_store_close(s);
    store_anew();
    s = open_store(LL_STORE_WRITE);
    assert_ok(ll_table_read(&t, path, NULL, err));
    assert_false(t.names_repeat);
    assert_ok(import(s, &t, &in, err));
    assert_true(in.added == 7 && !in.curves);
    ll_table_clear(&t);
    assert_int_equal(count_runs(s, "", -1, "name = 'bcd/w1' and steps = 200"), 1);
    assert_int_equal(count_runs(s, "", -1, "name = alone"), 1);
    ll_store_close(s);
}

/* ---- in parts ---- */

/* Two ladders of the same names, one with curves; runs of a file, more than a part has; scores here and there. */
static void make_many(ll_store *s) {
    enum { IMPORTED = 1600, OF_LADDER = 30 };
    char *text = malloc(IMPORTED * 64), id[LL_RUN_ID], hex[LL_HASH_HEX];
    ll_imported in;
    assert_non_null(text);
    size_t used = (size_t)sprintf(text, "run,params,tokens,loss,seed\n");
    for (int i = 0; i < IMPORTED; i++)
        used += (size_t)sprintf(text + used, "w%d,%d,2e9,%d.5,%d\n", i, 1000 + i, i % 7, i == 1500);
    ll_table t = read_csv(text, NULL);
    assert_ok(import(s, &t, &in, err));
    ll_table_clear(&t);
    ll_run_score one = {
        .step = 20, .probe = "p", .metric = "acc", .value = 0.25, .se = 0.01, .items = 4, .chance = NAN
    };
    for (int line = 2; line < IMPORTED; line += 700) {
        snprintf(id, sizeof id, "import/%.8s/%d", ll_hash_of(text, used, hex), line);
        one.value += 0.125;
        assert_ok(ll_store_put_scores(s, id, &one, 1, err));
    }
    free(text);
    for (int k = 0; k < 2; k++) put_ladder(s, k ? "bcd" : "abc", "demo");
    for (int i = 0; i < 2 * OF_LADDER; i++) {
        char name[16];
        snprintf(name, sizeof name, "%s%d", i % 3 ? "w" : "alone", i / 2);
        ll_run r = make_run(i % 2 ? "bcd" : "abc", name, 10 + i, 3);
        r.params = 1000;
        r.tokens = 20 + i;
        r.layers = i % 2;
        put_run(s, r);
        one.metric[0] = (char)('a' + i % 3);
        if (i % 5 == 0) assert_ok(ll_store_put_scores(s, r.id, &one, 1, err));
        for (int step = 10; step <= 30 && i % 2; step += 10)
            assert_ok(ll_store_put_point(s, r.id, &(ll_point) { step, step, 4, step == 10 ? NAN : 0.1, NAN }, err));
    }
}

static char *read_back(FILE *f) {
    const long size = ftell(f);
    char *text = malloc((size_t)size + 1);
    assert_non_null(text);
    rewind(f);
    assert_int_equal(fread(text, 1, (size_t)size, f), size);
    text[size] = 0;
    fclose(f);
    return text;
}

/* What goes out run by run is what a table of them says. */
static void in_parts(void **state) {
    (void)state;
    static const ll_export_opts of[] = {
        { "", "" },           { "abc", "layers > 0" }, { LL_LADDER_IMPORTED, "params > 2500" },
        { "", "params < 0" }, { "bcd", "" },           { "", "loss = 3", true },
        { "bcd", "", true },  { "abc", "", true },
    };
    store_anew();
    ll_store *s = open_store(LL_STORE_WRITE);
    make_many(s);
    for (size_t i = 0; i < 2 * (sizeof of / sizeof *of); i++) {
        ll_export_opts o = of[i / 2];
        o.jsonl = i % 2;
        ll_table t;
        int64_t rows;
        FILE *whole = tmpfile(), *parts = tmpfile();
        assert_true(whole && parts);
        assert_ok((o.curves ? ll_store_export_curves : ll_store_export)(s, o.ladder, o.where, &t, err));
        assert_ok(ll_table_print(&t, whole, o.jsonl, err));
        assert_ok(ll_store_export_to(s, &o, parts, &rows, err));
        assert_int_equal(rows, t.rows);
        char *a = read_back(whole), *b = read_back(parts);
        assert_string_equal(a, b);
        if (i == 0)
            assert_true(strstr(b, "p.acc_se") && strstr(b, "\nabc/w") && strstr(b, "\nalone0,") && rows == 1660);
        free(a);
        free(b);
        ll_table_clear(&t);
    }
    ll_store_close(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(import_is_idempotent),
        cmocka_unit_test(long_names_stay_whole),
        cmocka_unit_test(units_on_import),
        cmocka_unit_test(export_import_export),
        cmocka_unit_test(roles_travel),
        cmocka_unit_test(ladders_stay_apart),
        cmocka_unit_test(in_parts),
    };
    return run_on_both(tests);
}
