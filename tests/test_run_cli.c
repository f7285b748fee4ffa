/* The verb 'run' as a user meets it: what it leaves behind, what a kill leaves behind, and how it refuses. */
#define _GNU_SOURCE
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "data/build.h"
#include "store/store.h"
#include "tensor/kernels.h"

/* Six small rungs and one to forecast, about a second in all. */
static const char ladder[] = "schema: loglog.spec/1\n"
                             "name: tiny\n"
                             "data: {source: markov, tokens: 40k}\n"
                             "model: {context: 16, widths: [8, 16, 32]}\n"
                             "train: {eval_windows: 16, final_windows: 64, checkpoint: 0.1, eval_points: 5}\n"
                             "design: {kind: grid, params: [1536, 6144, 24576], tokens: [20k, 40k]}\n";

static void put(const char *folder, const char *name, const char *text) {
    char path[LL_PATH_MAX];
    support_write(folder, name, text, strlen(text), path);
}

/* Regular files below a folder, the scratch files of support_run aside. */
static int count_files(const char *folder, const char *part) {
    int n = 0;
    DIR *d = opendir(folder);
    struct dirent *e;
    while (d && (e = readdir(d))) {
        char path[LL_PATH_MAX + 300];
        struct stat st;
        if (e->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) n += count_files(path, part);
        else n += strstr(e->d_name, part) != NULL;
    }
    if (d) closedir(d);
    return n;
}

static int lines(const char *text) {
    int n = 0;
    for (; *text; text++) n += *text == '\n';
    return n;
}

/* ---- losses in the store ---- */

typedef struct losses {
    int64_t n;
    ll_run *runs;
} losses;

static losses read_losses(const char *folder) {
    char path[LL_PATH_MAX];
    ll_store *s;
    losses l;
    assert_ok(ll_file_join(path, folder, "loglog.db", err));
    assert_ok(ll_store_open(&s, path, LL_STORE_READ, err));
    assert_ok(ll_store_list_runs(s, "", -1, NULL, &l.runs, &l.n, err));
    ll_store_close(s);
    return l;
}

static void assert_same_losses(const char *folder, const losses *want) {
    losses got = read_losses(folder);
    assert_int_equal(got.n, want->n);
    for (int64_t i = 0; i < got.n; i++) {
        const ll_run *a = &got.runs[i], *b = &want->runs[i];
        assert_string_equal(a->id, b->id);
        assert_int_equal(a->state, LL_RUN_DONE);
        if (memcmp(&a->loss, &b->loss, 8) || memcmp(&a->loss_se, &b->loss_se, 8) ||
            memcmp(&a->train_loss, &b->train_loss, 8))
            fail_msg("%s: loss %.17g, expected %.17g", a->name, a->loss, b->loss);
    }
    free(got.runs);
}

static losses reference; /* of two workers, undisturbed */

static int set_up(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], err[4096];
    support_folder(folder);
    put(folder, "spec.yaml", ladder);
    int code = support_run(folder, "run spec.yaml --workers 2", NULL, 0, err, sizeof err);
    if (code != 0) fail_msg("exit %d: %s", code, err);
    reference = read_losses(folder);
    assert_int_equal(reference.n, 6);
    assert_int_equal(count_files(folder, ".part"), 0);
    assert_int_equal(count_files(folder, ".state"), 0);
    assert_int_equal(count_files(folder, "k.safetensors"), 6);
    support_remove(folder);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    free(reference.runs);
    return 0;
}

