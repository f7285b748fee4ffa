/* The choice of a device: what each word stands for, the one line that says what a card lacks, and that auto and
 * cpu are one. Where the toolkit is, a planted driver stands in for one with cards. */
#define _GNU_SOURCE
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/document/json.h"
#include "store/store.h"
#include "tensor/choice/device.h"

/* One rung of a second, none to forecast. */
static const char spec[] = "schema: loglog.spec/1\n"
                           "data: {source: markov, tokens: 20k}\n"
                           "model: {context: 16, widths: [8]}\n"
                           "train: {eval_windows: 4, final_windows: 16%s}\n"
                           "design: {kind: list, params: [1536], tokens: [20k]}\n"
                           "forecast: {hold_out: none}\n";

static char folder[LL_PATH_MAX];

static int set_up(void **state) {
    (void)state;
    support_folder(folder);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    support_remove(folder);
    return 0;
}

static void write_spec(const char *name, const char *device) {
    char text[1024], path[LL_PATH_MAX];
    int n = snprintf(text, sizeof text, spec, device);
    support_write(folder, name, text, (size_t)n, path);
}

/* The error of `loglog arguments`, which refuses: exit 2, nothing on standard output, one line. */
static const char *refusal(const char *arguments) {
    static char err[2048];
    char out[256];
    int code = support_run(folder, arguments, out, sizeof out, err, sizeof err);
    const char *end = strchr(err, '\n');
    if (code != 2 || *out || !end || end[1]) fail_msg("%s: exit %d, '%s', '%s'", arguments, code, out, err);
    return err;
}

static void assert_says(const char *text, const char *part) {
    if (!strstr(text, part)) fail_msg("'%s' does not say '%s'", text, part);
}

/* ---- the words ---- */

static void words(void **state) {
    (void)state;
    static const char *const bad[] = { "",       "gpu",     "CPU",     "cpu:0", "cuda:",      "cuda:-1",
                                       "cuda:x", "cuda:0x", "cuda: 1", "cuda0", "cuda:99999", "auto " };
    const char *device;
    assert_ok(ll_device_named("cpu", &device, err));
    assert_string_equal(device, "cpu");
    assert_ok(ll_device_named("auto", &device, err));
    assert_string_equal(device, "cpu");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_error err = { 0 };
        assert_int_equal(ll_device_named(bad[i], &device, &err), LL_EINPUT);
        assert_says(err.msg, "expected auto, cpu or cuda:N");
    }
}

static void every_verb_refuses(void **state) {
    (void)state;
    static const char *const how[] = { "run spec.yaml --device gpu", "run spec.yaml --dry-run --train.device gpu",
                                       "run gpu.yaml", "bench --device gpu", "demo --device gpu" };
    write_spec("spec.yaml", "");
    write_spec("gpu.yaml", ", device: gpu");
    for (size_t i = 0; i < sizeof how / sizeof *how; i++)
        assert_says(refusal(how[i]), "no device 'gpu', expected auto");
    char path[LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, "loglog.db", err));
    assert_null(fopen(path, "r")); /* refused before anything is made */
}

/* ---- auto and cpu ---- */

/* The only run of `run auto.yaml DEVICE` into a store of its own. */
static ll_run trained(const char *store, const char *device) {
    char arguments[256], path[LL_PATH_MAX], err[2048];
    ll_store *s;
    ll_run *runs, run;
    int64_t n;
    snprintf(arguments, sizeof arguments, "run auto.yaml --store %s --quiet %s", store, device);
    if (support_run(folder, arguments, NULL, 0, err, sizeof err) != 0) fail_msg("%s: %s", arguments, err);
    assert_ok(ll_file_join(path, folder, store, err));
    assert_ok(ll_store_open(&s, path, LL_STORE_READ, err));
    assert_ok(ll_store_list_runs(s, "", -1, NULL, &runs, &n, err));
    assert_int_equal(n, 1);
    run = runs[0];
    free(runs);
    ll_store_close(s);
    return run;
}

