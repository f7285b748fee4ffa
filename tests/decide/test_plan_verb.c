/* The verb plan through the real program: its document, its budgets, scores and samples as targets, what it refuses. */
#include "scratch_program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document/json.h"
#include "base/system/file.h"
#include "decide/plan/plan.h"
#include "planted.h"

static void write_planted(const planted *plant, const char *name, const char *loss, double per) {
    char text[1 << 15], path[LL_PATH_MAX];
    size_t used = (size_t)snprintf(text, sizeof text, "params,tokens,%s\n", loss);
    for (int64_t i = 0; i < plant->n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%.17g,%.17g,%.17g\n", plant->N[i], plant->D[i],
                                 plant->L[i] / per);
    support_write(folder, name, text, used, path);
}

static int setup(void **state) {
    (void)state;
    static planted plant;
    support_folder(folder);
    planted_make(&plant, 5, 10, 6, 0.004, 1);
    write_planted(&plant, "runs.csv", "loss", 1);
    write_planted(&plant, "bpb.csv", "val_bpb", 3);
    write_planted(&plant, "bits.csv", "bits_per_token", 1);
    for (int64_t i = 0; i < plant.n; i++)
        plant.L[i] *= 1 + 0.5 * sqrt(1e8 / plant.N[i]); /* small models lie above */
    write_planted(&plant, "bent.csv", "loss", 1);
    return 0;
}

static ll_json *planned(const char *arguments) {
    ll_json *doc;
    int code = runs(arguments);
    if (code != 0) fail_msg("%s exits %d: %s", arguments, code, err_text);
    assert_ok(ll_json_parse(out, strlen(out), "standard output", &doc, err));
    return doc;
}

static double value(const ll_json *o, const char *key) {
    return ll_json_get_num(ll_json_get(o, key), "value");
}

static void document(void **state) {
    (void)state;
    static const char *const numbers[] = { "params", "tokens", "flops", "loss", "gpu_hours", "usd", "kwh" };
    ll_json *o = planned("plan --law hoffmann2022 --flops 5.76e23 --json");
    assert_string_equal(ll_json_get_str(o, "schema"), "loglog.plan/1");
    assert_non_null(strstr(ll_json_get_str(o, "note"), "without covariance"));
    assert_true(fabs(value(o, "params") - 4.036e10) <= 0.5001e7); /* half a unit of the last place */
    for (int i = 0; i < 7; i++) {
        const ll_json *number = ll_json_get(o, numbers[i]);
        assert_true(value(o, numbers[i]) > 0);
        assert_non_null(ll_json_get(number, "ci"));
        assert_non_null(ll_json_get(number, "level"));
        assert_int_equal(ll_json_size(ll_json_get(number, "ci")), 0); /* null */
    }
    assert_true(ll_json_get_num(o, "batch_tokens") > 1e6 && ll_json_get_num(o, "lr") > 0);
    assert_int_equal(ll_json_size(ll_json_get(o, "curve")), LL_PLAN_CURVE);
    assert_true(ll_json_get_int(ll_json_get(o, "shape"), "layers", 0) > 40);
    ll_json_free(o);
    o = planned("plan runs.csv --usd 1M --bootstrap 60 --level 0.8 --json");
    for (int i = 0; i < 7; i++) {
        const ll_json *number = ll_json_get(o, numbers[i]), *ci = ll_json_get(number, "ci");
        assert_int_equal(ll_json_size(ci), 2);
        assert_true(ll_json_get_num(number, "level") == 0.8);
        assert_true(ll_json_as_num(ll_json_at(ci, 0)) <= value(o, numbers[i]) * (1 + 1e-12));
        assert_true(ll_json_as_num(ll_json_at(ci, 1)) >= value(o, numbers[i]) * (1 - 1e-12));
    }
    assert_close(value(o, "usd"), 1e6, 1e-9);
    assert_true(ll_json_get_num(ll_json_get(o, "wrong"), "usd") > 0);
    ll_json_free(o);
}

