/* A ladder of six small rungs as 'run' trains it, undisturbed, and what other runs of its spec leave beside it. */
#ifndef LL_TESTS_TINY_LADDER_H
#define LL_TESTS_TINY_LADDER_H

#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store/store.h"

/* Six small rungs and one to forecast, about a second in all. */
static const char ladder[] = "schema: loglog.spec/1\n"
                             "name: tiny\n"
                             "data: {source: markov, tokens: 40k}\n"
                             "model: {context: 16, widths: [8, 16, 32]}\n"
                             "train: {eval_windows: 16, final_windows: 64, checkpoint: 0.1, eval_points: 5}\n"
                             "design: {kind: grid, params: [1536, 6144, 24576], tokens: [20k, 40k]}\n";

static inline void put(const char *folder, const char *name, const char *text) {
    char path[LL_PATH_MAX];
    support_write(folder, name, text, strlen(text), path);
}

/* Regular files below a folder, the scratch files of support_run aside. */
static inline int count_files(const char *folder, const char *part) {
    int n = 0;
    DIR *d = opendir(folder);
    struct dirent *e;
    while (d && (e = readdir(d))) {
        char path[LL_PATH_MAX];
        struct stat st;
        if (e->d_name[0] == '.') continue;
        assert_ok(ll_file_join(path, folder, e->d_name, err));
        if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) n += count_files(path, part);
        else n += strstr(e->d_name, part) != NULL;
    }
    if (d) closedir(d);
    return n;
}

static inline int lines(const char *text) {
    int n = 0;
    for (; *text; text++) n += *text == '\n';
    return n;
}

/* ---- losses in the store ---- */

typedef struct losses {
    int64_t n;
    ll_run *runs;
} losses;

static inline losses read_losses(const char *folder) {
    char path[LL_PATH_MAX];
    ll_store *s;
    losses l;
    assert_ok(ll_file_join(path, folder, "loglog.db", err));
    assert_ok(ll_store_open(&s, path, LL_STORE_READ, err));
    assert_ok(ll_store_list_runs(s, "", -1, NULL, &l.runs, &l.n, err));
    ll_store_close(s);
    return l;
}

static inline void assert_same_losses(const char *folder, const losses *want) {
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

static inline int tiny_make(void **state) {
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

static inline int tiny_free(void **state) {
    (void)state;
    free(reference.runs);
    return 0;
}

#endif
