/* The verb 'run' as a user meets it: what it says and what it leaves behind. */
#define _GNU_SOURCE
#include "tiny_ladder.h"

#include <math.h>

#include "base/document/json.h"
#include "tensor/choice/kernel_tables.h"

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
        "model: {context: 16, widths: [16, 64, 512]}\n"
        "design: {kind: list, params: [6144, 98304], tokens: [5k, 5k]}\n"
        "forecast: {hold_out: none}\n");
    const bool has_bf16 = *ll_kernels_list("bf16") && !getenv(LL_KERNELS_ENV);
    resolve(folder, "--train.precision auto", got, id);
    resolve(folder, has_bf16 ? "--train.precision bf16" : "--train.precision fp32", want, same);
    assert_string_equal(got, want);
    assert_string_equal(id, same);
    resolve(folder, "--train.precision auto --train.kernels ref", got, id); /* which knows fp32 alone */
    assert_string_equal(got, "fp32");
    resolve(folder, "--train.precision auto --design.params 6144,6291456", got, id); /* width 512: never compared */
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
    static const char *const families[] = { "gpt", "llama", "lstm" };
    for (int f = 0; f < 3; f++) {
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
        cmocka_unit_test(dry_run_writes_nothing), cmocka_unit_test(json_and_quiet),
        cmocka_unit_test(workers_do_not_show),    cmocka_unit_test(use_is_told),
        cmocka_unit_test(automatic_precision),    cmocka_unit_test(memory_is_as_announced),
        cmocka_unit_test(seeds_of_sources),
    };
    return cmocka_run_group_tests(tests, tiny_make, tiny_free);
}
