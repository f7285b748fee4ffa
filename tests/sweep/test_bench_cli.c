/* The verb 'bench': its documents add up, whatever the machine's speed. */
#define _GNU_SOURCE
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/document/json.h"
#include "base/system/threads.h"

#define SMALL " --layers 1 --width 16 --heads 2 --context 32 --batch 4 --seconds 0.05"

static ll_json *bench(const char *flags) {
    static char out[1 << 16];
    char arguments[512], err[1024];
    ll_json *doc;
    snprintf(arguments, sizeof arguments, "bench --json%s", flags);
    if (support_run(folder, arguments, out, sizeof out, err, sizeof err) != 0) fail_msg("%s: %s", arguments, err);
    assert_ok(ll_json_parse(out, strlen(out), arguments, &doc, err));
    assert_string_equal(ll_json_get_str(doc, "schema"), "loglog.bench/1");
    return doc;
}

static bool a_share(double v) {
    return v > 0 && v < 1.5; /* both sides are measured: a little above 1 is possible */
}

/* Every table together and apart; the fastest on top. */
static void training(void **state) {
    (void)state;
    ll_json *doc = bench(" --train" SMALL);
    const ll_json *all = ll_json_get(doc, "all");
    const int layouts = ll_threads_available() > 1 ? 2 : 1;
    double most = 0;
    assert_true(ll_json_size(all) > 0 && ll_json_size(all) % (size_t)layouts == 0);
    for (size_t i = 0; i < ll_json_size(all); i++) {
        const ll_json *o = ll_json_at(all, i);
        int64_t cores = ll_json_get_int(o, "trainers", 0) * ll_json_get_int(o, "threads", 0);
        assert_int_equal(cores, ll_threads_available());
        assert_true(a_share(ll_json_get_num(o, "share_of_peak")));
        most = fmax(most, ll_json_get_num(o, "tokens_per_s"));
    }
    assert_close(ll_json_get_num(doc, "tokens_per_s"), most, 0);
    assert_close(ll_json_get_num(doc, "flops_per_s"),
                 ll_json_get_num(doc, "share_of_peak") * ll_json_get_num(doc, "peak_flops_per_s"), 1e-9);
    assert_null(ll_json_get(doc, "profile"));
    ll_json_free(doc);
}

static void one_step(void **state) {
    (void)state;
    ll_json *doc = bench(" --profile --kernels ref" SMALL);
    assert_int_equal(ll_json_size(ll_json_get(doc, "profile")), 1);
    const ll_json *p = ll_json_at(ll_json_get(doc, "profile"), 0), *parts = ll_json_get(p, "parts");
    double step = ll_json_get_num(p, "step_s"), inside = 0, shares = 0;
    for (size_t i = 0; i < ll_json_size(parts); i++) {
        const ll_json *o = ll_json_at(parts, i);
        inside +=
            ll_json_get_num(o, "forward_s") + ll_json_get_num(o, "backward_s") + ll_json_get_num(o, "update_s");
        shares += ll_json_get_num(o, "share_of_step");
    }
    assert_close(inside + ll_json_get_num(p, "outside_s"), step, 1e-9);
    assert_close(shares, inside / step, 1e-9);
    assert_true(a_share(ll_json_get_num(p, "share_of_peak")));
    ll_json_free(doc);
}

static void machine_and_kernels(void **state) {
    (void)state;
    ll_json *doc = bench(" --kernels ref" SMALL);
    const ll_json *machine = ll_json_get(doc, "machine"), *kernels = ll_json_get(doc, "kernels");
    assert_true(ll_json_get_num(machine, "memory_bytes_per_s") > 0);
    assert_int_equal(ll_json_size(ll_json_get(machine, "peaks")), 1);
    assert_true(ll_json_get_num(ll_json_at(ll_json_get(machine, "peaks"), 0), "flops_per_s") > 0);
    assert_true(ll_json_size(kernels) >= 8);
    for (size_t i = 0; i < ll_json_size(kernels); i++) { /* bound by arithmetic, or by what is moved */
        double flops = ll_json_get_num(ll_json_at(kernels, i), "flops_per_s");
        double bytes = ll_json_get_num(ll_json_at(kernels, i), "bytes_per_s");
        assert_true((flops > 0) != (bytes > 0));
    }
    ll_json_free(doc);
}

