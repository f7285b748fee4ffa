/* What is told of a ladder before, while and after it is trained: dry run, status, demo. */
#define _GNU_SOURCE
#include "scratch_program.h"
#include "scratch_store.h"

#include <dirent.h>
#include <math.h>
#include <time.h>

#include "base/document/json.h"
#include "sweep/workers/live.h"

static void put(const char *name, const char *text) {
    char path[LL_PATH_MAX];
    support_write(folder, name, text, strlen(text), path);
}

static bool exists(const char *name) {
    char path[LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, name, err));
    return access(path, F_OK) == 0;
}

/* ---- dry run ---- */

static int dry_folders(void) {
    const char *tmp = getenv("TMPDIR");
    int n = 0;
    DIR *d = opendir(tmp && *tmp ? tmp : "/tmp");
    for (const struct dirent *e; d && (e = readdir(d));) n += strncmp(e->d_name, "loglog-dry-", 11) == 0;
    if (d) closedir(d);
    return n;
}

static void a_dry_run_refuses_what_a_run_refuses(void **state) {
    (void)state;
    static const char *const data[] = {
        "{text: no/such/text}",
        "{text: few.txt}",
        "{text: spec.yaml, suffix: .zzz}",
        "{text: bad.jsonl}",
        "{source: markov, tokens: 30}",
        "{shards: no/such/shards}",
    };
    char line[256], said[sizeof err_text];
    put("few.txt", "three words only\n");
    put("bad.jsonl", "{\"text\": 1\n");
    int before = dry_folders();
    for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
        snprintf(line, sizeof line,
                 "schema: loglog.spec/1\nname: d\ndata: %s\nmodel: {context: 64}\ndesign: {kind: isoflop, flops: "
                 "[1e8, 1e9]}\n",
                 data[i]);
        put("spec.yaml", line);
        int code = runs("run spec.yaml");
        assert_true(code == 1 || code == 2);
        strcpy(said, err_text);
        int dry = runs("run spec.yaml --dry-run");
        if (dry != code) fail_msg("%s: run gives %d (%s), its dry run %d", data[i], code, said, dry);
    }
    assert_int_equal(dry_folders(), before);
}

/* One rung of one thread's 4 s may take 2 s: the times are those of the ladder that is announced. */
static void no_rung_takes_longer_than_the_ladder(void **state) {
    (void)state;
    put("grid.yaml",
        "schema: loglog.spec/1\nname: g\ndata: {source: markov, tokens: 40k}\nmodel: {context: 32, widths: [64]}\n"
        "design: {kind: list, params: [98304], tokens: [400k]}\nforecast: {hold_out: none}\n");
    if (runs("run grid.yaml --dry-run --json") != 0)
        put("grid.yaml",
            "schema: loglog.spec/1\nname: g\ndata: {source: markov, tokens: 40k}\n"
            "model: {context: 32, widths: [64]}\ndesign: {kind: grid, params: [98304], tokens: [20k, 400k]}\n");
    gives("run grid.yaml --dry-run --json", 0);
    ll_json *doc;
    assert_ok(ll_json_parse(out, strlen(out), "dry", &doc, err));
    const ll_json *rungs = ll_json_get(doc, "rungs");
    double all = ll_json_get_num(doc, "makespan_s"), sum = 0;
    assert_true(ll_json_size(rungs) > 0 && all > 0);
    for (size_t i = 0; i < ll_json_size(rungs); i++) {
        double s = ll_json_get_num(ll_json_at(rungs, i), "seconds");
        assert_true(s > 0 && s <= all * (1 + 1e-9));
        sum += s;
    }
    assert_true(sum >= all * (1 - 1e-9)); /* none stands idle */
    ll_json_free(doc);
}

/* ---- while it is trained ---- */

static ll_rung rung(const char *name, int64_t start, int64_t steps, double cost) {
    ll_rung r = { .start_step = start, .steps = steps, .cost = cost };
    snprintf(r.name, sizeof r.name, "%s", name);
    return r;
}