static void dry_run_writes_nothing(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], out[65536], err[4096];
    support_folder(folder);
    put(folder, "spec.yaml", ladder);
    assert_int_equal(support_run(folder, "run spec.yaml --dry-run", out, sizeof out, err, sizeof err), 0);
    assert_string_equal(err, "");
    for (int64_t i = 0; i < reference.n; i++) assert_non_null(strstr(out, reference.runs[i].name));
    assert_int_equal(support_run(folder, "run spec.yaml --dry-run --json", out, sizeof out, err, sizeof err), 0);
    ll_json *doc;
    assert_ok(ll_json_parse(out, strlen(out), "stdout", &doc, err));
    assert_string_equal(ll_json_get_str(doc, "schema"), "loglog.dry-run/1");
    assert_int_equal(ll_json_size(ll_json_get(doc, "rungs")), 6);
    for (size_t i = 0; i < 6; i++) {
        const ll_json *r = ll_json_at(ll_json_get(doc, "rungs"), i);
        double N = ll_json_get_num(r, "params"), D = ll_json_get_num(r, "tokens");
        assert_close(ll_json_get_num(r, "flops"), 6 * N * D, 1e-12);
        assert_true(ll_json_get_num(r, "seconds") > 0 && ll_json_get_num(r, "memory_bytes") > 4 * 4 * N);
    }
    ll_json_free(doc);
    assert_int_equal(count_files(folder, ""), 1);
    support_remove(folder);
}

static void json_and_quiet(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], out[65536], err[4096];
    support_folder(folder);
    put(folder, "spec.yaml", ladder);
    assert_int_equal(support_run(folder, "run spec.yaml --json --quiet", out, sizeof out, err, sizeof err), 0);
    assert_string_equal(err, "");
    ll_json *doc;
    assert_ok(ll_json_parse(out, strlen(out), "stdout", &doc, err));
    assert_int_equal(ll_json_get_int(doc, "rungs", -1), 6);
    assert_string_equal(ll_json_get_str(doc, "ladder"), reference.runs[0].ladder);
    ll_json_free(doc);
    assert_same_losses(folder, &reference);
    assert_int_equal(support_run(folder, "run spec.yaml", out, sizeof out, err, sizeof err),
                     0); /* nothing left to do */
    assert_same_losses(folder, &reference);
    support_remove(folder);
}

static void workers_do_not_show(void **state) {
    (void)state;
    static const char *const how[] = { "run spec.yaml --workers 1 --quiet", "run spec.yaml --workers 4 --quiet",
                                       "run spec.yaml --workers 4 --memory 4M --quiet" };
    for (int i = 0; i < 3; i++) {
        char folder[LL_PATH_MAX], err[4096];
        support_folder(folder);
        put(folder, "spec.yaml", ladder);
        int code = support_run(folder, how[i], NULL, 0, err, sizeof err);
        if (code) fail_msg("exit %d: %s", code, err);
        assert_same_losses(folder, &reference);
        support_remove(folder);
    }
}

/* ---- killed, interrupted, disputed ---- */

static pid_t start(const char *folder, const char *flags) {
    pid_t pid = fork();
    if (pid) return setpgid(pid, pid), pid;
    char command[1024];
    setpgid(0, 0);
    snprintf(command, sizeof command, "exec %.900s run spec.yaml %s >.out 2>.err </dev/null", LL_PROGRAM, flags);
    if (chdir(folder) == 0) execl("/bin/sh", "sh", "-c", command, NULL);
    _exit(127);
}

static void sleep_ms(int ms) {
    struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
    nanosleep(&t, NULL);
}

static int reap(pid_t pid) {
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Whether no process of the group is left, within two seconds. */
static bool group_ends(pid_t pgid) {
    for (int i = 0; i < 200; i++, sleep_ms(10))
        if (kill(-pgid, 0) != 0) return true;
    return false;
}

static void kill_9(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], err[4096];
    int disturbed = 0;
    for (int round = 0; round < 2; round++) {
        support_folder(folder);
        put(folder, "spec.yaml", ladder);
        for (int k = 0; k < 4; k++) { /* four deaths of one ladder, at moments of no pattern */
            pid_t pid = start(folder, "--workers 2 --quiet");
            sleep_ms(20 + (round * 137 + k * 89) % 260);
            kill(-pid, SIGKILL);
            disturbed += reap(pid) == 128 + SIGKILL;
        }
        int code = support_run(folder, "run spec.yaml --quiet", NULL, 0, err, sizeof err);
        if (code) fail_msg("exit %d: %s", code, err);
        assert_same_losses(folder, &reference);
        assert_int_equal(count_files(folder, ".part"), 0);
        assert_int_equal(count_files(folder, ".state"), 0);
        support_remove(folder);
    }
    assert_true(disturbed >= 3);
}

