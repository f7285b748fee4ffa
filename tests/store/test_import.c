/* Learning curves of other tools into the store: every row a point, all of a file or nothing of it. */
#define _GNU_SOURCE
#include "scratch_store.h"

#include <math.h>

#include "base/document/json.h"
#include "loglog/table.h"

enum { RUNS = 3, ROWS = 16 };

static char out[1 << 18], err_text[4096];

static const char *const names[RUNS] = { "swept-sun-1", "dawn - wide", "moon,3" };

/* A loss that each cell has alone. */
static double loss_of(int run, int row) {
    return 4 - 0.1 * row + 0.01 * run;
}

static void program(int code, const char *arguments) {
    const int got = support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text);
    if (got != code) fail_msg("'%s' gave %d, not %d: %s%s", arguments, got, code, out, err_text);
}

static void says(const char *text, const char *want) {
    if (!strstr(text, want)) fail_msg("'%s' is not in: %s", want, text);
}

static void put(const char *name, const char *text) {
    char path[LL_PATH_MAX];
    support_write(folder, name, text, strlen(text), path);
}

static bool is_there(const char *name) {
    char path[LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, name, err));
    return access(path, F_OK) == 0;
}

static ll_store *open_named(const char *name) {
    ll_store *s;
    char path[LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, name, err));
    assert_ok(ll_store_open(&s, path, LL_STORE_READ, err));
    return s;
}

/* The points of all runs of a store; *runs: how many those are. */
static int64_t count_points(const char *store, int64_t *n_runs) {
    ll_store *s = open_named(store);
    ll_run *runs;
    int64_t all = 0;
    assert_ok(ll_store_list_runs(s, "", -1, NULL, &runs, n_runs, err));
    for (int64_t i = 0; i < *n_runs; i++) {
        ll_point *points;
        int64_t n;
        assert_ok(ll_store_list_points(s, runs[i].id, &points, &n, err));
        free(points);
        all += n;
    }
    free(runs);
    ll_store_close(s);
    return all;
}

static ll_run find(const char *store, const char *name) {
    ll_run r;
    ll_store *s = open_named(store);
    assert_ok(ll_store_find_run(s, name, &r, err));
    ll_store_close(s);
    return r;
}

/* What the store holds, as text. */
static char *everything(const char *store) {
    char arguments[128];
    snprintf(arguments, sizeof arguments, "runs list --json --store %s", store);
    program(0, arguments);
    return strdup(out);
}

/* The import gives so many runs and points, and a second one changes nothing. */
static void comes_in(const char *store, const char *arguments, int64_t runs, int64_t points) {
    char line[512], want[64];
    int64_t n;
    snprintf(line, sizeof line, "runs import %s --store %s", arguments, store);
    program(0, line);
    if (points) snprintf(want, sizeof want, "%d runs with %d points added", (int)runs, (int)points);
    else snprintf(want, sizeof want, "%d runs added", (int)runs);
    if (runs == 1) snprintf(want, sizeof want, "1 run with %d points added", (int)points);
    says(out, want);
    assert_int_equal(count_points(store, &n), points);
    assert_int_equal(n, runs);
    char *before = everything(store);
    program(0, line);
    says(out, "there already, nothing changed");
    char *after = everything(store);
    assert_string_equal(before, after);
    assert_int_equal(count_points(store, &n), points);
    free(before);
    free(after);
}

/* ---- formats ---- */

/* Runs take turns; tokens are 1000 a step. */
static void write_plain(const char *file) {
    char text[1 << 14];
    int used = sprintf(text, "run,step,tokens,loss\n");
    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < RUNS; k++)
            used += sprintf(text + used, "\"%s\",%d,%d,%.3f\n", names[k], 100 * (i + 1), 100000 * (i + 1),
                            loss_of(k, i));
    put(file, text);
}

static void plain(void **state) {
    (void)state;
    write_plain("plain.csv");
    comes_in("plain.db", "plain.csv", RUNS, RUNS * ROWS);
    for (int k = 0; k < RUNS; k++) {
        ll_run r = find("plain.db", names[k]);
        assert_close(r.loss, loss_of(k, ROWS - 1), 1e-12);
        assert_true(r.steps == 1600 && r.tokens == 1600000 && isnan(r.params));
        assert_string_equal(r.id + strlen("import/12345678/"), names[k]);
        ll_store *s = open_named("plain.db");
        ll_point *p;
        int64_t n;
        assert_ok(ll_store_list_points(s, r.id, &p, &n, err));
        assert_int_equal(n, ROWS);
        for (int i = 0; i < ROWS; i++) {
            assert_true(p[i].step == 100 * (i + 1) && p[i].tokens == 100000 * (i + 1));
            assert_close(p[i].loss, loss_of(k, i), 1e-12);
        }
        free(p);
        ll_store_close(s);
    }
}

