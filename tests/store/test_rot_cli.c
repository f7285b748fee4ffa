/* What rots, goes away or changes beneath 'run': named, with the way out, and never trained on. */
#define _DEFAULT_SOURCE
#include "tiny_ladder.h"

#include <glob.h>
#include <unistd.h>

static char folder[LL_PATH_MAX], said[8192];

static const char forked[] = "schema: loglog.spec/1\n"
                             "name: forked\n"
                             "data: {source: markov, tokens: 40k}\n"
                             "model: {context: 16, widths: [8]}\n"
                             "train: {schedule: wsd, eval_windows: 16, final_windows: 64, eval_points: 3}\n"
                             "design: {kind: wsd, params: [1536], tokens: [20k, 40k]}\n"
                             "forecast: {hold_out: none}\n";

static int run_spec(const char *options) {
    char arguments[256];
    snprintf(arguments, sizeof arguments, "run spec.yaml --quiet %s", options);
    return support_run(folder, arguments, NULL, 0, said, sizeof said);
}

static void begin(const char *spec) {
    support_folder(folder);
    put(folder, "spec.yaml", spec);
}

static void first(const char *pattern, char path[LL_PATH_MAX]) {
    char whole[LL_PATH_MAX + 256];
    glob_t found;
    snprintf(whole, sizeof whole, "%s/%s", folder, pattern);
    assert_int_equal(glob(whole, 0, NULL, &found), 0);
    snprintf(path, LL_PATH_MAX, "%s", found.gl_pathv[0]);
    globfree(&found);
}

static void flip(const char *path, long at) {
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    fseek(f, at, at < 0 ? SEEK_END : SEEK_SET);
    int c = fgetc(f);
    fseek(f, at, at < 0 ? SEEK_END : SEEK_SET);
    fputc(c ^ 1, f);
    fclose(f);
}

static void rotten_data(void **state) {
    (void)state;
    static const struct {
        const char *file, *word;
        long at;
    } rot[] = { { "loglog.d/data-*.train.bin", "the tokens have the hash", 1024 + 500 },
                { "loglog.d/data-*.val.bin", "the tokens have the hash", -2 },
                { "loglog.d/data-*.train.json", "damaged", 60 } };
    char path[LL_PATH_MAX];
    begin(ladder);
    assert_int_equal(run_spec(""), 0);
    for (int i = 0; i < 3; i++) {
        first(rot[i].file, path);
        flip(path, rot[i].at);
        assert_int_equal(run_spec(""), 2);
        assert_non_null(strstr(said, rot[i].word));
        assert_non_null(strstr(said, "remove "));
        flip(path, rot[i].at);
    }
    assert_int_equal(run_spec(""), 0);
    support_remove(folder);
}

/* The state that a branch starts from is damaged, or gone: the trunk trains again, and gives the same. */
static void rotten_branch(void **state) {
    (void)state;
    char path[LL_PATH_MAX], drop[128], aside[LL_PATH_MAX];
    begin(forked);
    assert_int_equal(run_spec(""), 0);
    losses whole = read_losses(folder);
    for (int gone = 0; gone < 2; gone++) {
        for (int64_t i = 0; i < whole.n; i++) {
            if (strcmp(whole.runs[i].role, "trunk") == 0) continue;
            snprintf(drop, sizeof drop, "runs drop %.60s --yes", whole.runs[i].id);
            assert_int_equal(support_run(folder, drop, NULL, 0, NULL, 0), 0);
        }
        first("loglog.d/*/*k-[0-9]*[0-9].safetensors", path);
        if (gone) unlink(path);
        else flip(path, -100);
        assert_int_equal(run_spec(""), 0);
        assert_non_null(strstr(said, "is trained again"));
        assert_same_losses(folder, &whole);
        snprintf(aside, sizeof aside, "%.1000s.broken", path);
        assert_int_equal(access(aside, F_OK), 0);
        assert_int_equal(access(path, F_OK), 0);
    }
    free(whole.runs);
    support_remove(folder);
}