/* Only the parent dies: its workers notice and do not go on for ever; the next run takes over. */
static void parent_alone_is_killed(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], err[4096];
    support_folder(folder);
    put(folder, "spec.yaml", ladder);
    pid_t pid = start(folder, "--workers 2 --quiet");
    sleep_ms(250);
    kill(pid, SIGKILL);
    reap(pid);
    int code = support_run(folder, "run spec.yaml --quiet", NULL, 0, err, sizeof err);
    if (code) fail_msg("exit %d: %s", code, err);
    assert_true(group_ends(pid));
    assert_same_losses(folder, &reference);
    support_remove(folder);
}

static void read_text(const char *folder, const char *name, char *buf, size_t size) {
    char path[LL_PATH_MAX];
    snprintf(path, sizeof path, "%.900s/%s", folder, name);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    buf[fread(buf, 1, size - 1, in)] = 0;
    fclose(in);
}

/* Ctrl-C as a terminal sends it, to the whole group, and SIGTERM to the parent alone: stopped, said so, gone on.
 * How fast this machine is decides what a moment meets; moments are tried until two of each have met a ladder at
 * work. One that came before the program listened, or after its end, shows nothing. */
static void interrupted(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], err[4096];
    int met[2] = { 0 };
    int64_t stopped = 0;
    for (int i = 0; i < 60 && (met[0] < 2 || met[1] < 2 || stopped < 2); i++) {
        int terminal = i % 2;
        support_folder(folder);
        put(folder, "spec.yaml", ladder);
        pid_t pid = start(folder, "--workers 2 --quiet");
        sleep_ms(60 + i * 97 % 600);
        kill(terminal ? -pid : pid, terminal ? SIGINT : SIGTERM);
        int code = reap(pid);
        read_text(folder, ".err", err, sizeof err);
        assert_true(group_ends(pid));
        if (code == 1) {
            if (lines(err) != 1 || !strstr(err, "stopped")) fail_msg("moment %d: %s", i, err);
            met[terminal]++;
            losses l = read_losses(folder);
            for (int64_t k = 0; k < l.n; k++) {
                stopped += l.runs[k].state == LL_RUN_STOPPED;
                if (l.runs[k].state == LL_RUN_FAILED || l.runs[k].state == LL_RUN_RUNNING)
                    fail_msg("moment %d: %s is %s: %s", i, l.runs[k].name, ll_run_state_name(l.runs[k].state),
                             l.runs[k].failure);
            }
            free(l.runs);
        } else if (code != 0 && code != 128 + (terminal ? SIGINT : SIGTERM)) {
            fail_msg("moment %d: exit %d: %s", i, code, err);
        }
        code = support_run(folder, "run spec.yaml --quiet --workers 3", NULL, 0, err, sizeof err);
        if (code) fail_msg("exit %d: %s", code, err);
        assert_same_losses(folder, &reference);
        assert_int_equal(count_files(folder, ".state"), 0);
        support_remove(folder);
    }
    assert_true(met[0] >= 2 && met[1] >= 2 && stopped >= 2);
}

static void two_at_once(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], err[4096];
    support_folder(folder);
    put(folder, "spec.yaml", ladder);
    pid_t pid = start(folder, "--workers 1 --quiet");
    for (int i = 0; i < 2000 && count_files(folder, "lock") == 0; i++) sleep_ms(5);
    sleep_ms(20);
    assert_int_equal(support_run(folder, "run spec.yaml", NULL, 0, err, sizeof err), 1);
    assert_int_equal(lines(err), 1);
    assert_non_null(strstr(err, "another process"));
    assert_int_equal(reap(pid), 0);
    assert_same_losses(folder, &reference);
    support_remove(folder);
}

/* ---- utilisation ---- */

