#define _POSIX_C_SOURCE 200809L
#include "scratch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/document/json.h"
#include "forecast/belief/forecast.h"
#include "store/store.h"

static char out[65536], err_text[4096];

static void runs(int code, const char *arguments) {
    int got = support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text);
    if (got != code) fail_msg("'%s' gave %d, expected %d; it said: %s%s", arguments, got, code, out, err_text);
}

static void says(const char *text, const char *want) {
    if (!strstr(text, want)) fail_msg("'%s' is not in: %s", want, text);
}

static ll_json *document(const char *arguments, const char *schema) {
    ll_json *doc;
    runs(0, arguments);
    assert_ok(ll_json_parse(out, strlen(out), arguments, &doc, err));
    assert_string_equal(ll_json_get_str(doc, "schema"), schema);
    return doc;
}

static void no_store_yet(void **state) {
    (void)state;
    runs(0, "runs list");
    says(out, "no runs in loglog.db, which is not there: a ladder's store lies beside its spec");
    runs(0, "status");
    says(out, "no runs in loglog.db, which is not there");
    ll_json *doc = document("runs list --json", "loglog.runs/1");
    assert_int_equal(ll_json_size(ll_json_get(doc, "runs")), 0);
    ll_json_free(doc);
    doc = document("status --json", "loglog.status/1");
    assert_int_equal(ll_json_size(ll_json_get(doc, "ladders")), 0);
    ll_json_free(doc);
    runs(0, "runs export");
    assert_string_equal(out, "params,tokens,flops,loss\n");
    runs(2, "runs show x");
    runs(2, "runs drop x");
    runs(2, "runs list --ladder x");
    char path[LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, "loglog.db", err));
    assert_int_equal(access(path, F_OK), -1); /* looking makes no file */
}

static void a_table_in_and_out(void **state) {
    (void)state;
    static const char text[] = "name,N,D,loss,keep\nsmall,1e6,2e7,4.5,1\nbig,1e9,2e10,2.5,1\nodd,1e9,2e10,9,0\n";
    char path[LL_PATH_MAX];
    support_write(folder, "t.csv", text, strlen(text), path);
    runs(0, "runs import t.csv --where 'keep = 1'");
    says(out, "2 rows, 1 left out, 2 runs added\n");
    says(out, "params           from 'N', unstated");
    says(out, "loss             from 'loss', nats per token");
    runs(0, "runs import t.csv --where 'keep = 1'");
    says(out, "2 runs there already, nothing changed");
    runs(0, "runs import t.csv");
    says(out, "3 runs added in place of the 2 that this file gave before");
    runs(0, "runs list --where 'loss < 5'");
    says(out, "imported");
    says(out, "small  done     ");
    says(out, "20.0M");
    assert_null(strstr(out, "odd"));
    runs(0, "runs show big");
    says(out, "params_unstated  1000000000\n");
    says(out, "source           t.csv\n");
    ll_json *doc = document("runs show big --json", "loglog.run/1");
    assert_string_equal(ll_json_get_str(ll_json_get(doc, "run"), "state"), "done");
    assert_close(ll_json_get_num(ll_json_get(doc, "run"), "loss"), 2.5, 1e-15);
    ll_json_free(doc);
}

static void export_forms(void **state) {
    (void)state;
    runs(0, "runs export --where 'loss < 5'");
    assert_string_equal(out,
                        "run,N,tokens,flops,loss\nsmall,1000000,20000000,,4.5\nbig,1000000000,20000000000,,2.5\n");
    runs(0, "runs export - --format jsonl --where 'name = big'");
    says(out, "{\"run\": \"big\", \"N\": 1000000000.0");
    runs(0, "runs export back.jsonl");
    runs(0, "runs import back.jsonl --store other.db");
    says(out, "3 runs added");
    runs(0, "runs export a.csv");
    runs(0, "runs export b.csv --store other.db");
    char a[LL_PATH_MAX], b[LL_PATH_MAX], *ta, *tb;
    assert_ok(ll_file_join(a, folder, "a.csv", err));
    assert_ok(ll_file_join(b, folder, "b.csv", err));
    assert_ok(ll_file_read(a, 1 << 20, &ta, NULL, err));
    assert_ok(ll_file_read(b, 1 << 20, &tb, NULL, err));
    assert_string_equal(ta, tb);
    free(ta);
    free(tb);
    runs(1, "runs export - >/dev/full 2>/dev/null && true");
    runs(1, "runs list >/dev/full 2>/dev/null && true");
    runs(2, "runs export no/such/folder.csv");
    says(err_text, "no/such/folder.csv");
}

