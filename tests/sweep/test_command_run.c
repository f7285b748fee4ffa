/* Ladders that commands train: killed and resumed, sealed and scored; and trainers that behave as badly as they can. */
#define _GNU_SOURCE
#include "scratch_program.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/store.h"

static void write_file(const char *name, const char *text) {
    char path[LL_PATH_MAX];
    support_write(folder, name, text, strlen(text), path);
}

static void sleep_ms(int ms) {
    struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
    nanosleep(&t, NULL);
}

/* ---- a shell script of ten lines ---- */

/* L = 1.7 + 30 / N^0.35 + 60 / D^0.37, as exact as awk prints it; it says in FOLDER.resumed where it went on. */
static const char trainer[] = "N=$1 D=$2 steps=$3 out=$4 step=0\n"
                              "[ -n \"$5\" ] && step=$(cat \"$5\") && echo \"$step\" >>\"$out.resumed\"\n"
                              "while [ \"$step\" -lt \"$steps\" ]; do\n"
                              "    step=$((step + (steps + 7) / 8)); [ \"$step\" -le \"$steps\" ] || step=$steps\n"
                              "    awk \"BEGIN { printf \\\"{\\\\\\\"step\\\\\\\": $step, \\\\\\\"loss\\\\\\\": "
                              "%.10g}\\\\n\\\", 1.7 + 30 / $N ^ 0.35 + 60 / ($D "
                              "* $step / $steps) ^ 0.37 }\" >>\"$out/m.jsonl\"\n"
                              "    echo \"$step\" >\"$out/new\"; mv \"$out/new\" \"$out/state\"; sleep 0.02\n"
                              "done\n";
static const char ladder[] =
    "schema: loglog.spec/1\nname: shell\nmodel: {family: gpt}\ntrain: {batch_tokens: 4096}\n"
    "design: {kind: ladder, rungs: 7, params: [1e4, 1e6]}\n"
    "engine:\n  kind: command\n  workers: 4\n"
    "  command: sh train.sh {params} {tokens} {steps} {out} {resume}\n"
    "  resume: '{out}/state'\n"
    "  metrics: {file: '{out}/m.jsonl'}\n";

static ll_run *read_runs(const char *store, int64_t *n) {
    char path[LL_PATH_MAX];
    ll_store *s;
    ll_run *all;
    assert_ok(ll_file_join(path, folder, store, err));
    assert_ok(ll_store_open_there(&s, path, LL_STORE_READ, err));
    assert_ok(ll_store_list_runs(s, "", -1, "", &all, n, err));
    ll_store_close(s);
    return all;
}

static ll_point *read_points(const char *store, const char *run, int64_t *n) {
    char path[LL_PATH_MAX];
    ll_store *s;
    ll_point *all;
    assert_ok(ll_file_join(path, folder, store, err));
    assert_ok(ll_store_open_there(&s, path, LL_STORE_READ, err));
    assert_ok(ll_store_list_points(s, run, &all, n, err));
    ll_store_close(s);
    return all;
}

static void assert_same(const char *a, const char *b) {
    int64_t n, m, k, l;
    ll_run *x = read_runs(a, &n), *y = read_runs(b, &m);
    assert_int_equal(n, 8);
    assert_int_equal(n, m);
    for (int64_t i = 0; i < n; i++) {
        assert_string_equal(x[i].id, y[i].id);
        assert_int_equal(y[i].state, LL_RUN_DONE);
        assert_true(x[i].loss == y[i].loss && x[i].tokens == y[i].tokens && x[i].params == y[i].params);
        ll_point *p = read_points(a, x[i].id, &k), *q = read_points(b, y[i].id, &l);
        assert_int_equal(k, l);
        for (int64_t j = 0; j < k; j++) assert_true(p[j].step == q[j].step && p[j].loss == q[j].loss);
        free(p), free(q);
    }
    free(x), free(y);
}