/* Where another size is forecast to end lower, text and document name it, its loss and the budget it needs. */
static void lower_elsewhere(void **state) {
    (void)state;
    char says[64], path[LL_PATH_MAX], *page;
    ll_json *o = planned("plan bent.csv --flops 1e18 --bootstrap 100 --json");
    const ll_json *lower = ll_json_get(o, "lower_forecast"), *curve = ll_json_get(o, "curve");
    const double least = ll_json_get_num(lower, "forecast_loss"), below = value(o, "loss") - least;
    assert_true(below > 0 && ll_json_get_num(lower, "flops_for_same_loss") < 1);
    assert_close(ll_json_get_num(lower, "below"), below, 1e-9);
    assert_true(ll_json_get_num(ll_json_get(o, "wrong"), "excess_loss") >= below * (1 - 1e-9));
    assert_close(ll_json_get_num(ll_json_at(curve, 2), "forecast_loss"), value(o, "loss"), 1e-12);
    snprintf(says, sizeof says, "lower at another size: %.5g with", least);
    assert_int_equal(runs("plan bent.csv --flops 1e18 --bootstrap 100"), 0);
    assert_non_null(strstr(out, says));
    assert_non_null(strstr(out, "by the forecast"));
    assert_int_equal(runs("plan bent.csv --loss 6 --bootstrap 100"), 0);
    assert_non_null(strstr(out, "a smaller budget is forecast to reach 6:"));
    ll_json_free(o);
    assert_int_equal(runs("report bent.csv --budget 1e18 --bootstrap 100 --out bent.html"), 0);
    assert_ok(ll_file_join(path, folder, "bent.html", err));
    assert_ok(ll_file_read(path, 1 << 24, &page, NULL, err));
    assert_non_null(strstr(page, "forecast is lower at another size"));
    assert_non_null(strstr(page, "the runs depart from the"));
    free(page);
    assert_int_equal(runs("plan runs.csv --flops 1e21 --bootstrap 100"), 0);
    assert_null(strstr(out, "another size"));
}

/* Each kind of budget is spent to the last unit. */
static void budgets(void **state) {
    (void)state;
    ll_json *o = planned("plan --law besiroglu2024 --gpus 64xH100 --days 30 --utilisation 0.4 --json");
    assert_close(value(o, "gpu_hours"), 64 * 30 * 24, 1e-9);
    assert_close(value(o, "flops"), 64 * 30 * 86400.0 * 989e12 * 0.4, 1e-9);
    assert_close(ll_json_get_num(o, "days"), 30, 1e-9);
    ll_json_free(o);
    o = planned("plan --law besiroglu2024 --kwh 1e6 --gpus a100 --pue 1.2 --json");
    assert_close(value(o, "kwh"), 1e6, 1e-9);
    assert_close(value(o, "gpu_hours"), 1e6 / (0.4 * 1.2), 1e-9);
    ll_json_free(o);
    o = planned("plan --law besiroglu2024 --usd '$2.5M' --json");
    assert_close(value(o, "usd"), 2.5e6, 1e-9);
    assert_close(value(o, "gpu_hours"), 2.5e6 / 3, 1e-9); /* an H100 at $3 */
    ll_json_free(o);
    /* 0.75 bits a byte at four bytes a token are 3 ln 2 nats a token */
    o = planned("plan --law besiroglu2024 --bits-per-byte 0.75 --bytes-per-token 4 --json");
    assert_close(value(o, "loss"), 3 * log(2), 1e-9);
    ll_json_free(o);
    /* of losses in bits per byte they are the target themselves */
    o = planned("plan bpb.csv --bits-per-byte 0.9 --bootstrap 0 --json");
    assert_close(ll_json_get_num(ll_json_get(o, "target"), "loss"), 0.9, 1e-15);
    assert_close(ll_json_get_num(ll_json_get(o, "budget"), "amount"), 0.9, 1e-15);
    assert_close(value(o, "loss"), 0.9, 1e-6);
    ll_json_free(o);
    o = planned("plan --law besiroglu2024 --usd 1e5 --price 2 --peak 1e15 --utilisation 0.5 --json");
    assert_close(value(o, "flops"), 5e4 * 3600 * 5e14, 1e-9);
    ll_json_free(o);
}

