/* How the verb 'run' refuses: unusable specs and files, a damaged store, a closed folder, a full disk. */
#define _GNU_SOURCE
#include "tiny_ladder.h"

#include <sys/wait.h>
#include <unistd.h>

#include "data/build.h"

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
    { "half a width of a model without heads",
      "data: {source: markov}\nmodel: {family: lstm, widths: [24.5]}\n",
      2,
      { "spec.yaml", "24.5" } },
    { "heads of a model without",
      "data: {source: markov}\nmodel: {family: lstm}\n"
      "design: {kind: shape, params: [1k], heads: [2, 4]}\n",
      2,
      { "design", "layers alone" } },
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
      { "6.66k", "lower train.lr" } },
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_input),        cmocka_unit_test(bad_files), cmocka_unit_test(damaged_store),
        cmocka_unit_test(read_only_folder), cmocka_unit_test(full_disk),
    };
    return cmocka_run_group_tests(tests, tiny_make, tiny_free);
}
