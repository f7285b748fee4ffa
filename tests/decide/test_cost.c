/* What training costs: the known bill of GPT-3, eras, trends, tables of models, the verb. */
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/document/json.h"
#include "decide/money/era.h"
#include "decide/money/spending.h"
#include "loglog/random.h"
#include "store/table/published_models.h"

static char out[1 << 15], err_text[4096];

static ll_json *answer(const char *arguments) {
    ll_json *doc = NULL;
    assert_int_equal(support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text), 0);
    assert_ok(ll_json_parse(out, strlen(out), "cost", &doc, err));
    return doc;
}

/* REFERENCE 6.1: 3.14e23 FLOPs at 28 TFLOP/s on a V100 are 355.4 years and, at $1.5 an hour, $4.67M. */
static void gpt3_s_bill(void **state) {
    (void)state;
    ll_json *doc = answer("cost --flops 3.14e23 --gpus V100 --utilisation 0.224 --price 1.5 --json");
    const ll_json *t = ll_json_get(doc, "training");
    assert_true(fabs(ll_json_get_num(t, "device_hours") / 24 / 365 - 355.4) < 0.5);
    assert_true(fabs(ll_json_get_num(ll_json_get(t, "usd"), "value") - 4.67e6) < 0.005e6);
    ll_json_free(doc);
    /* without a day on what plan rents, to the cent */
    doc = answer("cost --flops 1e24 --json");
    const double cost = ll_json_get_num(ll_json_get(ll_json_get(doc, "training"), "usd"), "value");
    ll_json_free(doc);
    doc = answer("plan --law hoffmann2022 --flops 1e24 --json");
    assert_close(ll_json_get_num(ll_json_get(doc, "usd"), "value"), cost, 1e-12);
    ll_json_free(doc);
    doc = answer("cost --flops 3.114e23 --date 2020-05-28 --json"); /* of its day, unasked: the range holds $4.6M */
    const ll_json *usd = ll_json_get(ll_json_get(doc, "training"), "usd"), *range = ll_json_get(usd, "range");
    assert_true(ll_json_as_num(ll_json_at(range, 0)) < 4.6e6 && ll_json_as_num(ll_json_at(range, 1)) > 4.6e6);
    ll_json_free(doc);
}

static double flops_per_usd(double year) {
    return 1e24 / ll_spending_bill(year, 1e24, 1.15).usd;
}

static void a_dollar_never_buys_less_later(void **state) {
    (void)state;
    for (double year = 2000; year < 2028; year += 0.25)
        assert_true(flops_per_usd(year + 0.25) >= flops_per_usd(year) * (1 - 1e-12));
    assert_close(flops_per_usd(2010), flops_per_usd(2018) * exp2(-8 / 2.07), 1e-9);
}

/* ---- trends ---- */

static void a_known_trend_is_found(void **state) {
    (void)state;
    double year[40], y[40];
    ll_trend t;
    for (int i = 0; i < 40; i++) {
        year[i] = 2010 + i * 0.3;
        y[i] = 5 * pow(3, year[i] - 2010);
    }
    assert_ok(ll_trend_fit(&t, &(ll_trend_data) { 40, year, y, 0.9, 50, 1 }, err));
    assert_close(t.times_per_year.value, 3, 1e-9);
    assert_close(ll_trend_at(&t, 2010), 5, 1e-9);
    assert_true(t.sd < 1e-9);
}

/* Nominal 90 % over 300 planted tables: within 4 standard errors of itself, the case resample's few points excused.
 */
static void its_interval_covers(void **state) {
    (void)state;
    enum { STUDIES = 300, N = 40 };
    double year[N], y[N];
    int covered = 0;
    for (int k = 0; k < STUDIES; k++) {
        ll_rng rng = ll_rng_at(11, LL_STREAM_NOISE, (uint64_t)k);
        ll_trend t;
        for (int i = 0; i < N; i++) {
            year[i] = 2010 + 10 * ll_rng_uniform(&rng);
            y[i] = pow(2.4, year[i] - 2010) * exp(ll_rng_normal(&rng));
        }
        assert_ok(ll_trend_fit(&t, &(ll_trend_data) { N, year, y, 0.9, 200, (uint64_t)k + 1 }, err));
        covered += t.times_per_year.lo <= 2.4 && 2.4 <= t.times_per_year.hi;
    }
    assert_in_range(covered, STUDIES * 83 / 100, STUDIES * 96 / 100);
}

