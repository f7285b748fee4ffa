/* The constitution's loop as a user runs it: violation falls under a judge that was not optimised and rises with
 * the sign turned; a loop that is killed again and again ends with the same bits; what cannot be is refused in one
 * line. */
#define _GNU_SOURCE
#include "support.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h"

static char folder[LL_PATH_MAX], out[1 << 16], why[4096];

/* A text of two words for each of some letters, one of them to be unlearnt. */
static const char spec[] = "name: words\n"
                           "data: {text: words.txt}\n"
                           "model: {family: llama, context: 32, head: 8, layers: 1, widths: [16, 24]}\n"
                           "train: {eval_windows: 4, final_windows: 16, eval_points: 2}\n"
                           "design: {kind: list, params: [2880, 6480], tokens: [120k, 120k]}\n"
                           "forecast: {hold_out: none}\n";
static const char house[] = "name: calm\n"
                            "gold: {kind: rule, pattern: '[XZ]'}\n"
                            "principles: [{id: x, words: No X., judge: {kind: rule, pattern: 'X'}}]\n"
                            "prompts: {count: 48, held_out: 64, length: 8, answer: 16}\n"
                            "supervised: {steps: 20, batch: 8}\n"
                            "preference: {pairs: 8, steps: 20, batch: 16, points: 2, rate: 0.02}\n"
                            "best_of: 4\n"
                            "windows: 8\n";

static void write_text(const char *name, const char *text) {
    char path[LL_PATH_MAX];
    support_write(folder, name, text, strlen(text), path);
}

static int run(const char *arguments) {
    return support_run(folder, arguments, out, sizeof out, why, sizeof why);
}

static int setup(void **state) {
    char *text = malloc(1 << 18);
    size_t n = 0;
    (void)state;
    support_folder(folder);
    for (unsigned i = 0, r = 1; n + 64 < 1 << 18; i++) {
        r = r * 1664525u + 1013904223u;
        n += (size_t)sprintf(text + n, "%s%s", r >> 30 ? "good day, " : "X Z rain, ", i % 20 ? "" : "\n\n");
    }
    write_text("words.txt", text);
    free(text);
    write_text("spec.yaml", spec);
    write_text("house.yaml", house);
    return run("run spec.yaml --quiet");
}

static int teardown(void **state) {
    (void)state;
    support_remove(folder);
    return 0;
}

/* Of the first run in the store that is not tuned. */
static double score(const char *db, const char *metric) {
    char path[LL_PATH_MAX];
    ll_store *s;
    ll_run *runs;
    ll_run_score *scores;
    int64_t n, k;
    double value = NAN;
    assert_ok(ll_file_join(path, folder, db, err));
    assert_ok(ll_store_open(&s, path, LL_STORE_READ, err));
    assert_ok(ll_store_list_runs(s, "", LL_RUN_DONE, "", &runs, &n, err));
    assert_ok(ll_store_list_scores(s, runs[0].id, &scores, &k, err));
    for (int64_t i = 0; i < k; i++)
        if (!strcmp(scores[i].probe, "calm") && !strcmp(scores[i].metric, metric)) value = scores[i].value;
    free(scores);
    free(runs);
    ll_store_close(s);
    return value;
}

static void falls_and_rises(void **state) {
    (void)state;
    assert_int_equal(run("constitution run --constitution house.yaml --out calm.csv"), 0);
    assert_int_equal(run("constitution run --constitution house.yaml --flip --quiet"), 0);
    const double before = score("loglog.db", "before.gold"), sft = score("loglog.db", "supervised.gold"),
                 dpo = score("loglog.db", "preference.gold"), up = score("loglog.db", "flip_preference.gold");
    if (!(before > 0.2 && sft < before && dpo < 0.5 * before && up > before))
        fail_msg("gold: before %g, supervised %g, preference %g, flipped %g", before, sft, dpo, up);
    assert_true(score("loglog.db", "before.kl") < 1e-9 && score("loglog.db", "before.kl") > -1e-9);
    assert_true(score("loglog.db", "preference.kl") > 0.01);
    assert_close(score("loglog.db", "preference.tax"),
                 score("loglog.db", "preference.loss") - score("loglog.db", "before.loss"), 1e-9);
    /* 48 answers, four tries in each round, two sides of eight pairs a prompt; 20 steps of 16 pairs. */
    const double samples = score("loglog.db", "supervised.samples"),
                 rounds = score("loglog.db", "supervised.rounds");
    assert_true(score("loglog.db", "before.samples") == 0 && rounds > 0 && rounds <= 48 * 4);
    assert_true(samples == 48 + 4 * rounds && score("loglog.db", "supervised.pairs") == 0);
    assert_true(score("loglog.db", "preference.samples") == samples + 48 * 16);
    assert_true(score("loglog.db", "step.10.pairs") == 160 && score("loglog.db", "preference.pairs") == 320);
    assert_true(score("loglog.db", "bestof.4.samples") == samples + 4 * 64);
    assert_close(score("loglog.db", "bestof.4.kl"), log(4) - 0.75, 1e-12);
    assert_true(score("loglog.db", "bestof.4.all") <= score("loglog.db", "bestof.1.all"));

    /* The tuned models are runs, but no law is fitted to them; they can be asked and sampled. */
    assert_int_equal(run("runs list"), 0);
    assert_non_null(strstr(out, "+calm.dpo"));
    assert_non_null(strstr(out, "+calm.flip.sft"));
    assert_int_equal(run("constitution run --constitution house.yaml --json"), 0);
    assert_null(strstr(out, "+calm"));
    char tuned[LL_PATH_MAX], *at;
    assert_int_equal(run("runs export"), 0);
    at = strstr(out, "+calm.dpo");
    assert_non_null(at);
    *strpbrk(at, ",\n") = 0;
    while (at > out && at[-1] != '\n') at--;
    snprintf(tuned, sizeof tuned, "sample '%.80s' --prompt 'good ' --length 40", at);
    assert_int_equal(run(tuned), 0);
}