/* As W&B's charts are downloaded: a column a run and metric, of which _step and the extremes are some. */
static void wandb_wide(void **state) {
    (void)state;
    char text[1 << 14];
    int used = sprintf(text, "\"Step\"");
    for (int k = 0; k < RUNS; k++)
        for (int c = 0; c < 6; c++)
            used += sprintf(text + used, ",\"%s - %s%s\"", names[k], c < 3 ? "_step" : "val/loss",
                            c % 3 == 0   ? ""
                            : c % 3 == 1 ? "__MIN"
                                         : "__MAX");
    for (int i = 0; i < ROWS; i++) {
        used += sprintf(text + used, "\n\"%d\"", 100 * (i + 1));
        for (int k = 0; k < RUNS; k++) {
            used += sprintf(text + used, ",\"%d\",\"%d\",\"%d\"", 100 * (i + 1), 100 * (i + 1), 100 * (i + 1));
            for (int c = 0; c < 3; c++) used += sprintf(text + used, ",\"%.3f\"", loss_of(k, i));
        }
    }
    put("wide.csv", text);
    put("sizes.csv", "run,params,batch_tokens,lr,family\n\"moon,3\",3e6,500,3e-3,m\nswept-sun-1,1e6,500,1e-3,s\n"
                     "\"dawn - wide\",2e6,500,2e-3,d\nanother,9e6,500,1e-3,a\n");
    comes_in("wide.db", "wide.csv --sizes sizes.csv", RUNS, RUNS * ROWS);
    ll_run r = find("wide.db", "dawn - wide");
    assert_true(r.params == 2e6 && r.tokens == 1600.0 * 500 && r.lr == 2e-3);
    assert_string_equal(r.family, "d");
    assert_close(r.loss, loss_of(1, ROWS - 1), 1e-12);
    ll_store *s = open_named("wide.db");
    ll_point *p;
    int64_t n;
    assert_ok(ll_store_list_points(s, r.id, &p, &n, err));
    assert_true(n == ROWS && p[4].step == 500 && p[4].tokens == 500.0 * 500);
    free(p);
    ll_store_close(s);
}

/* As W&B's history comes: a row a point, sizes in its columns, a step that was logged in two rows. */
static void wandb_long(void **state) {
    (void)state;
    char text[1 << 14];
    int used = sprintf(text, "Name,_step,n_params,train/loss,val/loss,throughput/total_tokens,lr\n");
    for (int k = 0; k < RUNS; k++)
        for (int i = 0; i < ROWS; i++)
            used += sprintf(text + used, "\"%s\",%d,%d,9,%.3f,%d,%g\n", names[k], 10 * (i + 1), 1000 * (k + 1),
                            loss_of(k, i), 640 * (i + 1), 1e-3 * (ROWS - i));
    put("long.csv", text);
    comes_in("long.db", "long.csv --params-are total", RUNS, RUNS * ROWS);
    ll_run r = find("long.db", "moon,3");
    assert_true(r.params_total == 3000 && r.tokens == 640 * ROWS && isnan(r.params));
    assert_close(r.lr, 1e-3 * ROWS, 1e-12); /* its peak */
    sprintf(text + used, "\"moon,3\",160,,,2.25,,\n\"moon,3\",170,3000,9,,10880,1e-5\n");
    put("twice.csv", text);
    program(0, "runs import twice.csv --store twice.db");
    says(out, "3 runs with 49 points added");
    says(out, "1 rows stand at a step that their run had before");
    r = find("twice.db", "moon,3");
    assert_true(r.loss == 2.25 && r.steps == 160 && r.params_unstated == 3000); /* step 170 has no loss */
}

static void tensorboard(void **state) {
    (void)state;
    char text[1 << 12];
    int used = sprintf(text, "Wall time,Step,Value\n");
    for (int i = 0; i < ROWS; i++)
        used += sprintf(text + used, "%d.5,%d,%.3f\n", 1700000000 + i, 100 * (i + 1), loss_of(0, i));
    put("gpt2.csv", text);
    program(2, "runs import gpt2.csv --store tb.db"); /* Value may be any scalar */
    says(err_text, "no column is a loss; name it with --col loss=HEADER: 'Value'");
    assert_false(is_there("tb.db"));
    comes_in("tb.db", "gpt2.csv --col loss=Value --set params=124M,batch_tokens=1024", 1, ROWS);
    ll_run r = find("tb.db", "gpt2");
    assert_true(r.tokens == 1600 * 1024 && r.params_unstated == 124e6 && isnan(r.params));
    put("other.csv", strchr(text, '\n') - strlen("Wall time,Step,Value"));
    program(0, "runs import other.csv --store tb2.db --col loss=Value --set run=big,params=1B "
               "--params-are nonembedding");
    r = find("tb2.db", "big");
    assert_true(r.params == 1e9);
}

