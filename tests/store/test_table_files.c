/* Tables as files: what was written reads the same again, hostile ones are refused, published ones are read. */
#define _POSIX_C_SOURCE 200809L
#include "comma_locale.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "loglog/units.h"
#include "store/table_text.h"

/* ---- round trips ---- */

static void same_tables(const ll_table *a, const ll_table *b) {
    assert_int_equal(a->rows, b->rows);
    assert_int_equal(a->params_are, b->params_are);
    assert_int_equal(a->loss_unit, b->loss_unit);
    for (int c = 0; c < LL_COL_COUNT; c++)
        for (int64_t i = 0; i < a->rows; i++) {
            double x = ll_table_num(a, i, (ll_column)c), y = ll_table_num(b, i, (ll_column)c);
            if (c >= LL_COL_FIRST_NUMBER) {
                if (isnan(x)) assert_true(isnan(y));
                else assert_memory_equal(&x, &y, sizeof x);
                continue;
            }
            const char *p = a->text[c] && a->text[c][i] ? a->text[c][i] : "";
            const char *q = b->text[c] && b->text[c][i] ? b->text[c][i] : "";
            assert_string_equal(p, q);
        }
}

static void fill_awkward(ll_table *t) {
    static const double v[] = { 0.1,
                                1.0 / 3,
                                -0.0,
                                5e-324,
                                1.7976931348623157e308,
                                NAN,
                                1e15 + 1,
                                4503599627370497.5,
                                123456789012345678.0,
                                2.2250738585072014e-308 };
    static const char *const texts[] = { "plain", "a,b",      "\"q\"", "two\r\nlines", " blank ",
                                         "",      "\xc3\xa9", "\ttab", "nan",          "x" };
    assert_ok(ll_table_new(t, 10, err));
    for (int64_t i = 0; i < 10; i++)
        for (int c = 0; c < LL_COL_COUNT; c++) {
            if (c >= LL_COL_FIRST_NUMBER) t->num[c][i] = v[(i * 7 + c) % 10];
            else if (c != LL_COL_ROLE) t->text[c][i] = strdup(texts[(i + 3 * c) % 10]);
            else t->text[c][i] = strdup(i % 3 ? "trunk" : i % 2 ? "" : "forecast");
        }
}

static void round_trip(void **state) {
    (void)state;
    static const char *const names[] = { "t.csv", "t.jsonl" };
    for (int k = 0; k < 2; k++)
        for (int are = LL_PARAMS_UNSTATED; are <= LL_PARAMS_NONEMBEDDING; are++)
            for (int unit = LL_LOSS_NATS; unit <= LL_LOSS_UNSTATED; unit++) {
                char path[LL_PATH_MAX];
                ll_table a, b;
                fill_awkward(&a);
                a.params_are = (ll_params_are)are;
                a.loss_unit = (ll_loss_unit)unit;
                assert_ok(ll_file_join(path, folder, names[k], err));
                assert_ok(ll_table_write(&a, path, err));
                assert_ok(ll_table_read(&b, path, NULL, err));
                same_tables(&a, &b);
                ll_table_clear(&a);
                ll_table_clear(&b);
            }
}

static void one_column_round_trip(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_table a, b;
    assert_ok(read_text(&a, "a.csv", "loss\nnan\n1\nnan\n", NULL, err));
    assert_int_equal(a.rows, 3);
    assert_ok(ll_file_join(path, folder, "b.csv", err));
    assert_ok(ll_table_write(&a, path, err));
    assert_ok(ll_table_read(&b, path, NULL, err));
    same_tables(&a, &b);
    ll_table_clear(&a);
    ll_table_clear(&b);
}