/* What was trained is what the ladder holds, over the time it took; done once more, nothing was. */
static void use_is_told(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], out[65536], err[4096];
    ll_json *doc;
    double expected = 0, flops = 0;
    support_folder(folder);
    put(folder, "spec.yaml", ladder);
    assert_int_equal(support_run(folder, "run spec.yaml --dry-run --json", out, sizeof out, err, sizeof err), 0);
    assert_ok(ll_json_parse(out, strlen(out), "stdout", &doc, err));
    const ll_json *rungs = ll_json_get(doc, "rungs");
    for (size_t i = 0; i < ll_json_size(rungs); i++)
        expected += ll_json_get_num(ll_json_at(rungs, i), "flops_exact");
    ll_json_free(doc);
    assert_int_equal(support_run(folder, "run spec.yaml --quiet --json", out, sizeof out, err, sizeof err), 0);
    assert_ok(ll_json_parse(out, strlen(out), "stdout", &doc, err));
    const ll_json *use = ll_json_get(doc, "use"), *stages = ll_json_get(use, "stages");
    double wall = 0;
    assert_int_equal(ll_json_size(stages), 2);
    for (size_t i = 0; i < 2; i++) {
        const ll_json *s = ll_json_at(stages, i);
        flops += ll_json_get_num(s, "flops");
        wall += ll_json_get_num(s, "wall_s");
        assert_true(ll_json_get_num(s, "cpu_s") > 0 && ll_json_get_num(s, "busy") <= 1.01);
    }
    assert_close(flops, expected, 0.01);
    assert_close(ll_json_get_num(use, "flops_per_s"), flops / wall, 1e-9);
    assert_true(ll_json_get_num(use, "share_of_peak") > 0);
    ll_json_free(doc);
    assert_int_equal(support_run(folder, "run spec.yaml --quiet --json", out, sizeof out, err, sizeof err), 0);
    assert_ok(ll_json_parse(out, strlen(out), "stdout", &doc, err));
    assert_int_equal(ll_json_size(ll_json_get(ll_json_get(doc, "use"), "stages")), 0);
    ll_json_free(doc);
    support_remove(folder);
}

/* ---- precision ---- */

/* The precision and the identity that a dry run resolves a spec to. */
static void resolve(const char *folder, const char *flags, char precision[16], char id[32]) {
    char command[512], out[65536];
    ll_json *doc;
    snprintf(command, sizeof command, "run spec.yaml --dry-run --json %s", flags);
    assert_int_equal(support_run(folder, command, out, sizeof out, NULL, 0), 0);
    assert_ok(ll_json_parse(out, strlen(out), "stdout", &doc, err));
    const ll_json *train = ll_json_get(ll_json_get(doc, "spec"), "train");
    snprintf(precision, 16, "%s", ll_json_get_str(train, "precision"));
    snprintf(id, 32, "%s", ll_json_get_str(doc, "spec_hash"));
    ll_json_free(doc);
}

/* "auto" is resolved before the ladder is named: it is the same ladder as the one that says so. */
static void automatic_precision(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], got[16], want[16], id[32], same[32];
    support_folder(folder);
    put(folder, "spec.yaml",
        "data: {source: markov, tokens: 20k}\n"
        "model: {context: 16, widths: [16, 64, 128]}\n"
        "design: {kind: list, params: [6144, 98304], tokens: [5k, 5k]}\n"
        "forecast: {hold_out: none}\n");
    const bool has_bf16 = *ll_kernels_list("bf16") && !getenv(LL_KERNELS_ENV);
    resolve(folder, "--train.precision auto", got, id);
    resolve(folder, has_bf16 ? "--train.precision bf16" : "--train.precision fp32", want, same);
    assert_string_equal(got, want);
    assert_string_equal(id, same);
    resolve(folder, "--train.precision auto --train.kernels ref", got, id); /* which knows fp32 alone */
    assert_string_equal(got, "fp32");
    resolve(folder, "--train.precision auto --design.params 6144,393216", got, id); /* width 128: never compared */
    assert_string_equal(got, "fp32");
    support_remove(folder);
}

/* ---- memory ---- */

