/* Tables as other tools write them: W&B's runs and charts, TensorBoard's scalars, nanochat's results.csv. */
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/document/json.h"
#include "loglog/table.h"

static char out[1 << 16], err_text[4096];

static ll_status read_text(ll_table *t, const char *name, const char *text, const ll_table_opts *opts,
                           ll_error *err) {
    char path[LL_PATH_MAX];
    support_write(folder, name, text, strlen(text), path);
    return ll_table_read(t, path, opts, err);
}

static void refused(const char *text, const ll_table_opts *opts, const char *says) {
    ll_table t;
    ll_error err = { 0 };
    ll_status s = read_text(&t, "a.csv", text, opts, &err);
    if (s != LL_EINPUT || !strstr(err.msg, says))
        fail_msg("'%.50s' gave %d (%s), not '%s'", text, s, err.msg, says);
}

static int program(const char *arguments) {
    return support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text);
}

/* ---- nanochat ---- */

static const char nanochat[] =
    "flops_budget,depth,model_dim,params_wte,params_value_embeds,params_lm_head,params_transformer,params_scalars,"
    "params_total,num_iterations,tokens_trained,val_bpb,core_score,train_time_sec\n"
    "1e+18,8,512,16777216,67108864,16777216,25165824,16,125829136,7578,3973054464,0.912345,0.1034,1290\n"
    "2.15e+18,10,640,20971520,104857600,20971520,49152000,20,195952660,9751,5112332288,0.854321,,2411\n";

static void nanochat_results(void **state) {
    (void)state;
    ll_table t;
    assert_ok(read_text(&t, "results.csv", nanochat, NULL, err));
    assert_int_equal(t.rows, 2);
    assert_null(t.num[LL_COL_PARAMS]);
    assert_true(t.num[LL_COL_PARAMS_TOTAL][1] == 195952660 && t.num[LL_COL_TOKENS][0] == 3973054464);
    assert_true(t.num[LL_COL_FLOPS][1] == 2.15e18 && t.num[LL_COL_STEP][0] == 7578);
    assert_int_equal(t.loss_unit, LL_LOSS_BITS_PER_BYTE);
    assert_true(t.num[LL_COL_LOSS][0] == 0.912345);
    ll_table_clear(&t);
    /* the store keeps nats per token: the ratio must be told, and then 1 bit a byte is ln 2 nats times it */
    assert_int_equal(program("runs import results.csv"), 2);
    assert_non_null(strstr(err_text, "results.csv:2: column 'val_bpb' is in bits per byte"));
    assert_int_equal(program("runs import results.csv --set bytes_per_token=4.2"), 0);
    assert_int_equal(program("runs export --where 'tokens < 4e9'"), 0);
    char *line = strchr(out, '\n') + 1;
    ll_table stored;
    char path[LL_PATH_MAX];
    assert_non_null(line);
    support_write(folder, "stored.csv", out, strlen(out), path);
    assert_ok(ll_table_read(&stored, path, NULL, err));
    assert_int_equal(stored.rows, 1);
    assert_close(stored.num[LL_COL_LOSS][0], 0.912345 * 4.2 * log(2), 1e-12);
    ll_table_clear(&stored);
}

/* ---- W&B ---- */

static void wandb_runs(void **state) {
    (void)state;
    static char text[] =
        "\xef\xbb\xbf\"Name\",\"State\",\"Tags\",\"Created\",\"Runtime\",\"config\",\"n_params\",\"_step\",\"train/"
        "loss\","
        "\"val/loss\",\"throughput/total_tokens\"\r\n"
        "\"swept-sun-3\",\"finished\",\"a, b\",\"2025-01-01T00:00:00.000Z\",\"100\",\"{\"\"lr\"\": 1,\n\"\"d\"\": "
        "[\"\"x\"\"]}\",\"1000000\",\"1000\",\"3.4\",\"3.25\",\"2e9\"\r\n"
        "\"dawn-4\",\"crashed\",\"\",\"2025-01-01T00:00:00.000Z\",\"9\",\"\",\"1000000\",\"50\",\"NaN\",\"\","
        "\"1e8\"\r\n";
    ll_table t;
    assert_ok(read_text(&t, "runs.csv", text, NULL, err));
    assert_int_equal(t.rows, 2);
    assert_string_equal(t.text[LL_COL_RUN][0], "swept-sun-3");
    assert_int_equal(t.params_are, LL_PARAMS_UNSTATED);
    assert_true(t.num[LL_COL_LOSS][0] == 3.25 && isnan(t.num[LL_COL_LOSS][1]));
    assert_true(t.num[LL_COL_TOKENS][0] == 2e9 && t.num[LL_COL_STEP][1] == 50);
    ll_table_clear(&t);
    assert_int_equal(program("fit runs.csv"), 2); /* the crashed run has no loss, and one alone is too few */
    assert_non_null(strstr(err_text, "runs.csv: left out: 1 without a loss"));
    char *empty = strstr(text, "\"NaN\",\"\","); /* on line 4: the first run takes two */
    memcpy(empty, "\"\",\"NaN\",", 9);
    assert_ok(read_text(&t, "runs.csv", text, NULL, err));
    ll_table_clear(&t);
    assert_int_equal(program("fit runs.csv"), 2);
    assert_non_null(strstr(err_text, "runs.csv:4: loss is nan"));
    assert_ok(read_text(&t, "runs.csv", text, &(ll_table_opts) { .where = "State = finished" }, err));
    assert_int_equal(t.rows, 1);
    ll_table_clear(&t);
}