static void share_counts_what_is_running(void **state) {
    (void)state;
    const ll_rung rungs[] = { rung("a", 0, 10, 1), rung("b", 0, 10, 2), rung("c", 50, 100, 1) };
    const ll_task_state states[] = { LL_TASK_DONE, LL_TASK_WAITING, LL_TASK_WAITING };
    ll_live l, read;
    ll_live_begin(&l, rungs, states, 3);
    assert_close(l.share, 0.25, 1e-12);
    assert_true(isnan(l.left_s));
    ll_live_started(&l, &rungs[1]);
    ll_live_started(&l, &rungs[2]);
    ll_live_event(&l, &rungs[1],
                  &(ll_train_event) { .step = 5, .steps = 10, .train_loss = 2, .tokens_per_s = 9, .left_s = 3 });
    ll_live_event(&l, &rungs[2],
                  &(ll_train_event) { .step = 75, .steps = 100, .train_loss = NAN, .left_s = INFINITY });
    ll_live_update(&l); /* half of b, and of the branch what is its own: 1 + 1 + 0.5 of 4 */
    assert_close(l.share, 0.625, 1e-12);
    ll_live_event(&l, &rungs[1],
                  &(ll_train_event) { .step = 7, .steps = 10, .train_loss = 2, .tokens_per_s = 9, .left_s = 3 });
    l.began -= 8;
    ll_live_update(&l); /* 0.1 of the ladder in 8 s: 0.275 left */
    assert_close(l.left_s, 8 * 0.275 / 0.1, 0.02);
    ll_live_write(&l, folder);
    assert_true(ll_live_read(&read, folder));
    assert_close(read.share, l.share, 1e-12);
    assert_int_equal(read.n, 2);
    assert_string_equal(read.at[0].name, "b");
    assert_int_equal(read.at[0].step, 7);
    assert_true(isnan(read.at[1].train_loss));
    ll_live_ended(&l, &rungs[1], true);
    ll_live_ended(&l, &rungs[2], false); /* stopped: its checkpoint counts */
    ll_live_update(&l);
    assert_close(l.share, (1 + 2 + 0.5) / 4, 1e-12);
    assert_int_equal(l.done, 2);
    put("progress.json", "{\"share\": 7, \"running\": [1, {\"step\": \"x\"}]}");
    assert_false(ll_live_read(&read, folder));
    put("progress.json", "no JSON");
    assert_false(ll_live_read(&read, folder));
}

static void train_live(int unused) {
    (void)unused;
    support_run(folder, "run live.yaml --store live.db --quiet", NULL, 0, NULL, 0);
}

static void status_while_it_is_trained(void **state) {
    (void)state;
    bool seen = false;
    put("live.yaml", "schema: loglog.spec/1\nname: live\ndata: {source: markov, tokens: 40k}\n"
                     "model: {context: 32, widths: [32, 64]}\n"
                     "design: {kind: grid, params: [24576, 98304], tokens: [100k, 300k]}\n");
    pid_t pid = child(train_live, 0);
    while (!seen && waitpid(pid, NULL, WNOHANG) == 0) {
        ll_json *doc;
        nanosleep(&(struct timespec) { .tv_nsec = 100000000 }, NULL);
        if (!exists("live.db") || runs("status --store live.db --json") != 0) continue;
        assert_ok(ll_json_parse(out, strlen(out), "status", &doc, err));
        const ll_json *ladder = ll_json_at(ll_json_get(doc, "ladders"), 0), *list = ll_json_get(ladder, "live");
        const ll_json *first = ll_json_size(list) ? ll_json_at(list, 0) : NULL;
        if (first && ll_json_get_int(first, "step", 0) > 0) {
            double share = ll_json_get_num(ladder, "share");
            assert_true(share > 0 && share < 1);
            assert_true(ll_json_get_int(first, "step", 0) <= ll_json_get_int(first, "steps", 0));
            assert_true(ll_json_get_num(first, "left_s") > 0);
            assert_true(ll_json_get_num(first, "train_loss") > 0);
            gives("status --store live.db", 0);
            says(out, "% done");
            seen = strstr(out, "running") == NULL || strstr(out, "step ") != NULL;
        }
        ll_json_free(doc);
    }
    if (seen) wait_for(pid);
    assert_true(seen);
    gives("status --store live.db", 0);
    says(out, "100 % done: 4 done");
}

/* ---- demo ---- */

static void demo_keeps_to_its_folder(void **state) {
    (void)state;
    gives("demo --text no/such/text --out new", 2);
    says(err_text, "no/such/text");
    assert_false(exists("new"));
    gives("demo --minutes 0.001 --out short --quiet", 2); /* too short: and the arguments are written down */
    assert_true(exists("short/demo-arguments.yaml"));
    put("short/demo.yaml", "schema: loglog.spec/1\nname: demo\ndata: {text: few.txt}\n");
    static const char *const other[] = { "--minutes 1", "--text few.txt", "--device cpu" };
    char line[256];
    put("few.txt", "three words only\n");
    for (int i = 0; i < 3; i++) {
        snprintf(line, sizeof line, "demo --out short %s", other[i]);
        gives(line, 2);
        says(err_text, "was made from other arguments: leave --");
        says(err_text, "--out");
    }
    gives("demo --out short --text no/such/text", 2);
    says(err_text, "no/such/text");
    gives("demo --out short --minutes 0.001", 2); /* the same: it goes on, to a text that is too short */
    says(err_text, "few.txt");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dry_run_refuses_what_a_run_refuses),
        cmocka_unit_test(no_rung_takes_longer_than_the_ladder),
        cmocka_unit_test(share_counts_what_is_running),
        cmocka_unit_test(status_while_it_is_trained),
        cmocka_unit_test(demo_keeps_to_its_folder),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