/* The losses are the law's, and the forecast of the last rung was sealed before and scored after. */
static void shell_ladder(void **state) {
    (void)state;
    int64_t n, points;
    write_file("train.sh", trainer);
    write_file("shell.yaml", ladder);
    gives("run shell.yaml --store a.db", 0);
    says(err_text, "forecast sealed");
    says(err_text, "forecast scored");
    ll_run *all = read_runs("a.db", &n);
    assert_int_equal(n, 8);
    for (int64_t i = 0; i < n; i++) {
        const double law = 1.7 + 30 / pow(all[i].params, 0.35) + 60 / pow(all[i].tokens, 0.37);
        assert_close(all[i].loss, law, 1e-8);
        assert_true(isnan(all[i].params_total) && isnan(all[i].flops_exact)); /* nobody has said them */
        assert_string_equal(all[i].kernels, "command");
        ll_point *p = read_points("a.db", all[i].id, &points);
        assert_int_equal(points, 8);
        free(p);
    }
    free(all);
    gives("forecast list --store a.db", 0);
    gives("run shell.yaml --store a.db", 0); /* done rungs are not run again */
    assert_null(strstr(err_text, "1/8"));
}

static pid_t start(const char *arguments) {
    const pid_t pid = fork();
    if (pid) return setpgid(pid, pid), pid;
    char command[2048];
    setpgid(0, 0);
    snprintf(command, sizeof command, "exec %.900s %s >/dev/null 2>&1 </dev/null", LL_PROGRAM, arguments);
    if (chdir(folder) == 0) execl("/bin/sh", "sh", "-c", command, NULL);
    _exit(127);
}

static void killed_and_resumed(void **state) {
    (void)state;
    int status, disturbed = 0;
    char command[LL_PATH_MAX + 80];
    for (int k = 0; k < 6; k++) {
        const pid_t pid = start("run shell.yaml --store b.db --quiet");
        sleep_ms(150 + k * 83 % 190);
        kill(k % 2 ? pid : -pid, k % 3 == 2 ? SIGTERM : SIGKILL); /* the coordinator alone; and its workers */
        assert_int_equal(waitpid(pid, &status, 0), pid);
        disturbed += status != 0;
    }
    assert_true(disturbed >= 3);
    gives("run shell.yaml --store b.db --quiet", 0);
    assert_same("a.db", "b.db");
    snprintf(command, sizeof command, "cat '%s'/b.d/*/*.resumed | grep -q '[1-9]'", folder);
    assert_int_equal(system(command), 0); /* some of them did go on from a state */
}

/* What was printed before a worker was killed counts after it: the lowest loss is that of the first step, and a trainer
 * that was through has no more to say. It kills its worker in the middle, and at its end. */
static const char printing[] = "steps=$1 out=$2 step=0\n"
                               "[ -f \"$out/state\" ] && step=$(cat \"$out/state\")\n"
                               "while [ \"$step\" -lt \"$steps\" ]; do\n"
                               "    step=$((step + 1))\n"
                               "    echo \"{\\\"step\\\": $step, \\\"loss\\\": 3.$((10 + step))}\"\n"
                               "    echo \"$step\" >\"$out/state\"\n"
                               "    case $step in 6|\"$steps\") sleep 0.3; kill -9 $PPID; sleep 5 ;; esac\n"
                               "done\n";

static void printed_and_killed(void **state) {
    (void)state;
    int64_t n, points;
    write_file("print.sh", printing);
    write_file("print.yaml", "schema: loglog.spec/1\nname: print\ntrain: {batch_tokens: 2048}\n"
                             "design: {kind: list, params: [1e5], tokens: [24k]}\nforecast: {hold_out: none}\n"
                             "engine:\n  kind: command\n  command: sh print.sh {steps} {out}\n"
                             "  metrics: {format: jsonl}\n");
    gives("run print.yaml --store p.db --quiet", 1);
    gives("run print.yaml --store p.db --quiet", 1);
    gives("run print.yaml --store p.db --quiet", 0);
    ll_run *all = read_runs("p.db", &n);
    assert_int_equal(n, 1);
    assert_true(all->steps == 12 && all->loss == 3.22);
    assert_true(all->best_step == 1 && all->best_loss == 3.11);
    free(read_points("p.db", all->id, &points));
    assert_int_equal(points, 12);
    free(all);
}

