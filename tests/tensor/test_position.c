/* The probe of the loss by position: a model that knows nothing, the mean that training's evaluation gives, a brute
 * computation of one octave, any number of threads, and the verb. */
#include "scratch_program.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/batch.h"
#include "data/build.h"
#include "data/source.h"
#include "loglog/random.h"
#include "probe/probes.h"
#include "tensor/choice/kernel_tables.h"
#include "train/train.h"

enum { V = 8, T = 24, WINDOWS = 50 };

static ll_shard train_shard, val_shard;
static const ll_kernels *kernels;
static const ll_model model = { LL_FAMILY_GPT, 2, 16, 2, 48, T, V, 16, 8 };
static float *params;

static int set_up(void **state) {
    char prefix[LL_PATH_MAX];
    ll_source *source;
    ll_build_report report;
    (void)state;
    support_folder(folder);
    assert_ok(ll_source_markov(&source, V, 1, 0.2, 3, err));
    assert_ok(ll_file_join(prefix, folder, "data", err));
    assert_ok(ll_build_source(source, prefix, 5000, 3000, 5, &report, err));
    assert_ok(ll_shard_open_pair(&train_shard, &val_shard, prefix, err));
    assert_ok(ll_kernels_named("auto", "fp32", &kernels, err));
    ll_source_free(source);
    const int64_t size = ll_model_size(&model);
    params = malloc((size_t)size * sizeof *params);
    ll_model_init(&model, params, 3);
    ll_rng r = ll_rng_at(5, LL_STREAM_NOISE, 0);
    for (int64_t i = 0; i < size; i++) params[i] += (float)(0.2 * ll_rng_normal(&r));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    free(params);
    ll_shard_close(&train_shard);
    ll_shard_close(&val_shard);
    support_remove(folder);
    return 0;
}

static ll_measures ask(const float *weights, int64_t windows, int threads) {
    const ll_probe_opts opts = { .windows = windows, .threads = threads };
    const ll_probe_subject subject = {
        .model = &model, .kernels = kernels, .params = weights, .val = &val_shard, .opts = &opts
    };
    ll_measures m;
    assert_ok(ll_probe_find("position")->run(&subject, &m, err));
    return m;
}

/* Without weights every token is as likely as any other, wherever it stands. */
static void knows_nothing(void **state) {
    (void)state;
    float *none = calloc((size_t)ll_model_size(&model), sizeof *none);
    const ll_measures m = ask(none, WINDOWS, 2);
    const char *const names[] = { "1", "2", "4", "8", "16", "24" };
    assert_int_equal(m.n, 6);
    for (int k = 0; k < m.n; k++) {
        assert_string_equal(m.of[k].metric, names[k]);
        assert_close(m.of[k].value, log(V), 1e-6);
        assert_true(m.of[k].se < 1e-6);
    }
    free(none);
}

/* Weighed by their positions the octaves are the loss that an evaluation of the same windows gives. */
static void sums_to_the_loss(void **state) {
    (void)state;
    const ll_measures m = ask(params, WINDOWS, 2);
    double loss, se, sum = 0;
    int64_t n = 0;
    assert_ok(ll_train_evaluate(&model, kernels, params, &val_shard, WINDOWS, 2, &loss, &se, err));
    for (int k = 0; k < m.n; k++) sum += m.of[k].value * (double)m.of[k].n, n += m.of[k].n;
    assert_int_equal(n, WINDOWS * T);
    assert_close(sum / (double)n, loss, 1e-6);
}

/* Positions 5 to 8, window by window. */
static void one_octave(void **state) {
    (void)state;
    const ll_measures m = ask(params, WINDOWS, 1);
    void *work = aligned_alloc(64, (ll_model_work(&model, 1) + 63) / 64 * 64);
    int32_t x[T], y[T];
    float loss[T];
    double mean[WINDOWS], sum = 0, square = 0;
    for (int w = 0; w < WINDOWS; w++) {
        assert_true(ll_batch_eval(&val_shard, T, WINDOWS, w, 1, x, y));
        ll_model_loss(&model, kernels, params, NULL, x, y, 1, loss, work);
        mean[w] = ((double)loss[4] + loss[5] + loss[6] + loss[7]) / 4;
        sum += mean[w];
    }
    for (int w = 0; w < WINDOWS; w++) square += pow(mean[w] - sum / WINDOWS, 2);
    assert_close(m.of[3].value, sum / WINDOWS, 1e-6);
    assert_close(m.of[3].se, sqrt(square / (WINDOWS - 1) / WINDOWS), 1e-5);
    assert_int_equal(m.of[3].n, 4 * WINDOWS);
    free(work);
}