static void dropping(void **state) {
    (void)state;
    runs(0, "runs drop small odd");
    says(out, "would drop import/");
    says(out, "--yes");
    runs(0, "runs list");
    says(out, "small");
    runs(2, "runs drop small nothing --yes");
    says(err_text, "nothing");
    runs(0, "runs list");
    says(out, "small");
    runs(0, "runs drop small --yes");
    runs(0, "runs list");
    assert_null(strstr(out, "small"));
    says(out, "odd");
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *arguments, *words;
    } bad[] = { { "runs list --where 'loss <'", "position 7" },
                { "runs list --where 'depth = 3'", "'depth'" },
                { "runs list --state asleep", "expected one of" },
                { "runs list extra", "'extra'" },
                { "runs list --ladder nowhere", "'nowhere'" },
                { "runs show", "expected one run" },
                { "runs show none", "'none'" },
                { "runs import none.csv", "none.csv" },
                { "runs import", "FILE" },
                { "runs import ragged.csv", "ragged.csv:3" },
                { "runs import t.csv --params-are all", "unstated nonembedding total" },
                { "runs import unknown.csv", "--col loss=" },
                { "runs export --format xml", "auto csv jsonl" },
                { "runs list --store damaged.db", "damaged.db" },
                { "runs import t.csv --store damaged.db", "damaged.db" },
                { "status --store damaged.db", "damaged.db" } };
    char path[LL_PATH_MAX];
    support_write(folder, "ragged.csv", "loss,N\n1,2\n1\n", 13, path);
    support_write(folder, "unknown.csv", "colour\nred\n", 11, path);
    support_write(folder, "damaged.db", "this is no database, but it is long enough to be one", 52, path);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        runs(2, bad[i].arguments);
        says(err_text, bad[i].words);
        assert_string_equal(out, "");
        assert_ptr_equal(strchr(err_text, '\n'), err_text + strlen(err_text) - 1); /* one line */
    }
    runs(1, "runs import t.csv --store no/such/folder/loglog.db");
    says(err_text, "no/such/folder/loglog.db");
    static const char *const verbs[] = { "list", "show", "export", "import", "drop" };
    for (int i = 0; i < 5; i++) {
        char line[64];
        snprintf(line, sizeof line, "help runs %s", verbs[i]);
        runs(0, line);
        says(out, "example: loglog runs");
    }
    runs(0, "help status");
    says(out, "example: loglog status");
}

static void put(ll_store *s, const char *name, ll_run_state state, double flops, const char *failure) {
    ll_run r;
    ll_run_init(&r);
    snprintf(r.id, sizeof r.id, "abc/%s", name);
    snprintf(r.ladder, sizeof r.ladder, "abc");
    snprintf(r.name, sizeof r.name, "%s", name);
    snprintf(r.failure, sizeof r.failure, "%s", failure);
    r.state = state;
    r.flops = flops;
    r.loss = 2;
    r.bytes_per_token = 1;
    assert_ok(ll_store_put_run(s, &r, err));
}

/* A done run of 60 tokens per second for 10 s, 1e6 exact FLOPs a token. */
static void put_trained(ll_store *s, const char *name, const char *started, const char *ended) {
    ll_run r;
    ll_run_init(&r);
    snprintf(r.id, sizeof r.id, "rate/%s", name);
    snprintf(r.ladder, sizeof r.ladder, "rate");
    snprintf(r.name, sizeof r.name, "%s", name);
    snprintf(r.started, sizeof r.started, "%s", started);
    snprintf(r.ended, sizeof r.ended, "%s", ended);
    r.state = LL_RUN_DONE;
    r.tokens = 1000, r.flops = 6e8, r.flops_exact = 1e9;
    r.tokens_per_s = 60, r.wall_s = 10;
    assert_ok(ll_store_put_run(s, &r, err));
}