/* ---- scores and samples ---- */

/* score = b + a/(1 + exp(k (L - L0))) and share = exp(-a k^-b), without noise, as saved fits. */
static void save_downstream(void) {
    char text[1 << 13], path[LL_PATH_MAX];
    size_t used = (size_t)snprintf(text, sizeof text, "val,acc\n");
    for (int i = 0; i < 24; i++) {
        double L = 1.8 + 0.08 * i;
        used += (size_t)snprintf(text + used, sizeof text - used, "%.17g,%.17g\n", L,
                                 0.25 + 0.7 / (1 + exp(4 * (L - 2.6))));
    }
    support_write(folder, "acc.csv", text, used, path);
    used = (size_t)snprintf(text, sizeof text, "k,share\n");
    for (int k = 1; k < 2000; k *= 2)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,%.17g\n", k, exp(-1.8 * pow(k, -0.35)));
    support_write(folder, "share.csv", text, used, path);
    ll_json_free(planned("fit acc.csv --law sigmoid --x val --col loss=acc --bootstrap 20 --save acc.json --json"));
    ll_json_free(
        planned("fit share.csv --law coverage --x k --col loss=share --bootstrap 20 --save share.json --json"));
}

/* The loss of a score is the sigmoid's own inverse, and its plan that of the loss. */
static void a_score_is_a_loss(void **state) {
    (void)state;
    save_downstream();
    const double L = 2.6 + log(0.7 / (0.8 - 0.25) - 1) / 4;
    char command[128];
    ll_json *by_score = planned("plan --law besiroglu2024 --score 0.8 --score-fit acc.json --json");
    const ll_json *target = ll_json_get(by_score, "target");
    assert_close(value(target, "loss_of_score"), L, 1e-5);
    snprintf(command, sizeof command, "plan --law besiroglu2024 --loss %.17g --json",
             ll_json_get_num(target, "loss"));
    ll_json *by_loss = planned(command);
    assert_close(value(by_score, "flops"), value(by_loss, "flops"), 1e-12);
    ll_json_free(by_score);
    ll_json_free(by_loss);
}

/* Four samples of a token are four tokens, and at a quarter of training's utilisation one costs four. */
static void samples_are_tokens(void **state) {
    (void)state;
    const char *const same[] = {
        "plan --law besiroglu2024 --flops 1e23 --inference-tokens 8e11 --json",
        "plan --law besiroglu2024 --flops 1e23 --inference-tokens 2e11 --samples 4 --samples-fit share.json --json",
        ("plan --law besiroglu2024 --flops 1e23 --utilisation 0.4 --serving-utilisation 0.1 --inference-tokens "
         "2e11 "
         "--json"),
    };
    ll_json *o[3];
    save_downstream();
    for (int i = 0; i < 3; i++) o[i] = planned(same[i]);
    assert_close(value(o[1], "params"), value(o[0], "params"), 1e-9);
    assert_close(value(o[2], "params"), value(o[0], "params"), 1e-9);
    assert_close(value(ll_json_get(o[1], "serving"), "coverage"), exp(-1.8 * pow(4, -0.35)), 1e-5);
    for (int i = 0; i < 3; i++) ll_json_free(o[i]);
}

static void for_people(void **state) {
    (void)state;
    assert_int_equal(runs("plan runs.csv --flops 1e23 --loss 2.05 --bootstrap 60 --unique-tokens 50B"), 0);
    assert_non_null(strstr(out, "90 % ["));
    assert_non_null(strstr(out, "with probability"));
    assert_non_null(strstr(out, "being wrong costs"));
    assert_non_null(strstr(out, "data binds"));
    assert_non_null(strstr(out, "R*_D 15.39"));
    assert_non_null(strstr(out, "R*_N 5.31"));
    assert_non_null(strstr(out, "Muennighoff et al. 2023"));
}