static void no_trend_of_two_points_or_one_day(void **state) {
    (void)state;
    const double year[] = { 2020, 2020, 2020 }, y[] = { 1, 2, 3 };
    ll_trend t;
    ll_error e = { 0 };
    assert_int_equal(ll_trend_fit(&t, &(ll_trend_data) { 2, year, y, 0.9, 10, 1 }, &e), LL_EINPUT);
    assert_int_equal(ll_trend_fit(&t, &(ll_trend_data) { 3, year, y, 0.9, 10, 1 }, &e), LL_EINPUT);
}

/* ---- tables ---- */

static const char table[] =
    "\xef\xbb\xbfModel,Publication date,Training compute (FLOP),Training compute cost (2023 USD),Notes\r\n"
    "\"A, the first\",2018-01-01,1e20,$1000.00,\"two\nlines\"\r\n"
    "B,2019-01-01,1e19,,\r\n"
    "C,2020-01-01,1e22,\"\",x\r\n"
    "no day,,1e22,,\r\n"
    "no flops,2020-01-01,,,\r\n"
    "D,2021-01-01,1e21,$5e4,\r\n";

static void a_table_is_read(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_models m;
    ll_error e = { 0 };
    support_write(folder, "models.csv", table, sizeof table - 1, path);
    assert_ok(ll_models_read(&m, path, err));
    assert_int_equal(m.n, 4);
    assert_int_equal(m.dropped, 2);
    assert_string_equal(m.at[0].name, "A, the first");
    assert_true(m.at[0].usd == 1000 && isnan(m.at[1].usd) && m.at[2].flops == 1e22 && m.at[3].year == 2021);
    assert_ptr_equal(ll_models_find(&m, "a, THE first", &e), &m.at[0]);
    assert_ptr_equal(ll_models_find(&m, "first", &e), &m.at[0]);
    assert_null(ll_models_find(&m, "nobody", &e));
    ll_models_clear(&m);
}

/* With top 1 the frontier are the records: A and C. */
static void the_frontier_are_the_largest_of_their_day(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_models m;
    ll_spending s;
    ll_error e = { 0 };
    support_write(folder, "models.csv", table, sizeof table - 1, path);
    assert_ok(ll_models_read(&m, path, err));
    assert_int_equal(ll_spending_make(&s, &m, &(ll_spending_opts) { .top = 1, .level = 0.9, .n_boot = 10 }, &e),
                     LL_EINPUT); /* two records are no trend */
    assert_ok(ll_spending_make(&s, &m, &(ll_spending_opts) { .top = 2, .level = 0.9, .n_boot = 10 }, err));
    assert_true(s.frontier[0] && s.frontier[1] && s.frontier[2] && s.frontier[3]);
    assert_int_equal(s.n_known, 2);
    ll_spending_clear(&s);
    ll_models_clear(&m);
}

/* Epoch AI: 4 to 5 times a year in compute, 2.0 to 3.1 in cost (95 %; amortised, not rented). */
static void the_field_s_own_trends(void **state) {
    (void)state;
    char path[LL_PATH_MAX], command[LL_PATH_MAX + 64];
    support_data("runs/notable_models.csv", path);
    snprintf(command, sizeof command, "cost '%s' --json", path);
    ll_json *doc = answer(command);
    const ll_json *compute = ll_json_get(ll_json_get(doc, "compute"), "times_per_year");
    const ll_json *cost = ll_json_get(ll_json_get(doc, "cost"), "times_per_year");
    assert_true(ll_json_as_num(ll_json_at(ll_json_get(compute, "ci"), 1)) > 4);
    assert_true(ll_json_as_num(ll_json_at(ll_json_get(compute, "ci"), 0)) < 5);
    assert_true(ll_json_as_num(ll_json_at(ll_json_get(cost, "ci"), 0)) < 3.1);
    assert_true(ll_json_as_num(ll_json_at(ll_json_get(cost, "ci"), 1)) > 2.0);
    ll_json_free(doc);
}

/* ---- the verb ---- */

static void refused(const char *arguments, const char *word) {
    int code = support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text);
    if (code != 2 || !strstr(err_text, word) || *out) fail_msg("%s: exit %d, '%s'", arguments, code, err_text);
}

static void refused_table(const char *text, const char *word) {
    char path[LL_PATH_MAX];
    support_write(folder, "bad.csv", text, strlen(text), path);
    refused("cost bad.csv", word);
}