/* ---- trunks and branches ---- */

/* What tests/faults/toy_trainer.sh comes to: each step changes a sum that its state carries on. */
static double toy_loss(double N, double steps) {
    int64_t sum = 1;
    for (int64_t k = 1; k <= (int64_t)steps; k++) sum = (sum * 31 + k) % 9973;
    return (double)((int64_t)N % 89 + 1) + 1e-7 * (double)(1000000 + sum * 7);
}

/* Each branch goes on from the state that its trunk has kept: it ends as one run of so many steps does. */
static void branches(void **state) {
    (void)state;
    int64_t n, k, n_trunks = 0, n_branches = 0;
    write_file("wsd.yaml", "schema: loglog.spec/1\nname: wsd\nmodel: {context: 16, widths: [8, 16]}\n"
                           "train: {batch_tokens: 512, schedule: wsd}\nforecast: {hold_out: none}\n"
                           "design: {kind: wsd, params: [1536, 6144], tokens: [6k, 12k, 18k]}\n"
                           "engine:\n  kind: command\n  workers: 2\n"
                           "  command: sh " LL_SOURCE_DIR "/tests/faults/toy_trainer.sh {params} {steps} {out} "
                           "{start_step} '{parent}' '{branch_steps}'\n  metrics: {format: jsonl}\n");
    gives("run wsd.yaml --store w.db --quiet", 0);
    ll_run *all = read_runs("w.db", &n);
    for (int64_t i = 0; i < n; i++) {
        assert_int_equal(all[i].state, LL_RUN_DONE);
        assert_close(all[i].loss, toy_loss(all[i].params, all[i].steps), 1e-9);
        ll_point *p = read_points("w.db", all[i].id, &k);
        const bool is_trunk = !strcmp(all[i].role, "trunk");
        assert_true(is_trunk ? k == (int64_t)all[i].steps && p->step == 1 : p->step > 1);
        free(p);
        is_trunk ? n_trunks++ : n_branches++;
    }
    assert_true(n_trunks == 2 && n_branches == 6);
    free(all);
}

/* ---- trainers that behave badly ---- */

/* By their seed; 1, 2 and 13 are well behaved, but for a child that 2 leaves, and a pipe of ours that 13 writes to. */
static const char hostile[] =
    "seed=$1 steps=$2 out=$3\n"
    "good() { for k in 1 2 3; do echo \"{\\\"step\\\": $((steps * k / 3)), \\\"loss\\\": $((5 - k)).5}\"; done; }\n"
    "case $seed in\n"
    "1) good ;;\n"
    "2) good; setsid sh -c 'echo $$ >\"$0/left\"; exec sleep 1000' \"$out\" </dev/null & sleep 0.3 ;;\n"
    "3) head -c 300000 /dev/urandom ;;\n"
    "4) echo '{\"step\": 1, \"loss\": 4}'; echo '{\"step\": 2, \"loss\": NaN}'; sleep 1000 ;;\n"
    "5) head -c 1073741824 /dev/zero | tr '\\0' x ;;\n"
    "6) trap '' TERM; echo '{\"step\": 1, \"loss\": 4}'; while :; do sleep 0.1; done ;;\n"
    "7) k=30; while [ $k -gt 0 ]; do echo \"{\\\"step\\\": $k, \\\"loss\\\": 4}\"; k=$((k - 1)); done ;;\n"
    "8) echo '{\"step\": 1, \"loss\": 4}'; echo 'disk quota exceeded' >&2; exit 3 ;;\n"
    "9) kill -9 $$ ;;\n"
    "10) ;;\n"
    "11) ulimit -f 8; head -c 100000 /dev/zero >\"$out/big\"; exit $? ;;\n"
    "12) echo '{\"step\": 1, \"loss\": -3}' ;;\n"
    "13) echo garbage >&3; good ;;\n"
    "14) setsid sh -c 'echo $$ >\"$0/left\"; exec sleep 1000' \"$out\" </dev/null & sleep 0.3; kill -9 $PPID; "
    "sleep 60 ;;\n"
    "esac\n";