static const char chart[] =
    "\"Step\",\"sun - rise - val/loss\",\"sun - rise - val/loss__MIN\",\"dawn - val/loss\"\n"
    "100,3.5,3.4,3.6\n"
    "200,3.25,3.2,\n"
    "300,3,2.9,3.125\n"
    "400,,,NaN\n";

static void wandb_chart(void **state) {
    (void)state;
    static const char *const runs[] = { "sun - rise", "dawn", "sun - rise", "sun - rise", "dawn" };
    static const double loss[] = { 3.5, 3.6, 3.25, 3, 3.125 }, step[] = { 100, 100, 200, 300, 300 };
    ll_table t;
    assert_ok(read_text(&t, "chart.csv", chart, &(ll_table_opts) { .cluster = "run" }, err));
    assert_int_equal(t.rows, 5);
    for (int i = 0; i < 5; i++) {
        assert_string_equal(t.text[LL_COL_RUN][i], runs[i]);
        assert_true(t.num[LL_COL_LOSS][i] == loss[i] && t.num[LL_COL_STEP][i] == step[i]);
        assert_int_equal(t.cluster[i], strcmp(runs[i], "dawn") == 0);
        assert_int_equal(t.line[i], 1 + (int)step[i] / 100);
    }
    assert_string_equal(t.header[LL_COL_LOSS], "val/loss");
    ll_table_clear(&t);
    assert_ok(read_text(&t, "chart.csv", chart, &(ll_table_opts) { .where = "run = dawn and Step > 100" }, err));
    assert_int_equal(t.rows, 1);
    assert_true(t.num[LL_COL_LOSS][0] == 3.125);
    ll_table_clear(&t);
    refused("Step,a - loss,b - loss,a - loss\n1,2,3,4\n", NULL, "'a - loss' stands there twice");
    refused("Step,a - eval/loss,b - val/loss\n1,2,3\n", NULL, "both 'eval/loss' and 'val/loss' could be loss");
    refused("Step,a - loss,b - loss\n1,2,x\n", NULL, "a.csv:2: column 'loss': 'x', expected a number");
    /* one header without a gap, and the table is taken as it stands */
    assert_ok(read_text(&t, "a.csv", "Step,a - loss,loss\n1,2,3\n", NULL, err));
    assert_true(t.rows == 1 && t.num[LL_COL_LOSS][0] == 3);
    ll_table_clear(&t);
}

/* ---- TensorBoard ---- */

static const char scalars[] = "Wall time,Step,Value\n"
                              "1700000000.5,100,3.5\n"
                              "1700000060.25,300,2.75\n"
                              "1700000030.75,200,3.0\n"
                              "1700000090.0,400,nan\n";

/* Value may be any scalar, and nothing says of which model: both are told. */
static void tensorboard(void **state) {
    (void)state;
    ll_table t;
    ll_table_opts o = { .columns = "loss=Value", .set = "params=124M,batch_tokens=524288,run=gpt2" };
    assert_ok(read_text(&t, "tb.csv", scalars, NULL, err));
    assert_null(t.num[LL_COL_LOSS]);
    ll_table_clear(&t);
    assert_ok(read_text(&t, "tb.csv", scalars, &o, err));
    assert_int_equal(t.rows, 4);
    assert_int_equal(t.params_are, LL_PARAMS_UNSTATED); /* 124M may be either count */
    for (int i = 0; i < 4; i++) {
        assert_true(t.num[LL_COL_PARAMS][i] == 124e6 && t.num[LL_COL_BATCH_TOKENS][i] == 524288);
        assert_string_equal(t.text[LL_COL_RUN][i], "gpt2");
    }
    assert_true(t.num[LL_COL_LOSS][2] == 3 && t.num[LL_COL_STEP][2] == 200);
    ll_table_clear(&t);
    o.params_are = "total";
    assert_ok(read_text(&t, "tb.csv", scalars, &o, err));
    assert_int_equal(t.params_are, LL_PARAMS_TOTAL);
    ll_table_clear(&t);
    assert_int_equal(program("fit tb.csv"), 2);
    assert_non_null(strstr(err_text, "no column of losses; name it with --col loss=HEADER"));
}