static void json_lines(void **state) {
    (void)state;
    char text[1 << 14];
    int used = 0;
    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < RUNS; k++)
            used += sprintf(text + used, "{\"run\":\"%s\",\"tokens\":%d,\"loss\":%.3f,\"params\":%d}\n", names[k],
                            1000 * (i + 1), loss_of(k, i), 5 * (k + 1));
    put("curves.jsonl", text);
    comes_in("jsonl.db", "curves.jsonl", RUNS, RUNS * ROWS); /* no steps: by tokens */
    ll_run r = find("jsonl.db", "dawn - wide");
    assert_true(r.params == 10 && r.tokens == 1000 * ROWS);
}

/* Tables of finished runs stay what they are. */
static void a_run_each(void **state) {
    (void)state;
    put("nano.csv", "flops_budget,depth,params_total,num_iterations,tokens_trained,val_bpb\n"
                    "1e18,8,125829136,7578,3973054464,0.91\n2e18,10,195952660,9751,5112332288,0.85\n");
    comes_in("nano.db", "nano.csv --set bytes_per_token=4", 2, 0);
    put("methods.csv", "name,N,steps,loss\nmup,1e6,100,4\nmup,2e6,200,3\nsp,1e6,100,4.5\nsp,2e6,200,3.5\n");
    comes_in("methods.db", "methods.csv", 4, 0); /* one name, two sizes: no name of a run */
    put("seeds.csv", "run,params,tokens,seed,loss\na,1e6,1e8,1,4\na,1e6,1e8,2,4.1\n");
    comes_in("seeds.db", "seeds.csv", 2, 0);
    put("label.csv", "run,params,steps,loss\n1M,1e6,100,4\n1M,1e6,200,3.5\n");
    comes_in("label.db", "label.csv --rows runs", 2, 0);
    put("last.csv", "Step,a - loss,b - loss,c - loss\n100,3,4,5\n"); /* one line, three runs */
    comes_in("last.db", "last.csv", 3, 0);
    assert_true(find("last.db", "b").loss == 4);
    put("steps.csv", "N,steps,loss\n1e6,100,4\n1e6,200,3.5\n");
    comes_in("steps.db", "steps.csv", 2, 0);
}

static void published_curves(void **state) {
    (void)state;
    char path[LL_PATH_MAX], line[LL_PATH_MAX + 64];
    int64_t n;
    support_data("runs/mpl_curves_25m.csv", path); /* 9 runs, 2059 rows */
    snprintf(line, sizeof line, "runs import '%s' --store mpl.db", path);
    program(0, line);
    says(out, "9 runs with 2059 points added");
    assert_int_equal(count_points("mpl.db", &n), 2059);
    assert_int_equal(n, 9);
}

/* ---- all or nothing ---- */

static void other_options_replace(void **state) {
    (void)state;
    int64_t n;
    put("two.csv", "run,step,loss,test_ce\na,1,4,5\na,2,3,4\nb,1,4,5\nb,2,3,4.5\n");
    comes_in("two.db", "two.csv", 2, 4);
    program(0, "runs import two.csv --store two.db --col loss=test_ce");
    says(out, "2 runs with 4 points added in place of the 2 that this file gave before");
    assert_true(find("two.db", "b").loss == 4.5);
    program(0, "runs import two.csv --store two.db --col loss=test_ce --last");
    says(out, "2 runs added in place of the 2");
    assert_int_equal(count_points("two.db", &n), 0);
    program(0, "runs import two.csv --store two.db --where 'run = a' --json");
    ll_json *doc;
    assert_ok(ll_json_parse(out, strlen(out), "import", &doc, err));
    assert_int_equal(ll_json_get_int(doc, "replaced", -1), 2);
    assert_int_equal(ll_json_get_int(doc, "added", -1), 1);
    assert_int_equal(ll_json_get_int(doc, "points", -1), 2);
    ll_json_free(doc);
    assert_int_equal(count_points("two.db", &n), 2);
    assert_int_equal(n, 1);
    /* another file is another file, and the same names under the same path are said */
    put("two.csv", "run,step,loss\na,1,4\na,2,3\na,3,2.5\n");
    program(0, "runs import two.csv --store two.db");
    says(out, "1 runs of the same names are there from another two.csv");
    assert_int_equal(count_points("two.db", &n), 5);
}