static void memory_is_as_announced(void **state) {
    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    print_message("SKIPPED: a sanitizer's own memory is not announced\n");
    skip();
#endif
    static const char *const families[] = { "gpt", "llama" };
    for (int f = 0; f < 2; f++) {
        char folder[LL_PATH_MAX], out[65536], err[4096], flags[256];
        support_folder(folder);
        put(folder, "spec.yaml",
            "data: {source: markov, tokens: 20k}\n"
            "model: {context: 64, widths: [8, 32, 64, 128]}\n"
            "train: {eval_windows: 4, final_windows: 8, batch_tokens: 1024, eval_points: 2}\n"
            "design: {kind: list, params: [1536, 24576, 98304, 393216], tokens: [5k, 5k, 5k, 6k]}\n");
        snprintf(flags, sizeof flags, "run spec.yaml --quiet --workers 1 --model.family %s", families[f]);
        assert_int_equal(support_run(folder, flags, NULL, 0, err, sizeof err), 0);
        strcat(flags, " --dry-run --json");
        assert_int_equal(support_run(folder, flags, out, sizeof out, err, sizeof err), 0);
        losses l = read_losses(folder);
        ll_json *doc;
        assert_ok(ll_json_parse(out, strlen(out), "stdout", &doc, err));
        assert_int_equal(l.n, 4);
        for (int64_t i = 0; i < l.n; i++)
            for (int64_t k = 0; k < 4; k++) {
                const ll_json *r = ll_json_at(ll_json_get(doc, "rungs"), (size_t)k);
                if (strcmp(ll_json_get_str(r, "name"), l.runs[i].name)) continue;
                double said = ll_json_get_num(r, "memory_bytes"), came = l.runs[i].memory_bytes;
                print_message("%s %s: announced %.2f MiB, held %.2f MiB\n", families[f], l.runs[i].name,
                              said / 1048576, came / 1048576);
                assert_close(came, said, 0.2);
                l.runs[i].memory_bytes = NAN;
            }
        for (int64_t i = 0; i < l.n; i++) assert_true(isnan(l.runs[i].memory_bytes)); /* each was met */
        ll_json_free(doc);
        free(l.runs);
        support_remove(folder);
    }
}

/* ---- bad input ---- */