static void rotten_weights(void **state) {
    (void)state;
    char path[LL_PATH_MAX], out[4096];
    begin(forked);
    assert_int_equal(run_spec(""), 0);
    losses whole = read_losses(folder);
    for (int64_t i = 0; i < whole.n; i++) {
        char sample[128], pattern[128];
        snprintf(sample, sizeof sample, "sample %.60s --length 4 --prompt 1", whole.runs[i].id);
        snprintf(pattern, sizeof pattern, "loglog.d/*/%.60s.safetensors", whole.runs[i].name);
        if (support_run(folder, sample, out, sizeof out, said, sizeof said) != 0) fail_msg("%s: %s", sample, said);
        first(pattern, path);
        flip(path, -9);
        assert_int_equal(support_run(folder, sample, out, sizeof out, said, sizeof said), 2);
        assert_non_null(strstr(said, "damaged"));
        assert_non_null(strstr(said, "runs drop"));
    }
    free(whole.runs);
    support_remove(folder);
}

static void put_text(const char *name, int lines_of_it) {
    char path[LL_PATH_MAX], *text = calloc(1, 64 * (size_t)lines_of_it + 1);
    for (int i = 0; i < lines_of_it; i++) sprintf(text + strlen(text), "line %d of %s\n", i, name);
    snprintf(path, sizeof path, "text/%s", name);
    put(folder, path, text);
    free(text);
}

static void changed_text(void **state) {
    (void)state;
    static const char spec[] = "schema: loglog.spec/1\n"
                               "name: changes\n"
                               "data: {text: text}\n"
                               "model: {context: 16, widths: [8]}\n"
                               "train: {eval_windows: 4, final_windows: 4, eval_points: 2}\n"
                               "design: {kind: grid, params: [1536], tokens: [5k, 10k]}\n"
                               "forecast: {hold_out: none}\n";
    char path[LL_PATH_MAX];
    begin(spec);
    assert_ok(ll_file_join(path, folder, "text", err));
    assert_ok(ll_file_mkdir(path, err));
    for (int i = 0; i < 5; i++) put_text((const char *[]) { "a", "b", "c", "d", "e" }[i], 100 + i);
    assert_int_equal(run_spec(""), 0);
    losses before = read_losses(folder);
    assert_int_equal(run_spec(""), 0); /* nothing has changed */
    put_text("f", 200);
    assert_int_equal(run_spec(""), 1);
    assert_non_null(strstr(said, "the text has changed since its shards were built"));
    assert_non_null(strstr(said, "--changed-text rebuild"));
    assert_int_equal(run_spec("--dry-run"), 1); /* as the run would */
    assert_int_equal(run_spec("--dry-run --changed-text rebuild"), 0);
    assert_int_equal(run_spec("--changed-text keep"), 0);
    assert_same_losses(folder, &before);
    assert_int_equal(run_spec("--changed-text rebuild"), 0); /* another ladder beside the old one */
    losses both = read_losses(folder);
    assert_int_equal(both.n, 2 * before.n);
    assert_int_equal(run_spec(""), 0); /* and that is the one from now on */
    put_text("f", 201);
    assert_int_equal(run_spec(""), 1);
    free(before.runs);
    free(both.runs);
    support_remove(folder);
}

static void no_room(void **state) {
    (void)state;
    support_folder(folder);
    assert_int_equal(
        support_run(folder, "data build --source markov --tokens 1e15 --out x", NULL, 0, said, sizeof said), 1);
    assert_non_null(strstr(said, "are needed, "));
    assert_int_equal(count_files(folder, "x."), 0);
    support_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rotten_data),  cmocka_unit_test(rotten_branch), cmocka_unit_test(rotten_weights),
        cmocka_unit_test(changed_text), cmocka_unit_test(no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