static void curve_as_one_run(void **state) {
    (void)state;
    ll_table t;
    ll_table_opts o = { .columns = "loss=Value", .set = "run=gpt2", .last = true };
    assert_ok(read_text(&t, "tb.csv", scalars, &o, err));
    assert_int_equal(t.rows, 1); /* step 400 has no loss */
    assert_true(t.num[LL_COL_STEP][0] == 300 && t.num[LL_COL_LOSS][0] == 2.75 && t.line[0] == 3);
    assert_int_equal(t.dropped, 3);
    ll_table_clear(&t);
    assert_ok(read_text(&t, "chart.csv", chart, &(ll_table_opts) { .last = true, .cluster = "run" }, err));
    assert_int_equal(t.rows, 2);
    assert_string_equal(t.text[LL_COL_RUN][1], "dawn");
    assert_true(t.num[LL_COL_LOSS][0] == 3 && t.num[LL_COL_LOSS][1] == 3.125);
    assert_true(t.cluster[0] == 0 && t.cluster[1] == 1);
    ll_table_clear(&t);
    o = (ll_table_opts) { .last = true, .x = "Step" };
    assert_ok(read_text(&t, "chart.csv", "Step,a - loss\n1,5\n2,4\n7,\n", &o, err));
    assert_true(t.rows == 1 && t.x[0] == 2);
    ll_table_clear(&t);
    refused("N,loss\n1,2\n", &(ll_table_opts) { .last = true }, "last: no column of steps");
    assert_int_equal(program("runs import tb.csv --store tb.db --last --col loss=Value --set "
                             "params=124M,batch_tokens=524288,run=gpt2"),
                     0);
    assert_int_equal(program("runs export --store tb.db"), 0);
    assert_non_null(strstr(out, "gpt2,124000000,157286400,")); /* D = 300 steps of 524288 */
}

static void curve_is_fitted(void **state) {
    (void)state;
    char text[4096], path[LL_PATH_MAX];
    size_t used = (size_t)snprintf(text, sizeof text, "Wall time,Step,Value\n");
    for (int i = 1; i <= 40; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,%d,%.17g\n", i, 100 * i,
                                 1.9 + 300 * pow(100.0 * i * 1000, -0.35));
    support_write(folder, "curve.csv", text, used, path);
    assert_int_equal(
        program("fit curve.csv --col loss=Value --set batch_tokens=1000,params=1M --law power_floor --x "
                "tokens --bootstrap 0 --json"),
        0);
    ll_json *o;
    assert_ok(ll_json_parse(out, strlen(out), "standard output", &o, err));
    assert_close(ll_json_get_num(ll_json_get(ll_json_get(o, "params"), "alpha"), "value"), 0.35, 1e-6);
    assert_string_equal(ll_json_get_str(ll_json_get(o, "convention"), "tokens_from"), "step batch_tokens");
    ll_json_free(o);
}

static void set_is_strict(void **state) {
    (void)state;
    refused("N,loss\n1,2\n", &(ll_table_opts) { .set = "params=5" }, "set: params stands in the column 'N'");
    refused("N,loss\n1,2\n", &(ll_table_opts) { .set = "tokens=many" }, "set: tokens is 'many', expected a number");
    refused("N,loss\n1,2\n", &(ll_table_opts) { .set = "width=5" }, "'width' is no canonical column");
    refused("N,loss\n1,2\n", &(ll_table_opts) { .set = "tokens" }, "expected CANONICAL=VALUE");
    ll_table t;
    assert_ok(read_text(&t, "a.jsonl", "{\"N\":1,\"loss\":2}\n",
                        &(ll_table_opts) { .columns = "params=", .set = "params=5,family=c" }, err));
    assert_true(t.num[LL_COL_PARAMS][0] == 5);
    assert_string_equal(t.text[LL_COL_FAMILY][0], "c");
    ll_table_clear(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nanochat_results), cmocka_unit_test(wandb_runs),       cmocka_unit_test(wandb_chart),
        cmocka_unit_test(tensorboard),      cmocka_unit_test(curve_as_one_run), cmocka_unit_test(curve_is_fitted),
        cmocka_unit_test(set_is_strict),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