/* Cells that a spreadsheet would run are written so that it does not, and come back as they were. */
static void formulas_are_text(void **state) {
    (void)state;
    static const char *const names[] = { "=1+1",
                                         "@SUM(A1)",
                                         "+cmd|'/C calc'!A0",
                                         "-2+3+cmd|' /C calc'!A0",
                                         "\t=1",
                                         "'=1",
                                         "''=1",
                                         "'plain",
                                         "-5",
                                         "+3.5M",
                                         "-",
                                         "=HYPERLINK(\"http://x\",\"y\")" };
    enum { N = sizeof names / sizeof *names };
    char path[LL_PATH_MAX], *text;
    ll_table a, b;
    assert_ok(ll_table_new(&a, N, err));
    for (int i = 0; i < N; i++) a.text[LL_COL_RUN][i] = strdup(names[i]);
    assert_ok(ll_file_join(path, folder, "formulas.csv", err));
    assert_ok(ll_table_write(&a, path, err));
    assert_ok(ll_table_read(&b, path, NULL, err));
    for (int i = 0; i < N; i++) assert_string_equal(b.text[LL_COL_RUN][i], names[i]);
    assert_ok(ll_file_read(path, 1 << 16, &text, NULL, err));
    for (char *line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
        const char *cell = line + (*line == '"');
        double v;
        char first[64];
        snprintf(first, sizeof first, "%.*s", (int)strcspn(cell, ","), cell);
        assert_null(strchr("=@\t", *cell));
        if (strchr("+-", *cell)) assert_true(!first[1] || ll_units_parse(first, &v));
    }
    free(text);
    ll_table_clear(&a);
    ll_table_clear(&b);
}

/* A program that uses the library may have chosen a locale with a comma: numbers keep their point. */
static void any_locale(void **state) {
    (void)state;
    char path[LL_PATH_MAX], shown[32], *text;
    ll_table a, b;
    ll_error e = { 0 };
    use_commas();
    snprintf(shown, sizeof shown, "%.1f", 0.5);
    assert_string_equal(shown, "0,5");
    assert_ok(read_text(&a, "a.csv", "N,loss\n1.5e6,0.8945\n", &(ll_table_opts) { .where = "loss < 0.9" }, err));
    assert_true(a.num[LL_COL_LOSS][0] == 0.8945 && a.num[LL_COL_PARAMS][0] == 1.5e6);
    static const char *const files[] = { "out.csv", "out.jsonl" };
    for (int k = 0; k < 2; k++) {
        assert_ok(ll_file_join(path, folder, files[k], err));
        assert_ok(ll_table_write(&a, path, err));
        assert_ok(ll_file_read(path, 1 << 16, &text, NULL, err));
        assert_non_null(strstr(text, k ? "0.8944999" : "0.8945")); /* JSON has 17 digits */
        free(text);
        assert_ok(ll_table_read(&b, path, NULL, err));
        assert_true(b.num[LL_COL_LOSS][0] == 0.8945);
        ll_table_clear(&b);
    }
    ll_table_clear(&a);
    assert_string_equal(ll_units_show(1500, shown, sizeof shown), "1.50k");
    assert_int_equal(read_text(&a, "a.csv", "N,loss\n1,\"0,8945\"\n", NULL, &e), LL_EINPUT);
    LL_FAIL(&e, LL_EINPUT, "%g", 0.5);
    assert_string_equal(e.msg, "0.5");
    setlocale(LC_NUMERIC, "C");
}

static void put_slowly(const char *path) {
    FILE *to = fopen(path, "w");
    for (int i = 0; to && i < 3; i++) {
        fputs(i ? "1,2\n" : "N,loss\n", to);
        fflush(to);
        nanosleep(&(struct timespec) { .tv_nsec = 100000000 }, NULL);
    }
    _exit(to && fclose(to) == 0 ? 0 : 1);
}

/* A pipe with a writer is read to its end; one without and a device are named and not waited for. */
static void pipes_and_devices(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_table t;
    ll_error e = { 0 };
    assert_ok(ll_file_join(path, folder, "fifo", err));
    assert_int_equal(mkfifo(path, 0600), 0);
    pid_t pid = fork();
    if (pid == 0) put_slowly(path);
    assert_ok(ll_table_read(&t, path, NULL, err));
    assert_int_equal(t.rows, 2);
    ll_table_clear(&t);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(ll_table_read(&t, path, NULL, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "a pipe that nobody writes to"));
    assert_int_equal(ll_table_read(&t, "/dev/zero", NULL, &e), LL_EINPUT);
    assert_string_equal(e.msg, "/dev/zero: a device, expected a file or a pipe");
    assert_int_equal(ll_table_read(&t, folder, NULL, &e), LL_EINPUT);
}