static void any_number_of_threads(void **state) {
    (void)state;
    const ll_measures one = ask(params, WINDOWS, 1), three = ask(params, WINDOWS, 3);
    for (int k = 0; k < one.n; k++)
        assert_true(one.of[k].value == three.of[k].value && one.of[k].se == three.of[k].se);
}

/* No more windows than there are: 3000 tokens hold 120 of 24 and the one that follows. */
static void windows_do_not_overlap(void **state) {
    (void)state;
    const ll_measures m = ask(params, 1000000, 2);
    assert_int_equal(m.of[0].n, 120);
}

static void refused(void **state) {
    (void)state;
    ll_error err = { 0 };
    ll_measures m;
    ll_model long_one = model;
    long_one.context = 100000;
    const ll_probe_opts opts = { .windows = WINDOWS, .threads = 1 };
    const ll_probe_subject subject = {
        .model = &long_one, .kernels = kernels, .params = params, .val = &val_shard, .opts = &opts
    };
    assert_int_equal(ll_probe_find("position")->run(&subject, &m, &err), LL_EINPUT);
    assert_null(ll_probe_find("positions"));
}

static void the_verb(void **state) {
    (void)state;
    static const char spec[] = "schema: loglog.spec/1\n"
                               "name: tiny\n"
                               "data: {source: markov, tokens: 40k}\n"
                               "model: {family: gpt, context: 16, widths: [8, 16]}\n"
                               "train: {eval_windows: 16, final_windows: 64}\n"
                               "design: {kind: grid, params: [1536, 6144], tokens: [20k, 40k]}\n";
    char path[LL_PATH_MAX];
    support_write(folder, "tiny.yaml", spec, strlen(spec), path);
    gives("run tiny.yaml --store tiny.db --quiet", 0);
    gives("probe list", 0);
    says(out, "position");
    gives("probe run position --store tiny.db --out position.csv", 0);
    says(out, "6.14k-40.0k");
    gives("fit position.csv --law power_floor --x position --cluster none --bootstrap 20 --json", 0);
    says(out, "\"n\": 20"); /* four runs at 1, 2, 4, 8, 16 */
    gives("probe run position --store tiny.db --runs 'params > 5000' --json", 0);
    says(out, "\"params\": 6144");
    assert_null(strstr(out, "\"params\": 1536"));
    gives("probe run position --store tiny.db --save items --json", 0);
    says(out, "\"measured\": 4"); /* their scores are kept, their items are not */
    gives("probe run position --store tiny.db --save items --json", 0);
    says(out, "\"measured\": 0");
    gives("probe run position --store tiny.db --save items --windows 200 --json", 0);
    says(out, "\"measured\": 4");
    gives("probe run recall --store tiny.db", 2);
    says(err_text, "asks in words, and this model's tokens are no text");
    gives("probe show position", 0);
    says(out, "Kaplan et al. 2020");
    gives("probe show postion", 2);
    says(err_text, "did you mean 'position'?");
    gives("probe run position --store tiny.db --weights tiny.yaml", 2);
    says(err_text, "expected one of the two");
    gives("probe run position --weights tiny.yaml", 2);
    says(err_text, "not a safetensors file");
    gives("probe run positon --store tiny.db", 2);
    says(err_text, "did you mean 'position'?");
    gives("probe run position --store tiny.db --runs 'params > 1e9'", 2);
    says(err_text, "no run is done for which that holds");
    gives("probe run position --store nowhere.db", 2);
    gives("probe run --store tiny.db", 2);
    gives("probe list me", 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_nothing),
        cmocka_unit_test(sums_to_the_loss),
        cmocka_unit_test(one_octave),
        cmocka_unit_test(any_number_of_threads),
        cmocka_unit_test(windows_do_not_overlap),
        cmocka_unit_test(refused),
        cmocka_unit_test(the_verb),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