#define TINY                                                                      \
    "schema: loglog.spec/1\nname: tiny\ndata: {source: markov, tokens: 20000}\n"  \
    "model: {context: 16, layers: 1, head: 4, widths: [8, 16]}\n"                 \
    "design: {kind: ladder, params: [1e3, 4e3], rungs: 2, tokens_per_param: 4}\n" \
    "forecast: {hold_out: none}\n"

/* Trained in TMPDIR, of which nothing is left; the parts add up to the time of all processes. */
static void a_ladder(void **state) {
    (void)state;
    char path[LL_PATH_MAX], rest[LL_PATH_MAX], was[LL_PATH_MAX] = "";
    double sum = 0, around = 0;
    support_write(folder, "tiny.yaml", TINY, strlen(TINY), path);
    assert_ok(ll_file_join(rest, folder, "rest", err));
    assert_ok(ll_file_mkdir(rest, err));
    if (getenv("TMPDIR")) snprintf(was, sizeof was, "%s", getenv("TMPDIR"));
    assert_int_equal(setenv("TMPDIR", rest, 1), 0);
    ll_json *doc = bench(" --profile tiny.yaml");
    assert_int_equal(*was ? setenv("TMPDIR", was, 1) : unsetenv("TMPDIR"), 0);
    assert_int_equal(rmdir(rest), 0);
    const ll_json *l = ll_json_get(doc, "ladder"), *parts = ll_json_get(l, "parts");
    assert_string_equal(ll_json_get_str(l, "name"), "tiny");
    assert_int_equal(ll_json_get_int(l, "rungs", 0), 2);
    assert_int_equal(ll_json_get_int(l, "done", 0), 2);
    for (size_t i = 0; i < ll_json_size(parts); i++) {
        const ll_json *o = ll_json_at(parts, i);
        const char *name = ll_json_get_str(o, "name");
        const double s = ll_json_get_num(o, "cpu_s");
        sum += s;
        if (!strcmp(name, "start") || !strcmp(name, "packing") || !strcmp(name, "evaluation")) around += s;
        if (!strcmp(name, "saving")) around += s;
        assert_true(strcmp(name, "end") == 0 ? s >= 0 : s > 0);
    }
    assert_close(sum, ll_json_get_num(l, "cpu_s"), 1e-9);
    assert_close(around / sum, ll_json_get_num(l, "share_around_steps"), 1e-9);
    ll_json_free(doc);
}

static void refusals(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    static const char command[] =
        TINY "engine: {kind: command, command: 'true {out}', metrics: {file: '{out}/m.jsonl'}}\n";
    support_write(folder, "command.yaml", command, sizeof command - 1, path);
    static const char *const bad[][2] = { { "bench --train --width 16 --heads 3", "model.heads" },
                                          { "bench --kernels nosuch", "nosuch" },
                                          { "bench --seconds -1", "seconds" },
                                          { "bench --profile nosuch.yaml", "nosuch.yaml: " },
                                          { "bench --profile command.yaml",
                                            "command.yaml: engine.kind: is command" },
                                          { "bench --profile --train tiny.yaml", "tiny.yaml" },
                                          { "bench more", "more" } };
    char out[256], err[1024];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(support_run(folder, bad[i][0], out, sizeof out, err, sizeof err), 2);
        assert_string_equal(out, "");
        assert_non_null(strstr(err, bad[i][1]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(training), cmocka_unit_test(one_step),
                                        cmocka_unit_test(machine_and_kernels), cmocka_unit_test(a_ladder),
                                        cmocka_unit_test(refusals) };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