static void failures_leave_nothing(void **state) {
    (void)state;
    static const struct {
        const char *text, *arguments, *words;
    } bad[] = {
        { "run,step,loss\na,1,4\na,2,3\nb,1,4\nb,2.5,3\n", "", "bad.csv:5: column 'step': 2.5, expected a step" },
        { "run,step,loss\na,1,4\na,,3\n", "", "bad.csv:3: column 'step': nan, expected a step" },
        { "run,step,loss\na,1,4\na,2,3\n,2,3\n", "",
          "bad.csv:4: column 'run': no name, in a table of learning curves" },
        { "run,step,loss\na,1,4\na,2,x\n", "", "bad.csv:3: column 'loss': 'x', expected a number" },
        { "run,step,val_bpb\na,1,1\na,2,0.9\n", "", "column 'val_bpb' is in bits per byte" },
        { "run,step,loss\na,1,4\na,2,1e999\n", "", "bad.csv:3" },
        { "run,step,test_ce,note\na,1,4,x\na,2,3,y\n", "",
          "no column is a loss; name it with --col loss=HEADER: 'test_ce'" },
        { "run,step,loss\na,1,4\na,2,3\n", "--col loss=los", "there is no column 'los', but 'loss'" },
        { "run,step,loss\na,1,4\na,2,3\n", "--where 'run = c'", "no rows to import" },
        { "run,step,loss\na,1,4\na,2,3\nc,1,2\n", "--sizes s.csv", "s.csv: no row for the run 'c' of bad.csv:4" },
        { "run,step,loss\na,1,4\na,2,3\n", "--sizes twice.csv", "twice.csv:3: the run 'a' stands there twice" },
        { "run,step,loss\na,1,4\na,2,3\n", "--sizes nameless.csv",
          "nameless.csv: no column of runs' names, expected run; there are 'model_size'" },
        { "run,params,tokens,loss\na,1e6,2e7,3\nb,1e6,2e7,-1\n", "", "bad.csv:3: run b: loss is -1, expected" },
        { "run,params,tokens,loss\na,1e6,2e7,3\nb,-2e8,2e7,3\n", "",
          "bad.csv:3: run b: params is -2e+08, expected" },
        { "run,params,tokens,loss\na,1e6,0,3\n", "", "bad.csv:2: run a: tokens is 0, expected a number above 0" },
        { "run,step,loss\na,1,4\na,2,0\n", "", "bad.csv:3: run a: loss is 0, expected" },
    };
    char line[256];
    int64_t n;
    put("s.csv", "run,params\na,5\nb,6\n");
    put("twice.csv", "run,params\na,5\na,6\n");
    put("nameless.csv", "model_size\n5\n");
    put("good.csv", "run,step,loss\nz,1,4\nz,2,3\n");
    program(0, "runs import good.csv --store kept.db");
    char *before = everything("kept.db");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put("bad.csv", bad[i].text);
        snprintf(line, sizeof line, "runs import bad.csv --store none.db %s", bad[i].arguments);
        program(2, line);
        says(err_text, bad[i].words);
        assert_false(is_there("none.db"));
        snprintf(line, sizeof line, "runs import bad.csv --store kept.db %s", bad[i].arguments);
        program(2, line);
    }
    char *after = everything("kept.db");
    assert_string_equal(before, after);
    assert_int_equal(count_points("kept.db", &n), 2);
    free(before);
    free(after);
}

static void dropping(void **state) {
    (void)state;
    int64_t n;
    write_plain("d.csv");
    put("e.csv", "run,loss\nx,9\ny,2\n");
    program(0, "runs import d.csv --store d.db");
    program(0, "runs import e.csv --store d.db");
    program(0, "runs drop --store d.db --where 'loss < 4'");
    says(out, "4 runs, 48 points in all");
    says(out, "nothing was dropped; --yes does it");
    assert_int_equal(count_points("d.db", &n), 48);
    program(0, "runs drop --store d.db --file d.csv --yes");
    says(out, "3 runs, 48 points in all");
    assert_int_equal(count_points("d.db", &n), 0);
    assert_int_equal(n, 2);
    program(0, "runs drop --store d.db --file e.csv --where 'loss > 5' --yes");
    assert_int_equal(count_points("d.db", &n), 0);
    assert_int_equal(n, 1);
    program(2, "runs drop --store d.db --where 'loss > 5' --yes");
    says(err_text, "no run is meant");
    program(2, "runs drop --store none.db --where 'loss > 0' --yes");
    assert_false(is_there("none.db"));
    program(2, "runs drop --store d.db --where ' ' --yes");
    program(2, "runs drop --store d.db y --where 'loss > 0' --yes");
    program(2, "runs drop --store d.db --where 'lss > 0' --yes");
    assert_int_equal(count_points("d.db", &n), 0);
    assert_int_equal(n, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain),
        cmocka_unit_test(wandb_wide),
        cmocka_unit_test(wandb_long),
        cmocka_unit_test(tensorboard),
        cmocka_unit_test(json_lines),
        cmocka_unit_test(a_run_each),
        cmocka_unit_test(published_curves),
        cmocka_unit_test(other_options_replace),
        cmocka_unit_test(failures_leave_nothing),
        cmocka_unit_test(dropping),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