/* One ladder by its name, one loss to the last bit; the flag is over what the file says. */
static void auto_is_cpu(void **state) {
    (void)state;
    write_spec("auto.yaml", ", device: auto");
    ll_run a = trained("a.db", ""), b = trained("b.db", "--device cpu");
    assert_int_equal(a.state, LL_RUN_DONE);
    assert_true(a.loss > 0);
    assert_string_equal(a.ladder, b.ladder);
    assert_string_equal(a.id, b.id);
    assert_memory_equal(&a.loss, &b.loss, sizeof a.loss);
    write_spec("gpu.yaml", ", device: gpu");
    assert_int_equal(support_run(folder, "run gpu.yaml --device cpu --quiet", NULL, 0, NULL, 0), 0);
}

static void sampling(void **state) {
    (void)state;
    assert_says(refusal("sample --store a.db --prompt 1 --device gpu"), "no device 'gpu'");
    assert_int_equal(support_run(folder, "sample --store a.db --prompt 1 --device cpu", NULL, 0, NULL, 0), 0);
}

/* ---- cards ---- */

#ifndef FAKE_CUDA
static void built_without(void **state) {
    (void)state;
    assert_says(refusal("bench --device cuda:0"), "no device 'cuda:0': built without CUDA");
    assert_says(refusal("bench --device cuda"), "-DLOGLOG_CUDA=ON");
}
#else
static void plant(const char *cards, const char *path) {
    setenv("LD_LIBRARY_PATH", path, 1);
    setenv("FAKE_CARDS", cards, 1);
}

static void no_driver(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    support_write(folder, "libcuda.so.1", "no library", 10, path);
    plant("0", folder);
    assert_says(refusal("bench --device cuda:0"), "no device 'cuda:0': no CUDA driver (");
}

static void no_card(void **state) {
    (void)state;
    plant("0", FAKE_CUDA);
    assert_says(refusal("bench --device cuda:0"), "the driver finds 0 cards");
    plant("-100", FAKE_CUDA); /* CUDA_ERROR_NO_DEVICE */
    assert_says(refusal("bench --device cuda"), "the driver finds 0 cards");
    plant("-999", FAKE_CUDA);
    assert_says(refusal("bench --device cuda:0"), "the CUDA driver says: planted (999), expected auto or cpu");
}

static void cards(void **state) {
    (void)state;
    plant("2", FAKE_CUDA);
    assert_says(refusal("bench --device cuda:2"), "no device 'cuda:2': the driver finds 2 cards");
    assert_says(refusal("bench --device cuda:1"), "'cuda:1' is Planted Card 1 (compute capability 9.0, 81.0 GiB), "
                                                  "for which this version has no kernels yet");
    write_spec("spec.yaml", ", device: cuda");
    assert_says(refusal("run spec.yaml"), "'cuda' is Planted Card 0");
    assert_says(refusal("run spec.yaml --dry-run"), "no kernels yet");
    plant("1000", FAKE_CUDA); /* more than have room */
    assert_says(refusal("bench --device cuda:64"), "the driver finds 64 cards");
    setenv("FAKE_LOST", "1", 1);
    assert_says(refusal("bench --device cuda:0"), "the CUDA driver says: planted (46)");
    unsetenv("FAKE_LOST");
}

static void bench_lists_cards(void **state) {
    (void)state;
    static char out[1 << 16];
    ll_json *doc;
    plant("2", FAKE_CUDA);
    assert_int_equal(support_run(folder,
                                 "bench --json --kernels ref --width 8 --heads 1 --context 8 --seconds 0.01", out,
                                 sizeof out, NULL, 0),
                     0);
    assert_ok(ll_json_parse(out, strlen(out), "stdout", &doc, err));
    const ll_json *list = ll_json_get(ll_json_get(doc, "machine"), "cards"), *card = ll_json_at(list, 1);
    assert_int_equal(ll_json_size(list), 2);
    assert_string_equal(ll_json_get_str(card, "device"), "cuda:1");
    assert_string_equal(ll_json_get_str(card, "title"), "Planted Card 1");
    assert_string_equal(ll_json_get_str(card, "compute_capability"), "9.0");
    assert_close(ll_json_get_num(card, "memory_bytes"), 81.0 * (1 << 30), 0);
    ll_json_free(doc);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),       cmocka_unit_test(every_verb_refuses),
        cmocka_unit_test(auto_is_cpu), cmocka_unit_test(sampling),
#ifdef FAKE_CUDA
        cmocka_unit_test(no_driver),   cmocka_unit_test(no_card),
        cmocka_unit_test(cards),       cmocka_unit_test(bench_lists_cards),
#else
        cmocka_unit_test(built_without),
#endif
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