static const char hostile_spec[] = "schema: loglog.spec/1\nname: hostile\ntrain: {batch_tokens: 4096}\n"
                                   "design: {kind: list, params: [1e5], tokens: [2e5], seeds: 14}\n"
                                   "forecast: {hold_out: none}\n"
                                   "engine:\n  kind: command\n  workers: 4\n  stall: 4s\n  grace: 0.3s\n"
                                   "  command: sh hostile.sh {seed} {steps} {out}\n";

static const ll_run *of_seed(const ll_run *all, int64_t n, int64_t seed) {
    for (int64_t i = 0; i < n; i++)
        if (all[i].seed == seed) return &all[i];
    fail_msg("no run of seed %d", (int)seed);
    return NULL;
}

static void named_and_others_go_on(void **state) {
    (void)state;
    static const char *const why[] = { [3] = "ended with exit code 0 and told no loss",
                                       [4] = "step 2: its loss is nan",
                                       [5] = "told no" /* loss, or in time none */,
                                       [6] = "told no metric for engine.stall, 4 s",
                                       [7] = "ended with exit code 0 at step 1, expected step",
                                       [8] = "exit code 3: disk quota exceeded",
                                       [9] = "killed by signal 9",
                                       [10] = "ended with exit code 0 and told no loss",
                                       [11] = "exit code",
                                       [12] = "step 1: its loss is -3",
                                       [14] = "killed by signal 9" };
    int64_t n;
    char path[LL_PATH_MAX], *text;
    size_t size;
    struct rusage used;
    write_file("hostile.sh", hostile);
    write_file("hostile.yaml", hostile_spec);
    gives("run hostile.yaml --store h.db --quiet", 1);
    says(err_text, "11 of 14 rungs failed");
    ll_run *all = read_runs("h.db", &n);
    assert_int_equal(n, 14);
    for (int64_t seed = 1; seed <= 14; seed++) {
        const ll_run *r = of_seed(all, n, seed);
        if (seed <= 2 || seed == 13) {
            if (r->state != LL_RUN_DONE) fail_msg("seed %d: %s", (int)seed, r->failure);
            assert_true(r->loss == 2.5);
            continue;
        }
        if (r->state != LL_RUN_FAILED || !strstr(r->failure, why[seed]))
            fail_msg("seed %d is %s: '%s', expected '%s'", (int)seed, ll_run_state_name(r->state), r->failure,
                     why[seed]);
    }
    for (int64_t seed = 2; seed <= 14; seed += 12) { /* what they left is gone */
        snprintf(path, sizeof path, "%.500s/h.d/%.16s/%.200s/left", folder, all[0].id, of_seed(all, n, seed)->name);
        assert_ok(ll_file_read(path, 100, &text, &size, err));
        assert_int_not_equal(kill((pid_t)atoi(text), 0), 0);
        free(text);
    }
    free(all);
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &used), 0);
    if (used.ru_maxrss > 150 * 1024) fail_msg("%ld KiB at most, expected less than 150 MiB", used.ru_maxrss);
}

