/* What a ladder measures besides its losses, as it comes to stand in the store. */
#define _GNU_SOURCE
#include "tiny_ladder.h"

#include <math.h>

#include "loglog/random.h"

static const char spec[] = "schema: loglog.spec/1\n"
                           "name: parts\n"
                           "data: {text: text, unique_tokens: [500, 8k], also: [other.txt, same=text]}\n"
                           "model: {context: 16, widths: [8, 16]}\n"
                           "train: {eval_windows: 32, final_windows: 64, eval_points: 16, batch_tokens: 256,\n"
                           "        schedule: linear, patience: 3}\n"
                           "design: {kind: grid, params: [1536, 6144], tokens: [200k]}\n"
                           "forecast: {hold_out: none}\n";

/* Words of a vocabulary of their own, drawn at random. */
static void write_words(const char *folder, const char *name, uint64_t seed, int n) {
    static char text[1 << 16];
    int at = 0;
    ll_rng r = ll_rng_at(seed, LL_STREAM_STUDY, 0);
    for (int i = 0; i < n; i++) {
        const unsigned word = ll_rng_u32(&r) % 60 + 60 * (unsigned)(seed % 7);
        at += snprintf(text + at, sizeof text - (size_t)at, "%x%x%s", word * 37 % 211, word * 11 % 97,
                       i % 9 == 8 ? ".\n" : " ");
    }
    put(folder, name, text);
}

static void write_texts(const char *folder) {
    char path[LL_PATH_MAX], name[32];
    assert_ok(ll_file_join(path, folder, "text", err));
    assert_ok(ll_file_mkdir(path, err));
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof name, "text/%d.txt", i);
        write_words(folder, name, (uint64_t)(7 * i), 300);
    }
    write_words(folder, "other.txt", 3, 3000);
    put(folder, "spec.yaml", spec);
}

static int run(const char *folder, const char *arguments, char *err, size_t size) {
    char out[1 << 16];
    *err = 0;
    return support_run(folder, arguments, out, sizeof out, err, size);
}

static ll_store *open_store(const char *folder) {
    char path[LL_PATH_MAX];
    ll_store *s;
    assert_ok(ll_file_join(path, folder, "loglog.db", err));
    assert_ok(ll_store_open_there(&s, path, LL_STORE_READ, err));
    return s;
}

/* The last point's: at the run's own last step. */
static const ll_run_score *find(const ll_run_score *scores, int64_t n, const char *probe, const char *metric,
                                double step) {
    for (int64_t i = 0; i < n; i++)
        if (!strcmp(scores[i].probe, probe) && !strcmp(scores[i].metric, metric) && (double)scores[i].step == step)
            return &scores[i];
    fail_msg("no %s.%s at step %g", probe, metric, step);
    return NULL;
}

static void check_run(ll_store *s, const ll_run *r) {
    ll_run_score *scores;
    ll_point *points;
    int64_t n, n_points;
    double best = r->loss;
    assert_ok(ll_store_list_scores(s, r->id, &scores, &n, err));
    assert_ok(ll_store_list_points(s, r->id, &points, &n_points, err));
    for (int64_t i = 0; i < n_points; i++) best = fmin(best, points[i].loss);
    assert_true(r->best_loss <= r->loss && r->best_step >= 1 && r->best_step <= r->steps);
    assert_close(r->best_loss, best, 0);
    assert_close(r->tokens, r->steps * 256, 0);
    assert_close(r->flops, 6 * r->params * r->tokens, 1e-12);
    assert_true(points[n_points - 1].step == (int64_t)r->steps && points[n_points - 1].loss == r->loss);
    const ll_run_score *other = find(scores, n, "also", "other", r->steps);
    assert_true(other->value > r->loss && other->se > 0 && other->items == 64);
    find(scores, n, "also", "same", r->steps);
    const ll_run_score *scale = find(scores, n, "noise", "scale", r->best_step);
    assert_true(scale->value > 0 && scale->se > 0 && scale->items >= 2);
    free(scores);
    free(points);
}

static void in_the_store(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], err[4096];
    ll_run *runs;
    int64_t n, shorter = 0;
    support_folder(folder);
    write_texts(folder);
    assert_int_equal(run(folder, "run spec.yaml", err, sizeof err), 0);
    assert_non_null(strstr(err, "of its compute saved"));
    ll_store *s = open_store(folder);
    assert_ok(ll_store_list_runs(s, "", -1, "", &runs, &n, err));
    assert_int_equal(n, 4);
    for (int64_t i = 0; i < n; i++) {
        const bool small = strstr(runs[i].name, "-u496") != NULL; /* 31 windows of 16 */
        assert_close(runs[i].unique_tokens, small ? 496 : 8000, 0);
        shorter += runs[i].steps < 781;
        if (small) assert_true(runs[i].best_loss < runs[i].loss && runs[i].steps < 781);
        check_run(s, &runs[i]);
    }
    assert_true(shorter >= 2);
    free(runs);
    ll_store_close(s);
    support_remove(folder);
}

/* A text that validates may change as the one that trains may: the run says so, and is told what to do. */
static void a_text_that_changes(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], err[4096];
    support_folder(folder);
    write_texts(folder);
    assert_int_equal(run(folder, "run spec.yaml --design.params 1536 --quiet", err, sizeof err), 0);
    assert_int_equal(run(folder, "run spec.yaml --design.params 1536 --quiet", err, sizeof err), 0);
    write_words(folder, "other.txt", 4, 2000);
    assert_int_not_equal(run(folder, "run spec.yaml --design.params 1536 --quiet", err, sizeof err), 0);
    assert_non_null(strstr(err, "other.txt: the text has changed"));
    assert_int_equal(run(folder, "run spec.yaml --design.params 1536 --quiet --changed-text keep", err, sizeof err),
                     0);
    ll_store *s = open_store(folder);
    ll_ladder *ladders;
    int64_t n;
    assert_ok(ll_store_list_ladders(s, &ladders, &n, err));
    assert_int_equal(n, 1);
    ll_ladders_free(ladders, n);
    ll_store_close(s);
    assert_int_equal(
        run(folder, "run spec.yaml --design.params 1536 --quiet --changed-text rebuild", err, sizeof err), 0);
    s = open_store(folder);
    assert_ok(ll_store_list_ladders(s, &ladders, &n, err));
    assert_int_equal(n, 2); /* other scores: another ladder */
    ll_ladders_free(ladders, n);
    ll_store_close(s);
    support_remove(folder);
}

static void refused(void **state) {
    (void)state;
    static const struct {
        const char *flags, *says;
    } bad[] = {
        { "--data.unique_tokens 10M", "data.unique_tokens" },
        { "--data.also gone.txt", "gone.txt" },
        { "--data.also tiny.txt", "tiny.txt" },
        { "--data.also other.txt,sub/other.txt", "data.also" },
        { "--train.patience -1", "train.patience" },
        { "--train.schedule square", "train.schedule" },
    };
    char folder[LL_PATH_MAX], err[4096], arguments[256];
    support_folder(folder);
    write_texts(folder);
    put(folder, "tiny.txt", "too short\n");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(arguments, sizeof arguments, "run spec.yaml --quiet %s", bad[i].flags);
        assert_int_equal(run(folder, arguments, err, sizeof err), 2);
        if (!strstr(err, bad[i].says) || lines(err) != 1) fail_msg("%s: %s", bad[i].flags, err);
    }
    assert_int_equal(run(folder, "run spec.yaml --dry-run --data.also gone.txt", err, sizeof err), 2);
    support_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_the_store),
        cmocka_unit_test(a_text_that_changes),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