static void bad_input_is_named(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    support_write(folder, "models.csv", table, sizeof table - 1, path);
    refused("cost", "--flops");
    refused("cost --flops 0", "--flops");
    refused("cost --flops -1", "flops");
    refused("cost --flops 1e23 --date 2020-02-30", "--date");
    refused("cost --flops 1e23 --gpus Abacus", "Abacus");
    refused("cost --devices --flops 1e23", "--devices");
    refused("cost --flops 1e23 --utilisation 0.5,0.4", "--utilisation");
    refused("cost --flops 1e23 --price -3", "price");
    refused("cost models.csv --flops 1e23", "--flops");
    refused("cost models.csv --model nobody", "nobody");
    refused("cost models.csv --since then", "--since");
    refused("cost nowhere.csv", "nowhere.csv");
    refused_table("", "bad.csv");
    refused_table("Model,Publication date\nA,2020-01-01\n", "Training compute (FLOP)");
    refused_table("Model,Publication date,Training compute (FLOP)\nA,yesterday,1e20\n", "bad.csv:2");
    refused_table("Model,Publication date,Training compute (FLOP)\nA,2020-01-01,-1\n", "bad.csv:2");
    refused_table("Model,Publication date,Training compute (FLOP)\nA,,\n", "no model");
    refused_table("Model,Publication date,Training compute (FLOP),Training compute cost\nA,2020-01-01,1,free\n",
                  "bad.csv:2");
}

/* ---- the catalogue ---- */

static void every_device_is_plausible_and_has_a_source(void **state) {
    (void)state;
    for (const ll_hardware *h = ll_hardware_catalogue; h->name; h++) {
        const double a_joule = h->peak / h->watts; /* FLOP of bf16: 0.3 to 3 TFLOP in devices of 2017 to 2025 */
        if (!(h->peak >= 1e13 && h->peak <= 1e16) || !(h->memory >= 8e9 && h->memory <= 1e12) ||
            !(h->watts >= 50 && h->watts <= 2000) || !(a_joule > 0.3e12 && a_joule < 3e12))
            fail_msg("%s: peak %g, memory %g, watts %g", h->name, h->peak, h->memory, h->watts);
        if (!(h->usd_lo >= 0.1 && h->usd_lo <= h->usd_hi && h->usd_hi <= 20) ||
            fabs(h->usd_per_hour - (h->usd_lo + h->usd_hi) / 2) > 0.051)
            fail_msg("%s: $%g, %g to %g", h->name, h->usd_per_hour, h->usd_lo, h->usd_hi);
        if (!strstr(h->source, "price: ") || !strstr(h->source, "20")) fail_msg("%s: %s", h->name, h->source);
        assert_ptr_equal(ll_hardware_find(h->name), h);
    }
}

/* Figures of the makers' pages, and names as people write them. */
static void devices_by_any_spelling(void **state) {
    (void)state;
    assert_true(ll_hardware_find("tpu v5p")->peak == 459e12 && ll_hardware_find("TPU-v4")->peak == 275e12);
    assert_true(ll_hardware_find("mi300x")->memory == 192e9 && ll_hardware_find("RTX 4090")->watts == 450);
    assert_null(ll_hardware_find("TPU"));
    assert_null(ll_hardware_find(""));
    ll_json *doc = answer("cost --devices --json");
    const ll_json *list = ll_json_get(doc, "devices");
    assert_true(ll_json_size(list) >= 12);
    assert_string_equal(ll_json_get_str(ll_json_at(list, 0), "name"), "V100");
    ll_json_free(doc);
    doc =
        answer("cost --flops 3.6e20 --gpus 'TPU v5e' --utilisation 0.5 --price 1 --json"); /* / (98.5e12 x 3600) */
    assert_close(ll_json_get_num(ll_json_get(doc, "training"), "device_hours"), 1e5 / 98.5, 1e-9);
    ll_json_free(doc);
    assert_int_equal(support_run(folder, "plan --law hoffmann2022 --gpus 8xMI300X --days 3", out, sizeof out,
                                 err_text, sizeof err_text),
                     0);
    assert_non_null(strstr(out, "MI300X"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpt3_s_bill),
        cmocka_unit_test(every_device_is_plausible_and_has_a_source),
        cmocka_unit_test(devices_by_any_spelling),
        cmocka_unit_test(a_dollar_never_buys_less_later),
        cmocka_unit_test(a_known_trend_is_found),
        cmocka_unit_test(its_interval_covers),
        cmocka_unit_test(no_trend_of_two_points_or_one_day),
        cmocka_unit_test(a_table_is_read),
        cmocka_unit_test(the_frontier_are_the_largest_of_their_day),
        cmocka_unit_test(the_field_s_own_trends),
        cmocka_unit_test(bad_input_is_named),
    };
    return cmocka_run_group_tests_name("cost", tests, scratch_make, scratch_remove);
}