/* ---- what is refused ---- */

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *engine, *want;
    } bad[] = {
        { "kind: command", "engine.command: expected the command" },
        { "command: train", "engine.kind: is local beside an engine.command" },
        { "kind: command\n  command: train {widht}", "bad.yaml:4:18: engine.command: unknown placeholder {widht}" },
        { "kind: command\n  command: train\n  metrics: {file: '{outt}/x'}",
          "bad.yaml:5:20: engine.metrics.file: unknown" },
        { "kind: command\n  command: >-  # folded\n    tr\303\244in  'a\n    b' --w {widht}",
          "bad.yaml:6:12: engine.command: unknown" },
        { "kind: command\n  command: \"tr\303\244in 'a b' {widht}\"",
          "bad.yaml:4:25: engine.command: unknown placeholder {widht}" },
        { "kind: command\n  command: \"a\\t{widht}\"", "bad.yaml: engine.command: column 3: unknown" },
        { "kind: command\n  command: train {resume}\n  resume: --from {ot}",
          "bad.yaml:5:18: engine.resume: unknown placeholder {ot}, did you mean 'out'?" },
        { "kind: command\n  command: train\n  metrics: {format: xml}", "engine.metrics.format is 'xml'" },
        { "kind: command\n  command: train\n  metrics: {format: regex, pattern: '('}", "is no pattern" },
        { "kind: command\n  command: train\n  metrics: {format: regex, pattern: '(?<stp>1) (?<loss>2)'}",
          "group 'stp' is the name of no metric, did you mean 'step'?" },
        { "kind: command\n  command: train\n  metrics: {los: x}", "unknown key 'engine.metrics.los'" },
        { "kind: command\n  command: train\n  count: {total: '{layers}*'}",
          "bad.yaml:5:28: engine.count.total: expected" },
        { "kind: command\n  command: train\n  count: {total: '0-{width}'}", "expected a number above 0" },
        { "kind: command\n  command: train {params_total}", "engine.count.total: expected it" },
        { "kind: command\n  command: train\n  metrics: {unit: bits_per_byte}", "engine.metrics.bytes_per_token" },
    };
    char text[2048];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "schema: loglog.spec/1\nengine:\n  %s\n", bad[i].engine);
        write_file("bad.yaml", text);
        answers("run bad.yaml --dry-run", 2, bad[i].want);
    }
    write_file("none.yaml", "schema: loglog.spec/1\nforecast: {hold_out: none}\n"
                            "design: {kind: list, params: [1e4], tokens: [1e5]}\n"
                            "engine: {kind: command, command: no-such-program-here}\n");
    write_file("loss.txt", "{\"loss\": 3}\n");
    answers("run none.yaml --quiet --engine.command 'cat loss.txt'", 1, "told losses without a step");
    gives("run none.yaml --quiet --engine.command 'cat loss.txt' --engine.metrics.step ''", 0);
    answers("run none.yaml --quiet", 1, "cannot start no-such-program-here: No such file");
}

/* ---- counts ---- */

/* N of the ladder by the spec's own expression, and all of it recorded under its own name. */
static void counts(void **state) {
    (void)state;
    int64_t n;
    static const char form[] = "schema: loglog.spec/1\nforecast: {hold_out: none}\n"
                               "design: {kind: list, params: [1e5], tokens: [1e5]}\ntrain: {batch_tokens: 1024}\n"
                               "engine:\n  kind: command\n  shell: true\n"
                               "  command: 'echo \"{{ \\\"step\\\": {steps}, \\\"loss\\\": 3, \\\"n\\\": %s }}\"'\n"
                               "  metrics: {params_total: n}\n  count: {%s}\n";
    char text[2048];
    snprintf(text, sizeof text, form, "{params}", "total: '{layers}*10*{width}**2 + 300*{width}'");
    write_file("total.yaml", text);
    gives("run total.yaml --store t.db --quiet", 0);
    ll_run *r = read_runs("t.db", &n);
    const double d = (double)r->width;
    assert_true(isnan(r->params) && r->params_total == 20 * d * d + 300 * d);
    assert_true(r->flops == 6 * r->params_total * r->tokens);
    free(r);
    snprintf(text, sizeof text, form, "123456", "nonembedding: '{layers}*12*{width}**2', flops_token: '7*{width}'");
    write_file("own.yaml", text);
    gives("run own.yaml --store u.db --quiet", 0);
    r = read_runs("u.db", &n);
    assert_true(r->params == 24 * (double)r->width * (double)r->width && r->params_total == 123456);
    assert_true(r->flops_exact == 7 * (double)r->width * r->tokens);
    free(r);
}

/* ---- shapes from a table ---- */