/* Exit code 2 and one line that helps. */
static void refused(void **state) {
    (void)state;
    static const struct {
        const char *arguments, *says;
    } bad[] = {
        { "--law hoffmann2022", "--gpus 64xH100 --days 30" },
        { "--law hoffmann2022 --loss 1.6", "floor is 1.693" },
        { "runs.csv --bootstrap 40 --loss 1.2", "floor is" },
        { "runs.csv --bootstrap 0 --loss 1.2 --json", "without an interval" },
        { "--law hoffmann2022 --bits-per-byte 0.7", "needs --bytes-per-token" },
        { "--law hoffmann2022 --bits-per-byte 0.7 --bytes-per-token 4 --loss 2", "two targets" },
        { "--law hoffmann2022 --bits-per-byte 0.5 --bytes-per-token 4", "floor is 1.693" },
        { "runs.csv --bits-per-byte 0.9 --bootstrap 0", "needs --bytes-per-token: losses of runs.csv are in nats" },
        { "bits.csv --bits-per-byte 0.9 --bytes-per-token 4 --bootstrap 0", "in bits per token, neither" },
        { "--law hoffmann2022 --loss 0", "--loss is 0, expected a number above 0" },
        { "--law hoffmann2022 --bits-per-byte 0", "--bits-per-byte is 0" },
        { "--law hoffmann2022 --flops 0", "--flops is 0" },
        { "--law hoffmann2022 --params 7B", "no budget" },
        { "--law hoffmann2022 --score 0.5", "--score-fit" },
        { "--law hoffmann2022 --score 2 --score-fit acc.json", "no loss has a score of 2" },
        { "--law hoffmann2022 --score 0.5 --score-fit acc.json --loss 2", "two targets" },
        { "--law hoffmann2022 --score 0.5 --score-fit runs.csv", "runs.csv" },
        { "--law hoffmann2022 --flops 1e22 --samples 4", "--inference-tokens" },
        { "--law hoffmann2022 --usd -5", "usd is '-5'" },
        { "--law hoffmann2022 --usd 5euros", "usd is '5euros'" },
        { "--law hoffmann2022 --usd 5 --flops 1e20", "--flops and --usd are two budgets" },
        { "--law hoffmann2022 --flops 1e20 --gpus 8xTPU", "V100, A100, H100" },
        { "--law hoffmann2022 --days 30", "--gpus 64xH100" },
        { "--law hoffmann2022 --days 30 --gpus 0xH100", "COUNTxDEVICE" },
        { "--law hoffmann2022 --flops 10", "parameters" },
        { "--law hoffmann2022 --flops 1e20 --utilisation 1.5", "utilisation" },
        { "--law hoffmann2022 --flops 1e20 --utilisation 0.5,0.3", "low,high" },
        { "--law hoffmann2022 --flops 1e20 --recipe guess", "deepseek2024" },
        { "--law nope --flops 1e20", "loglog paper" },
        { "--law kaplan2020_n --flops 1e20", "N and D" },
        { "--law kaplan2020 --flops 1e20 --unique-tokens 1e9", "repeated tokens" },
        { "--law power --flops 1e20", "chinchilla_tied" },
        { "runs.csv --law hoffmann2022 --flops 1e20", "leave out runs.csv" },
        { "--flops 1e20", "loglog.db" },
        { "--law hoffmann2022 --flop 1e20", "flops" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char command[256];
        snprintf(command, sizeof command, "plan %s", bad[i].arguments);
        int code = runs(command);
        if (code != 2) fail_msg("%s exits %d: %s", command, code, err_text);
        if (!strstr(err_text, bad[i].says)) fail_msg("%s says: %s", command, err_text);
        if (strchr(err_text, '\n') != err_text + strlen(err_text) - 1) fail_msg("not one line: %s", err_text);
        assert_string_equal(out, "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(document),          cmocka_unit_test(lower_elsewhere),    cmocka_unit_test(budgets),
        cmocka_unit_test(a_score_is_a_loss), cmocka_unit_test(samples_are_tokens), cmocka_unit_test(for_people),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