static const struct bad {
    const char *what, *spec;
    int code;
    const char *says[2]; /* in the one line */
} bad[] = {
    { "empty", "", 2, { "spec.yaml", "empty" } },
    { "blank lines", "\n\n# nothing\n", 2, { "spec.yaml", "empty" } },
    { "no YAML", "a: [1, 2\n", 2, { "spec.yaml" } },
    { "a list", "- 1\n- 2\n", 2, { "spec.yaml:1" } },
    { "unknown key", "data: {source: markov}\ntrain: {lrr: 3}\n", 2, { "spec.yaml:2", "train.lr" } },
    { "unknown group", "data: {source: markov}\ntrian: {lr: 3}\n", 2, { "spec.yaml:2", "trian" } },
    { "wrong type", "data: {source: markov}\n\ntrain: {lr: fast}\n", 2, { "spec.yaml:3", "train.lr" } },
    { "a list for a number", "data: {source: markov}\ntrain: {lr: [1, 2]}\n", 2, { "spec.yaml:2", "train.lr" } },
    { "negative size", "data: {source: markov}\nmodel: {context: -16}\n", 2, { "spec.yaml:2", "model.context" } },
    { "negative N",
      "data: {source: markov}\ndesign: {kind: ladder, params: [-1, 2]}\n",
      2,
      { "spec.yaml:2", "design.params" } },
    { "negative batch",
      "data: {source: markov}\ntrain: {batch_tokens: -5}\n",
      2,
      { "spec.yaml:2", "train.batch_tokens" } },
    { "negative memory", "data: {source: markov}\nengine: {memory: -1G}\n", 2, { "spec.yaml:2", "engine.memory" } },
    { "negative bytes", "data: {source: markov, max_bytes: -1}\n", 2, { "spec.yaml:1", "data.max_bytes" } },
    { "no number", "data: {source: markov}\ntrain: {lr: nan}\n", 2, { "spec.yaml:2", "train.lr" } },
    { "beyond numbers", "data: {source: markov}\ntrain: {lr: 1e999}\n", 2, { "spec.yaml:2", "train.lr" } },
    { "head that does not divide",
      "data: {source: markov}\nmodel: {head: 16, widths: [24]}\n",
      2,
      { "spec.yaml", "24" } },
    { "odd head for rope",
      "data: {source: markov}\nmodel: {family: llama, head: 3, widths: [9]}\n",
      2,
      { "heads", "even" } },
    { "no data", "model: {context: 16}\n", 2, { "spec.yaml", "data" } },
    { "two sources", "data: {source: markov, text: x.txt}\n", 2, { "spec.yaml", "data" } },
    { "missing path", "data: {text: nowhere.txt}\n", 2, { "nowhere.txt" } },
    { "empty folder", "data: {text: nothing}\n", 2, { "nothing" } },
    { "empty text", "data: {text: empty.txt}\n", 2, { "empty.txt" } },
    { "missing shards", "data: {shards: no/such}\n", 2, { "no/such.train.bin" } },
    { "truncated shard", "data: {shards: cut}\n", 2, { "cut.train.bin" } },
    { "token outside", "data: {shards: alien}\nmodel: {context: 8}\n", 2, { "alien.train.bin" } },
    { "context beyond the data", "data: {source: markov, tokens: 10k}\nmodel: {context: 50000}\n", 2, { "50001" } },
    { "wrong schema", "schema: loglog.spec/2\ndata: {source: markov}\n", 2, { "spec.yaml:1", "schema" } },
    { "a name that is a path", "name: ../x\ndata: {source: markov}\n", 2, { "spec.yaml", "name" } },
    { "reversed ladder",
      "data: {source: markov}\ndesign: {kind: ladder, params: [9000, 2000]}\n",
      2,
      { "spec.yaml", "design.params" } },
    { "empty grid",
      "data: {source: markov}\ndesign: {kind: grid, params: []}\n",
      2,
      { "spec.yaml", "design.params" } },
    { "unpaired list",
      "data: {source: markov}\ndesign: {kind: list, params: [2k, 3k], tokens: [20k]}\n",
      2,
      { "spec.yaml", "design.tokens" } },
    { "kernels of no name", "data: {source: markov}\ntrain: {kernels: abacus}\n", 2, { "abacus", "ref" } },
    { "beyond all time",
      "data: {source: markov}\ndesign: {flops: [1e28, 1e30]}\nmodel: {widths: [8]}\n",
      2,
      { "design" } },
    { "beyond all memory",
      "data: {source: markov}\nmodel: {widths: [65536], layers: 512}\ndesign: {kind: list, params: [1e12], tokens: "
      "[20k]}\nforecast: {hold_out: none}\n",
      1,
      { "memory" } },
    { "a list of one to hold out",
      "data: {source: markov, tokens: 20k}\ndesign: {kind: list, params: [2k], tokens: [20k]}\n",
      2,
      { "forecast.hold_out" } },
    { "too little memory", "data: {source: markov}\nengine: {memory: 1000}\n", 1, { "memory" } },
    { "diverges",
      "data: {source: markov, tokens: 40k}\nmodel: {context: 16, widths: [16]}\n"
      "train: {lr: 100, decay: 10, clip: 0}\ndesign: {kind: list, params: [6144], tokens: [200k]}\n"
      "forecast: {hold_out: none}\n",
      1,
      { "6.14k", "lower train.lr" } },
};

/* Files that the specs above speak of. */
static void put_data(const char *folder) {
    char path[LL_PATH_MAX];
    static uint16_t block[512 + 4000];
    int32_t *header = (int32_t *)block;
    header[0] = LL_SHARD_MAGIC, header[1] = LL_SHARD_VERSION, header[2] = 4000;
    for (int i = 0; i < 4000; i++) block[512 + i] = (uint16_t)(i % 7);
    support_write(folder, "empty.txt", "", 0, path);
    assert_ok(ll_file_join(path, folder, "nothing", err));
    assert_ok(ll_file_mkdir(path, err));
    support_write(folder, "cut.train.bin", block, sizeof block - 100, path);
    support_write(folder, "cut.val.bin", block, sizeof block, path);
    ll_source *source; /* a sound pair, then one token beyond its vocabulary */
    ll_build_report report;
    assert_ok(ll_source_markov(&source, 7, 1, 0.5, 1, err));
    assert_ok(ll_file_join(path, folder, "alien", err));
    assert_ok(ll_build_source(source, path, 4000, 4000, 1, &report, err));
    ll_source_free(source);
    assert_ok(ll_file_join(path, folder, "alien.train.bin", err));
    FILE *f = fopen(path, "r+b");
    fseek(f, LL_SHARD_HEADER + 2 * 77, SEEK_SET);
    fputc(99, f);
    fclose(f);
}