/* Two runs side by side, one inside another's time, a pause, and one more across the new year: 20 + 15 s. */
static void status_tells_the_rate(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_store *s;
    ll_ladder l = { .id = "rate", .name = "rate", .created = "2026-11-22T16:00:00Z" };
    assert_ok(ll_file_join(path, folder, "rate.db", err));
    assert_ok(ll_store_open(&s, path, LL_STORE_WRITE, err));
    assert_ok(ll_store_put_ladder(s, &l, err));
    put_trained(s, "d", "2026-12-31T23:59:50Z", "2027-01-01T00:00:05Z");
    put_trained(s, "a", "2026-12-31T16:00:00Z", "2026-12-31T16:00:15Z");
    put_trained(s, "b", "2026-12-31T16:00:10Z", "2026-12-31T16:00:20Z");
    put_trained(s, "c", "2026-12-31T16:00:11Z", "2026-12-31T16:00:12Z");
    put_trained(s, "when", "yesterday", "2026-12-31T16:00:12Z"); /* counts for nothing */
    ll_store_close(s);
    ll_json *doc = document("status --json --store rate.db", "loglog.status/1");
    const ll_json *ladder = ll_json_at(ll_json_get(doc, "ladders"), 0);
    assert_close(ll_json_get_num(ladder, "train_s"), 35, 1e-12);
    assert_close(ll_json_get_num(ladder, "train_flops_per_s"), 4 * 60 * 10 * 1e6 / 35, 1e-12);
    ll_json_free(doc);
    runs(0, "status --store rate.db");
    says(out, "trained at 0.1 GFLOP/s, exact, over 35");
}

/* With an empty line between. */
static void ladders_are_listed_apart(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_store *s;
    ll_ladder a = { .id = "one", .name = "one", .created = "2026-11-22T16:00:00Z" };
    ll_ladder b = { .id = "two", .name = "two", .created = "2026-11-22T16:00:01Z" };
    assert_ok(ll_file_join(path, folder, "apart.db", err));
    assert_ok(ll_store_open(&s, path, LL_STORE_WRITE, err));
    assert_ok(ll_store_put_ladder(s, &a, err));
    assert_ok(ll_store_put_ladder(s, &b, err));
    for (int k = 0; k < 2; k++) {
        ll_run r;
        ll_run_init(&r);
        snprintf(r.id, sizeof r.id, "%s/w", k ? b.id : a.id);
        snprintf(r.ladder, sizeof r.ladder, "%s", k ? b.id : a.id);
        strcpy(r.name, "w");
        assert_ok(ll_store_put_run(s, &r, err));
    }
    ll_store_close(s);
    runs(0, "runs list --store apart.db");
    says(out, "ladder one\nname");
    says(out, "\n\nladder two\nname");
    assert_null(strchr(out, '\\'));
}

static void seal(ll_store *s) {
    ll_forecast f = { .run = "w96", .law = "chinchilla", .sealed = "2026-11-22T16:00:00Z", .sd = 0.02, .reach = 4 };
    f.x[LL_VAR_N] = 1e6;
    for (int i = 0; i < LL_FORECAST_QUANTILES; i++) f.quantile[i] = 2 + 0.01 * i;
    ll_json *body = ll_forecast_json(&f);
    char *text = ll_json_text(body, false);
    ll_entry e;
    assert_ok(ll_store_append(s, text, &e, err));
    free(e.body);
    assert_ok(ll_store_append(s, "{\"schema\":\"loglog.score/1\"}", &e, err)); /* a score comes after it */
    free(e.body);
    free(text);
    ll_json_free(body);
}