static void infinity_is_not_written(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_error e = { 0 };
    ll_table t;
    assert_ok(ll_table_new(&t, 2, err));
    t.num[LL_COL_LOSS][1] = INFINITY;
    assert_ok(ll_file_join(path, folder, "inf.csv", err));
    assert_int_equal(ll_table_write(&t, path, &e), LL_ENUM);
    assert_non_null(strstr(e.msg, "row 2: loss"));
    ll_table_clear(&t);
    FILE *in = fopen(path, "rb");
    assert_null(in);
}

/* ---- hostile input ---- */

static void hostile(void **state) {
    (void)state;
    ll_table t;
    ll_error e = { 0 };
    char path[LL_PATH_MAX];
    refused("a.csv", "run,loss\n\"a,1\nb,2\n", NULL, LL_EFORMAT, "a.csv:2|column 1|never closed");
    refused("a.csv", "run,loss\n\"a\"b,1\n", NULL, LL_EFORMAT, "a.csv:2|comma");
    refused("a.csv", "run,loss\na,1\nb\n", NULL, LL_EFORMAT, "a.csv:3|1 cells, expected 2");
    refused("a.csv", "run,loss\n\"x\ny\",1\nb,1,2\n", NULL, LL_EFORMAT, "a.csv:4|3 cells, expected 2");
    refused("a.csv", "N;D;loss\n1;2;3\n", NULL, LL_EFORMAT, "a.csv:1|'N;D;loss'|commas");
    refused("a.csv", "N\tloss\n1\t2\n", NULL, LL_EFORMAT, "a.csv:1|commas");
    refused("a.csv", "loss\n1e999\n", NULL, LL_EINPUT, "a.csv:2|'loss'|1e999");
    refused("a.csv", "loss\n0x10\n", NULL, LL_EINPUT, "a.csv:2|0x10");
    refused("a.csv", "loss\n1 2\n", NULL, LL_EINPUT, "a.csv:2|'1 2'");
    refused("a.csv", "loss\n\"1,000\"\n", NULL, LL_EINPUT, "a.csv:2|1,000");
    refused("a.csv", "loss\n1\n2\n3\n", &(ll_table_opts) { .max_rows = 2 }, LL_EINPUT, "a.csv:4|more than 2 rows");
    refused("a.csv", "evil\x1b[2J\nloss\n", &(ll_table_opts) { .where = "x = 1" }, LL_EINPUT, "'x'");
    support_write(folder, "zero.csv", "loss\n1\n2\0\n", 10, path);
    assert_int_equal(ll_table_read(&t, path, NULL, &e), LL_EFORMAT);
    assert_non_null(strstr(e.msg, "zero.csv:3: a zero byte"));
    assert_int_equal(ll_table_read(&t, folder, NULL, &e), LL_EINPUT);
    assert_int_equal(ll_table_read(&t, "/nowhere/at/all.csv", NULL, &e), LL_EINPUT);
}

static void a_million_columns(void **state) {
    (void)state;
    enum { N = 1000000 };
    char *text = malloc(N + 2), path[LL_PATH_MAX];
    ll_error e = { 0 };
    ll_table t;
    memset(text, ',', N);
    text[N] = '\n';
    support_write(folder, "wide.csv", text, N + 1, path);
    assert_int_equal(ll_table_read(&t, path, NULL, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "wide.csv:1: more than 65536 columns"));
    free(text);
}