static void bad_input(void **state) {
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char folder[LL_PATH_MAX], out[4096], err[4096];
        support_folder(folder);
        put(folder, "spec.yaml", bad[i].spec);
        put_data(folder);
        int code = support_run(folder, "run spec.yaml --quiet --data.tokens 40k", out, sizeof out, err, sizeof err);
        bool said = strstr(err, bad[i].says[0]) && (!bad[i].says[1] || strstr(err, bad[i].says[1]));
        int parts = count_files(folder, ".part") + count_files(folder, ".state");
        if (code == bad[i].code && lines(err) == 1 && !*out && said && parts == 0) {
            support_remove(folder);
            continue;
        }
        print_error("%s: exit %d (expected %d), %d left over: %s\n", bad[i].what, code, bad[i].code, parts, err);
        wrong++;
        support_remove(folder);
    }
    assert_int_equal(wrong, 0);
}

static void assert_refused(const char *folder, const char *args, int code, const char *says) {
    char out[4096], err[4096];
    int got = support_run(folder, args, out, sizeof out, err, sizeof err);
    if (got != code || lines(err) != 1 || !strstr(err, says) || *out)
        fail_msg("'%s': exit %d (expected %d with '%s'): %s%s", args, got, code, says, out, err);
}

static void bad_files(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX], noise[5000];
    support_folder(folder);
    put(folder, "spec.yaml", ladder);
    for (int i = 0; i < 5000; i++) noise[i] = (char)(i * 7919 >> 3);
    support_write(folder, "noise.yaml", noise, sizeof noise, path);
    assert_refused(folder, "run noise.yaml", 2, "noise.yaml");
    assert_refused(folder, "run missing.yaml", 2, "missing.yaml");
    assert_refused(folder, "run .", 2, ".");
    assert_refused(folder, "run", 2, "spec");
    assert_refused(folder, "run spec.yaml spec.yaml", 2, "spec");
    assert_refused(folder, "run spec.yaml --wrokers 2", 2, "workers");
    assert_refused(folder, "run spec.yaml --workers two", 2, "workers");
    assert_refused(folder, "run spec.yaml --workers -2", 2, "workers");
    assert_refused(folder, "run spec.yaml --memory -2G", 2, "memory");
    assert_refused(folder, "run spec.yaml --train.lr -1", 2, "train.lr");
    assert_refused(folder, "run spec.yaml --model.context 1.5", 2, "model.context");
    assert_refused(folder, "run spec.yaml --store no/such/place/x.db --dry-run --train.kernels nix", 2, "nix");
    assert_int_equal(count_files(folder, ""), 2);
    if (geteuid() == 0) print_message("SKIPPED: an unreadable file means nothing to root\n");
    else {
        chmod(path, 0);
        assert_refused(folder, "run noise.yaml", 2, "noise.yaml");
    }
    support_remove(folder);
}

static void damaged_store(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX];
    support_folder(folder);
    put(folder, "spec.yaml", ladder);
    put(folder, "loglog.db",
        "this is no database, but long enough to look like one if nobody reads its first line at all..........");
    char out[4096], err[4096];
    int code = support_run(folder, "run spec.yaml --quiet", out, sizeof out, err, sizeof err);
    if ((code != 1 && code != 2) || lines(err) != 1 || !strstr(err, "loglog.db"))
        fail_msg("exit %d: %s", code, err);
    support_write(folder, "loglog.db", "", 0, path); /* an empty file is a new database to SQLite */
    assert_int_equal(support_run(folder, "run spec.yaml --quiet", out, sizeof out, err, sizeof err), 0);
    assert_same_losses(folder, &reference);
    FILE *f = fopen(path, "r+b"); /* pages overwritten */
    fseek(f, 4096, SEEK_SET);
    for (int i = 0; i < 20000; i++) fputc(i * 31 & 255, f);
    fclose(f);
    code = support_run(folder, "run spec.yaml --quiet", out, sizeof out, err, sizeof err);
    if ((code != 1 && code != 2) || lines(err) != 1 || !strstr(err, "loglog.db"))
        fail_msg("exit %d: %s", code, err);
    support_remove(folder);
}