static void status(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_store *s;
    ll_ladder l = { .id = "abc", .name = "de\x1bmo", .created = "2026-11-22T16:00:00Z" };
    assert_ok(ll_file_join(path, folder, "status.db", err));
    assert_ok(ll_store_open(&s, path, LL_STORE_WRITE, err));
    assert_ok(ll_store_put_ladder(s, &l, err));
    put(s, "w32", LL_RUN_DONE, 1e12, "");
    put(s, "w48", LL_RUN_DONE, 2e12, "");
    put(s, "w64", LL_RUN_FAILED, 3e12, "loss is nan at step 30");
    put(s, "w96", LL_RUN_PLANNED, 6e12, "");
    seal(s);
    ll_store_close(s);
    runs(0, "status --store status.db");
    says(out, "ladder de\\x1bmo (abc, 2026-11-22T16:00:00Z)");
    says(out, "25 % done: 1 planned, 2 done, 1 failed");
    says(out, "runs of 3.00T FLOP are done, of 12.0T, both as 6ND");
    says(out, "failed   w64                  loss is nan at step 30");
    says(out, "last forecast: w96, loss 2.0500 (90 %: 2.0200 to 2.0800), sealed 2026-11-22T16:00:00Z");
    ll_json *doc = document("status --json --store status.db", "loglog.status/1");
    const ll_json *ladder = ll_json_at(ll_json_get(doc, "ladders"), 0);
    assert_int_equal(ll_json_get_int(ll_json_get(ladder, "states"), "done", -1), 2);
    assert_close(ll_json_get_num(ladder, "flops_done"), 3e12, 1e-15);
    assert_int_equal(ll_json_size(ll_json_get(ladder, "attention")), 1);
    assert_string_equal(ll_json_get_str(ll_json_get(doc, "forecast"), "run"), "w96");
    ll_json_free(doc);
    doc = document("runs list --store status.db --ladder abc --state done --json", "loglog.runs/1");
    assert_int_equal(ll_json_size(ll_json_get(doc, "runs")), 2);
    const ll_json *run = ll_json_at(ll_json_get(doc, "runs"), 0);
    assert_string_equal(ll_json_get_str(run, "name"), "w32");
    assert_close(ll_json_get_num(run, "bits_per_byte"), 2 / 0.69314718055994531, 1e-14);
    ll_json_free(doc);
}

/* The widest name is the last of more than are held. */
static void a_long_list_is_as_wide_as_its_widest_name(void **state) {
    (void)state;
    enum { N = 17000, LINE = 160 };
    char path[LL_PATH_MAX];
    char *text = malloc((N + 2) * LINE);
    assert_non_null(text);
    size_t used = (size_t)sprintf(text, "run,flops,loss\n");
    for (int i = 1; i < N; i++) used += (size_t)sprintf(text + used, "r%d,%de15,2\n", i, i);
    used += (size_t)sprintf(text + used, "by-far-the-widest-of-all-names,%de15,2\n", N);
    support_write(folder, "long.csv", text, used, path);
    runs(0, "runs import long.csv --store long.db");
    assert_int_equal(support_run(folder, "runs list --where 'loss < 3' --store long.db", text, (N + 2) * LINE,
                                 err_text, sizeof err_text),
                     0);
    int lines = 0;
    const char *wide = strstr(text, "by-far-the-widest-of-all-names  done ");
    assert_non_null(wide);
    const size_t size = strcspn(wide, "\n");
    for (const char *line = strstr(text, "name "); *line; line += strcspn(line, "\n") + 1, lines++)
        assert_int_equal(strcspn(line, "\n"), size);
    assert_int_equal(lines, N + 1);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_store_yet),
        cmocka_unit_test(a_table_in_and_out),
        cmocka_unit_test(export_forms),
        cmocka_unit_test(dropping),
        cmocka_unit_test(refusals),
        cmocka_unit_test(status),
        cmocka_unit_test(status_tells_the_rate),
        cmocka_unit_test(a_long_list_is_as_wide_as_its_widest_name),
        cmocka_unit_test(ladders_are_listed_apart),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
