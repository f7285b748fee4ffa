/* The verb 'bench': its documents add up, whatever the machine's speed. */
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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

static void refusals(void **state) {
    (void)state;
    static const char *const bad[][2] = { { "bench --train --width 16 --heads 3", "model.heads" },
                                          { "bench --kernels nosuch", "nosuch" },
                                          { "bench --seconds 0", "seconds" },
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
                                        cmocka_unit_test(machine_and_kernels), cmocka_unit_test(refusals) };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