static void a_long_line(void **state) {
    (void)state;
    enum { N = 10000000 };
    char *text = malloc(N + 32), path[LL_PATH_MAX];
    ll_table t;
    int n = sprintf(text, "run,loss\n\"");
    memset(text + n, '\n', N);
    strcpy(text + n + N, "\",1\nb,x\n");
    support_write(folder, "long.csv", text, strlen(text), path);
    ll_error e = { 0 };
    assert_int_equal(ll_table_read(&t, path, NULL, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "long.csv:10000003: column 'loss': 'x'"));
    free(text);
}

/* Every cut of a good file is read or refused, and never read as more than was there. */
static void truncated(void **state) {
    (void)state;
    static const char text[] = "run,loss,tokens\n\"a \"\"b\"\"\",1.5,2e9\r\nc,2.5,3e9\n";
    for (size_t n = 0; n < sizeof text; n++) {
        char path[LL_PATH_MAX];
        ll_table t;
        support_write(folder, "cut.csv", text, n, path);
        if (ll_table_read(&t, path, NULL, NULL) == LL_OK) assert_true(t.rows <= 2);
        ll_table_clear(&t);
    }
}

/* ---- published tables ---- */

static void chinchilla(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_table t;
    support_data("runs/chinchilla_figure4.csv", path);
    assert_ok(ll_table_read(&t, path, &(ll_table_opts) { .where = "kept_in_fit = 1" }, err));
    assert_int_equal(t.rows, 240);
    assert_int_equal(t.dropped, 5);
    assert_int_equal(t.params_are, LL_PARAMS_UNSTATED);
    assert_int_equal(t.loss_unit, LL_LOSS_NATS);
    assert_true(t.num[LL_COL_PARAMS][0] == 1730543416.124146);
    assert_true(t.num[LL_COL_LOSS][0] == 3.395737776160633);
    ll_table_clear(&t);
}

static void all_published(void **state) {
    (void)state;
    static const struct {
        const char *name, *columns;
        int64_t rows;
    } known[] = { { "chinchilla_figure4.csv", NULL, 245 },
                  { "porian_owt2_isoflop.csv", "params=N_params", 581 },
                  { "porian_owt2_published_optima.csv", NULL, 59 },
                  { "porian_owt2_published_fits.csv", NULL, 20 },
                  { "gadre_overtraining_c4_rpj.csv", NULL, 69 },
                  { "gemstones_cool_end.csv", NULL, 199 },
                  { "gemstones_hot.csv", NULL, 220 },
                  { "gemstones_slim_chinchilla.csv", NULL, 28 },
                  { "datablations_182.csv", NULL, 182 },
                  { "datablations_all.csv", NULL, 296 },
                  { "isoflop_chinchilla_misfitting.csv", NULL, 423 },
                  { "bnsl_4digit_addition.csv", NULL, 17 },
                  { "chinchilla_table_a9_shapes.csv", NULL, 50 },
                  { "obs_base_llm_benchmarks.csv", NULL, 148 },
                  { "obs_base_llm_emergent.csv", NULL, 84 },
                  { "notable_models.csv", NULL, 988 },
                  { "training_costs.csv", NULL, 82 },
                  { "hardware_prices.csv", NULL, 591 } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char name[128], path[LL_PATH_MAX];
        ll_table t;
        snprintf(name, sizeof name, "runs/%s", known[i].name);
        support_data(name, path);
        assert_ok(ll_table_read(&t, path, &(ll_table_opts) { .columns = known[i].columns }, err));
        if (t.rows != known[i].rows) fail_msg("%s: %lld rows", name, (long long)t.rows);
        ll_table_clear(&t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),        cmocka_unit_test(one_column_round_trip),
        cmocka_unit_test(formulas_are_text), cmocka_unit_test(any_locale),
        cmocka_unit_test(pipes_and_devices), cmocka_unit_test(infinity_is_not_written),
        cmocka_unit_test(hostile),           cmocka_unit_test(a_million_columns),
        cmocka_unit_test(a_long_line),       cmocka_unit_test(truncated),
        cmocka_unit_test(chinchilla),        cmocka_unit_test(all_published),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