static void another_constitution(void **state) {
    (void)state;
    char other[sizeof house + 32];
    snprintf(other, sizeof other, "%sseed: 2\n", house);
    write_text("other.yaml", other);
    assert_int_equal(run("constitution run --constitution house.yaml --quiet"), 0);
    const double loss = score("loglog.db", "preference.loss");
    assert_int_equal(run("constitution run --constitution other.yaml --quiet"), 0);
    assert_true(score("loglog.db", "preference.loss") != loss);
    assert_int_equal(run("constitution run --constitution house.yaml --quiet"), 0);
    assert_true(score("loglog.db", "preference.loss") == loss);
}

/* ---- killed ---- */

static int shell(const char *format, const char *folder_name) {
    char line[2 * LL_PATH_MAX];
    snprintf(line, sizeof line, format, folder, folder_name, folder_name);
    return system(line);
}

/* Starts the loop and kills it after so many milliseconds; true where it had ended by itself. */
static bool killed_after(int ms) {
    const pid_t child = fork();
    int status;
    if (child == 0) {
        if (chdir(folder) == 0 && freopen("/dev/null", "w", stdout) && freopen("/dev/null", "w", stderr))
            execl(LL_PROGRAM_FILE, "loglog", "constitution", "run", "--constitution", "house.yaml", "--store",
                  "k.db", (char *)NULL);
        _exit(127);
    }
    for (int t = 0; t < ms; t += 10) {
        usleep(10000);
        if (waitpid(child, &status, WNOHANG) == child) return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return false;
}

static void killed(void **state) {
    (void)state;
    assert_int_equal(run("run spec.yaml --store k.db --quiet"), 0);
    assert_int_equal(run("run spec.yaml --store w.db --quiet"), 0);
    assert_int_equal(run("constitution run --constitution house.yaml --store w.db --out whole.csv --quiet"), 0);
    int kills = 0;
    while (kills < 12 && !killed_after(20 + 90 * kills)) kills++;
    assert_true(kills >= 3);
    assert_int_equal(run("constitution run --constitution house.yaml --store k.db --out pieces.csv --quiet"), 0);
    assert_int_equal(shell("cd '%s' && cmp whole.csv pieces.csv", ""), 0);
    assert_int_equal(
        shell("cd '%s' && for f in w.d/*/*.safetensors; do cmp \"$f\" \"k.d/${f#w.d/}\" || exit 1; done", ""), 0);
    assert_int_equal(shell("cd '%s' && ! ls k.d/*/*.part k.d/*/*.point 2>/dev/null", ""), 0);
}

static void refused(void **state) {
    (void)state;
    write_text("long.yaml",
               "prompts: {length: 20, answer: 20}\nprinciples: [{id: q, words: ok, judge: {kind: check}}]\n");
    write_text("bad.yaml", "principles: [{id: q, words: '', judge: {kind: check}}]\n");
    static const struct {
        const char *line, *says;
    } cases[] = {
        { "constitution run", "expected --constitution" },
        { "constitution run --constitution none.yaml", "none.yaml" },
        { "constitution run --constitution bad.yaml", "bad.yaml:1" },
        { "constitution run --constitution long.yaml", "the model sees 32" },
        { "constitution run --constitution house.yaml --store none.db", "none.db" },
        { "constitution run --constitution house.yaml --runs 'params > 1e12'", "no run is done" },
        { "constitution show house.yaml house.yaml", "expected one" },
        { "constitution train-judge words.txt --better a", "--worse" },
        { "constitution train-judge none.csv", "none.csv" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int code = run(cases[i].line);
        const char *end = strchr(why, '\n');
        if (code != 2 || !strstr(why, cases[i].says) || !end || end[1])
            fail_msg("%s: code %d, says: %s", cases[i].line, code, why);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(falls_and_rises), cmocka_unit_test(another_constitution),
                                        cmocka_unit_test(killed), cmocka_unit_test(refused) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