static void read_only_folder(void **state) {
    (void)state;
    char folder[LL_PATH_MAX];
    if (geteuid() == 0) {
        print_message("SKIPPED: a read-only folder means nothing to root\n");
        skip();
    }
    support_folder(folder);
    put(folder, "spec.yaml", ladder);
    chmod(folder, 0500);
    char command[3000], out[4096];
    snprintf(command, sizeof command, "cd '%s' && %s run spec.yaml 2>&1", folder, LL_PROGRAM);
    FILE *p = popen(command, "r");
    out[fread(out, 1, sizeof out - 1, p)] = 0;
    int status = pclose(p);
    assert_true(WEXITSTATUS(status) == 1 || WEXITSTATUS(status) == 2);
    assert_int_equal(lines(out), 1);
    chmod(folder, 0700);
    assert_int_equal(count_files(folder, ""), 1);
    support_remove(folder);
}

/* A disk that is full after so many bytes of any one file: in data, weights, the store. */
static void full_disk(void **state) {
    (void)state;
    static const int blocks[] = { 0, 1, 60, 100 }; /* of 1024 bytes */
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        char folder[LL_PATH_MAX], command[3000], out[8192];
        support_folder(folder);
        put(folder, "spec.yaml", ladder);
        snprintf(command, sizeof command, "cd '%s' && ulimit -f %d && %s run spec.yaml --quiet 2>&1 | cat", folder,
                 blocks[i] * 2, LL_PROGRAM);
        FILE *p = popen(command, "r");
        out[fread(out, 1, sizeof out - 1, p)] = 0;
        pclose(p);
        if (lines(out) != 1) fail_msg("%d KiB: %s", blocks[i], out);
        assert_int_equal(count_files(folder, ".part"), 0);
        assert_int_equal(support_run(folder, "run spec.yaml --quiet", NULL, 0, out, sizeof out), 0);
        assert_same_losses(folder, &reference); /* and with room it goes on */
        support_remove(folder);
    }
}

/* ---- one spec, one ladder ---- */

/* The seed draws a source: two seeds in one store are two sets of data, in either order. */
static void seeds_of_sources(void **state) {
    (void)state;
    double loss[2][2];
    for (int order = 0; order < 2; order++) {
        char folder[LL_PATH_MAX], flags[128];
        support_folder(folder);
        put(folder, "spec.yaml", ladder);
        for (int k = 0; k < 2; k++) {
            int seed = order ? 2 - k : 1 + k;
            char text[1024], name[32];
            snprintf(text, sizeof text, "seed: %d\n%s", seed, ladder);
            snprintf(name, sizeof name, "seed%d.yaml", seed);
            put(folder, name, text);
            snprintf(flags, sizeof flags, "run %s --quiet --design.params 1536", name);
            assert_int_equal(support_run(folder, flags, NULL, 0, NULL, 0), 0);
        }
        losses l = read_losses(folder);
        assert_int_equal(l.n, 4);
        for (int64_t i = 0; i < l.n; i++)
            if (l.runs[i].role[0] == 'f' && l.runs[i].tokens < 30000)
                loss[order][l.runs[i].seed - 1] = l.runs[i].loss;
        free(l.runs);
        support_remove(folder);
    }
    for (int k = 0; k < 2; k++) assert_memory_equal(&loss[0][k], &loss[1][k], 8);
    assert_true(loss[0][0] != loss[0][1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dry_run_writes_nothing),
        cmocka_unit_test(json_and_quiet),
        cmocka_unit_test(workers_do_not_show),
        cmocka_unit_test(kill_9),
        cmocka_unit_test(parent_alone_is_killed),
        cmocka_unit_test(interrupted),
        cmocka_unit_test(two_at_once),
        cmocka_unit_test(use_is_told),
        cmocka_unit_test(automatic_precision),
        cmocka_unit_test(memory_is_as_announced),
        cmocka_unit_test(bad_input),
        cmocka_unit_test(bad_files),
        cmocka_unit_test(damaged_store),
        cmocka_unit_test(read_only_folder),
        cmocka_unit_test(full_disk),
        cmocka_unit_test(seeds_of_sources),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