static void shapes(void **state) {
    (void)state;
    write_file("shapes.csv", "name,heads,width,layers\na,4,64,3\nb,8,128,5\nc,2,48,2\n");
    write_file("shapes.yaml", "schema: loglog.spec/1\ndesign: {kind: ladder, rungs: 3, params: [1e4, 1e6], shapes: "
                              "shapes.csv}\nforecast: {hold_out: none}\nengine: {kind: command, command: train}\n");
    gives("run shapes.yaml --dry-run", 0);
    says(out, "shapes: \"3x64/4,5x128/8,2x48/2\"");
    says(out, " 2x48/2 ");
    says(out, " 3x64/4 ");
    says(out, " 5x128/8 ");
    write_file("shapes.csv", "heads,width,layers\n4,64,3\n8,x,5\n");
    answers("run shapes.yaml --dry-run", 2, "shapes.csv:3: layers '5', width 'x'");
    write_file("shapes.csv", "heads,width\n4,64\n");
    answers("run shapes.yaml --dry-run", 2, "shapes.csv: no column 'layers'");
    answers("run shapes.yaml --dry-run --design.shapes 2x64", 2,
            "design.shapes: '2x64', expected LAYERSxWIDTH/HEADS");
}

/* ---- by hand ---- */

/* The rungs go out as a table, the fitted ones first; filled in they come back to the same rungs, the last is sealed
 * before it goes out, and scored when it is back. */
static void by_hand(void **state) {
    (void)state;
    static const char fill[] =
        "cd '%s' && awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i } NR > 1 { $2 = 1.7 + 30 "
        "/ $c[\"params\"] ^ 0.35 + 60 / $c[\"tokens\"] ^ 0.37 } %s { print }' OFS=, OFMT=%%.10g "
        "CONVFMT=%%.10g rungs.csv >back.csv";
    char command[2 * LL_PATH_MAX];
    int64_t n;
    gives("run shell.yaml --store c.db --export rungs.csv", 0);
    says(out, "7 of 8 rungs are in rungs.csv");
    snprintf(command, sizeof command, fill, folder, "NR > 4 { $2 = \"\" }"); /* three of them, at first */
    assert_int_equal(system(command), 0);
    gives("runs import back.csv --store c.db", 0);
    says(out, "3 of its 7 runs are rungs that are done now");
    gives("run shell.yaml --store c.db --export rungs.csv", 0);
    says(out, "4 of 8 rungs are in rungs.csv");
    snprintf(command, sizeof command, fill, folder, "");
    assert_int_equal(system(command), 0);
    gives("runs import back.csv --store c.db", 0);
    gives("run shell.yaml --store c.db --export last.sh", 0);
    says(err_text, "forecast sealed");
    says(out, "1 of 8 rungs are in last.sh");
    gives("run shell.yaml --store c.db --export rungs.csv --quiet", 0);
    assert_int_equal(system(command), 0);
    gives("runs import back.csv --store c.db", 0);
    gives("run shell.yaml --store c.db --export rungs.csv", 0);
    says(err_text, "forecast scored");
    says(out, "all 8 rungs are done");
    ll_run *a = read_runs("a.db", &n), *c = read_runs("c.db", &n); /* what the script came to itself */
    for (int64_t i = 0; i < n; i++) {
        assert_string_equal(a[i].id, c[i].id);
        assert_close(c[i].loss, a[i].loss, 1e-8);
    }
    free(a), free(c);
    gives("runs import back.csv --store c.db", 0); /* again: nothing changes */
    says(out, "0 of its 1 runs");
    answers("run shell.yaml --store c.db --export rungs.txt", 2, "expected a file .csv or .sh");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shell_ladder),
        cmocka_unit_test(killed_and_resumed),
        cmocka_unit_test(printed_and_killed),
        cmocka_unit_test(branches),
        cmocka_unit_test(named_and_others_go_on),
        cmocka_unit_test(refusals),
        cmocka_unit_test(counts),
        cmocka_unit_test(shapes),
        cmocka_unit_test(by_hand),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
