/* Timelines: Gwern's two readings and REFERENCE's digits, the growth parser, properties of the futures, the verb.
 */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/document/json.h"
#include "base/system/clock.h"
#include "decide/when/compute_law.h"
#include "decide/when/timeline.h"
#include "loglog/random.h"
#include "loglog/units.h"
#include "planted.h"

static char out[1 << 15], err_text[4096];

/* ---- parts ---- */

static void growth_is_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double lo, hi; /* doublings a year */
    } good[] = {
        { "none", 0, 0 },       { "2x/1y", 1, 1 },    { "2x/12mo", 1, 1 },       { "4x/1y", 2, 2 },
        { "2x/8mo", 1.5, 1.5 }, { "4..8x/1y", 2, 3 }, { "2x/2..4y", 0.25, 0.5 }, { "2.0..4.0x/6mo", 2, 4 }
    };
    static const char *const bad[] = { "",        "2x",       "2x/",      "x/1y",    "2/1y",        "1x/1y",
                                       "0.5x/1y", "2x/0y",    "2x/1w",    "2x/1y ",  " 2x/1y",      "-2x/1y",
                                       "2x/-1y",  "3..2x/1y", "2..x/1y",  "..2x/1y", "2..3x/1..2y", "2...3x/1y",
                                       "nanx/1y", "infx/1y",  "2x/1e999y" };
    ll_spread g;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(ll_growth_parse(good[i].text, &g));
        assert_true(fabs(g.lo - good[i].lo) < 1e-12 && fabs(g.hi - good[i].hi) < 1e-12);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (ll_growth_parse(bad[i], &g)) fail_msg("'%s' was read as a growth", bad[i]);
}

static void a_spread_holds_nine_tenths(void **state) {
    (void)state;
    ll_spread s;
    assert_true(ll_spread_parse("3.5..4.5", &s));
    ll_rng rng = ll_rng_at(3, LL_STREAM_NOISE, 0);
    int below = 0, above = 0;
    enum { N = 20000 };
    for (int i = 0; i < N; i++) {
        double v = ll_spread_at(&s, ll_rng_normal(&rng));
        below += v < s.lo;
        above += v > s.hi;
    }
    assert_true(abs(below - N / 20) < 150 && abs(above - N / 20) < 150); /* 4.9 standard errors */
    assert_close(ll_spread_at(&s, 0), sqrt(3.5 * 4.5), 1e-12);
}

static void days_are_read(void **state) {
    (void)state;
    static const char *const bad[] = { "",           "2020",       "2020-5-28",   "2020-13-01", "2020-00-10",
                                       "2021-02-29", "2020-04-31", "2020-05-28x", "20-05-2810", "2020/05/28" };
    double y;
    assert_true(ll_clock_year("2020-01-01", &y) && y == 2020);
    assert_true(ll_clock_year("2020-12-31", &y) && fabs(y - (2021 - 1 / 366.0)) < 1e-9);
    assert_true(ll_clock_year("2020-02-29", &y) && fabs(y - (2020 + 59 / 366.0)) < 1e-9);
    assert_true(ll_clock_year("2021-03-01", &y) && fabs(y - (2021 + 59 / 365.0)) < 1e-9);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(ll_clock_year(bad[i], &y));
}

/* ---- a law of compute and its inverse ---- */

static void the_inverse_undoes_the_law(void **state) {
    (void)state;
    static const char *const ids[] = { "gpt3_loss", "kaplan2020_cmin", "kaplan2020_c", "hoffmann2022",
                                       "besiroglu2024" };
    for (size_t k = 0; k < sizeof ids / sizeof *ids; k++) {
        ll_compute_law law;
        assert_ok(ll_compute_law_published(&law, ids[k], err));
        for (double C = 1e18; C < 1e27; C *= 100)
            assert_close(ll_compute_flops(&law, LL_COMPUTE_POINT, ll_compute_loss(&law, LL_COMPUTE_POINT, C)), C,
                         1e-6);
    }
}

/* Hoffmann's floor of 1.69 is no target; Kaplan's law has none. */
static void below_the_floor_is_never(void **state) {
    (void)state;
    ll_compute_law law;
    assert_ok(ll_compute_law_published(&law, "hoffmann2022", err));
    assert_true(isinf(ll_compute_flops(&law, LL_COMPUTE_POINT, 1.6)));
    assert_ok(ll_compute_law_published(&law, "kaplan2020_cmin", err));
    assert_true(isfinite(ll_compute_flops(&law, LL_COMPUTE_POINT, 0.5)));
}

/* REFERENCE 5.2: x(0.86) = 2.2069e6, x(0.865) = 1.9559e6 times 3640 PF-days, 21.07 doublings. */
static void gwern_s_factor(void **state) {
    (void)state;
    ll_compute_law law;
    assert_ok(ll_compute_law_published(&law, "gpt3_loss", err));
    const double gpt3 = 3640 * LL_PF_DAY, x = ll_compute_flops(&law, LL_COMPUTE_POINT, 0.86) / gpt3;
    assert_true(fabs(x - 2.2069e6) < 50);
    assert_true(fabs(ll_compute_flops(&law, LL_COMPUTE_POINT, 0.865) / gpt3 - 1.9559e6) < 50);
    assert_true(fabs(log2(x) - 21.07) < 0.005);
}

/* ---- futures ---- */

static ll_timeline_text text_of(const char *compute, const char *spending, const char *price,
                                const char *algorithms) {
    ll_timeline_text s;
    assert_ok(ll_options_default(ll_timeline_table, ll_timeline_count, &s, err));
    snprintf(s.compute, sizeof s.compute, "%s", compute);
    snprintf(s.spending, sizeof s.spending, "%s", spending);
    snprintf(s.price, sizeof s.price, "%s", price);
    snprintf(s.algorithms, sizeof s.algorithms, "%s", algorithms);
    snprintf(s.date, sizeof s.date, "2020-01-01");
    s.nats_per_token = 0.86;
    return s;
}

static ll_when when_of(const ll_timeline_text *s, int64_t n) {
    ll_timeline t;
    ll_compute_law law;
    ll_when w;
    assert_ok(ll_timeline_resolve(s, &t, err));
    assert_ok(ll_compute_law_published(&law, s->law, err));
    assert_ok(ll_when_run(&w, &t, &law, &t.target, n, 1, err));
    return w;
}

static double median_of(const ll_timeline_text *s) {
    ll_when w = when_of(s, 1);
    double year = w.year[2];
    ll_when_clear(&w);
    return year;
}

/* 21.07 doublings of 3.4 months are 5.97 years; 1e4 over $1B at 16 months a halving 17.7 (REFERENCE 5.2). */
static void years_of_known_growth(void **state) {
    (void)state;
    ll_timeline_text s = text_of("2x/3.4mo", "none", "none", "none");
    s.flops = 3640 * LL_PF_DAY;
    assert_true(fabs(median_of(&s) - 2020 - 5.97) < 0.005);
    s = text_of("none", "none", "2x/16mo", "none");
    s.usd = 1;
    s.budget = 1e9;
    s.nats_per_token = 2.57; /* one PF-day */
    s.flops = LL_PF_DAY / 1e13;
    assert_true(fabs(median_of(&s) - 2020 - 17.7) < 0.05); /* log2(1e4) x 16/12 = 17.72 */
    s = text_of("none", "2x/1y", "2x/2y", "2x/1y");        /* 2.5 doublings a year together */
    s.nats_per_token = 2.57;
    s.flops = LL_PF_DAY / 1024;
    assert_close(median_of(&s), 2024, 1e-9);
}

static void spending_stops_where_it_must(void **state) {
    (void)state;
    ll_timeline_text s = text_of("none", "2x/1y", "none", "2x/1y");
    s.nats_per_token = 2.57;
    s.flops = LL_PF_DAY / 1024;
    s.usd = 1;
    s.most = 8; /* 3 years at 2 doublings, then 4 more at 1 */
    assert_close(median_of(&s), 2027, 1e-9);
    s = text_of("none", "2x/1y", "none", "none");
    s.nats_per_token = 2.57;
    s.flops = LL_PF_DAY / 1024;
    s.usd = 1;
    s.most = 8;
    ll_when w = when_of(&s, 10);
    assert_true(isinf(w.year[0]) && w.never > 0.999);
    ll_when_clear(&w);
}

static void faster_growth_is_never_later(void **state) {
    (void)state;
    ll_timeline_text slow = text_of("none", "2.0..2.9x/1y", "2x/2.1..2.5y", "2x/9..14mo");
    ll_timeline_text fast = text_of("none", "2.0..2.9x/1y", "2x/2.1..2.5y", "2x/5..9mo");
    ll_when a = when_of(&slow, 2000), b = when_of(&fast, 2000);
    for (int k = 0; k < LL_WHEN_LEVELS; k++) {
        assert_true(b.year[k] < a.year[k]);
        assert_true(k == 0 || (a.year[k - 1] < a.year[k] && b.year[k - 1] < b.year[k]));
    }
    ll_when_clear(&a);
    ll_when_clear(&b);
}

/* ---- the verb ---- */

/* At four characters a token 0.7 bits per character are 1.94 nats per token, which GPT-3 was below: the trap. */
static void the_slip_of_units(void **state) {
    (void)state;
    ll_json *doc;
    assert_int_equal(support_run(LL_SOURCE_DIR, "forecast when --bits-per-char 0.7 --chars-per-token 4 --json", out,
                                 sizeof out, NULL, 0),
                     0);
    assert_ok(ll_json_parse(out, strlen(out), "when", &doc, err));
    const ll_json *r = ll_json_get(doc, "readings");
    assert_int_equal(ll_json_size(r), 2);
    assert_close(ll_json_get_num(ll_json_at(r, 0), "nats_per_token"), 0.7 * 4 * log(2), 1e-12);
    assert_close(ll_json_get_num(ll_json_at(r, 0), "past"), 1, 1e-9);
    assert_close(ll_json_get_num(ll_json_at(r, 1), "nats_per_token"), 0.7, 1e-12);
    assert_true(ll_json_get_num(ll_json_get(ll_json_at(r, 1), "year"), "value") > 2025);
    ll_json_free(doc);
}

static double year_of_example(const char *name) {
    char command[256];
    ll_json *doc;
    snprintf(command, sizeof command,
             "forecast when --assume examples/timelines/%s.yaml --json --nats-per-token 0.86", name);
    assert_int_equal(support_run(LL_SOURCE_DIR, command, out, sizeof out, NULL, 0), 0);
    assert_ok(ll_json_parse(out, strlen(out), name, &doc, err));
    double year = ll_json_get_num(ll_json_get(ll_json_at(ll_json_get(doc, "readings"), 0), "year"), "value");
    ll_json_free(doc);
    return year;
}

/* "2027" with 22 doublings and 6.3 years, "2038" with 14 halvings: his own arithmetic, without the slip. */
static void gwern_s_two_readings(void **state) {
    (void)state;
    assert_int_equal((int)year_of_example("gwern-compute"), 2026);
    assert_int_equal((int)year_of_example("gwern-money"), 2038);
    double trends = year_of_example("trends");
    assert_true(trends > 2020.4 && isfinite(trends));
}

/* A saved fit brings its draws: the year has the spread that the law's own doubt gives it. */
static void a_fit_s_doubt_is_in_the_year(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX], text[1 << 14];
    size_t used = (size_t)snprintf(text, sizeof text, "params,tokens,loss\n");
    planted plant;
    ll_json *doc;
    support_folder(folder);
    planted_make(&plant, 5, 10, 6, 0.004, 1);
    for (int64_t i = 0; i < plant.n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%.17g,%.17g,%.17g\n", plant.N[i], plant.D[i],
                                 plant.L[i]);
    support_write(folder, "runs.csv", text, used, path);
    assert_int_equal(support_run(folder, "fit runs.csv --bootstrap 200 --save fit.json", NULL, 0, NULL, 0), 0);
    assert_int_equal(
        support_run(folder,
                    "forecast when --fit fit.json --nats-per-token 2.1 --growth.price none "
                    "--growth.algorithms none --growth.spending 2x/1y --from.flops 1e18 --futures 500 --json",
                    out, sizeof out, NULL, 0),
        0);
    assert_ok(ll_json_parse(out, strlen(out), "when", &doc, err));
    const ll_json *reading = ll_json_at(ll_json_get(doc, "readings"), 0);
    const ll_json *ci = ll_json_get(ll_json_get(reading, "year"), "ci");
    assert_int_equal(ll_json_get_int(ll_json_get(doc, "law"), "draws", -1), 200);
    assert_true(ll_json_as_num(ll_json_at(ci, 1)) > ll_json_as_num(ll_json_at(ci, 0)));
    ll_json_free(doc);
    assert_int_equal(support_run(folder, "forecast when --fit runs.csv --nats-per-token 2.1", out, sizeof out,
                                 err_text, sizeof err_text),
                     2);
    assert_non_null(strstr(err_text, "runs.csv"));
    support_remove(folder);
}

static void refused(const char *arguments, const char *word) {
    char command[512];
    snprintf(command, sizeof command, "forecast when %s", arguments);
    int code = support_run(LL_SOURCE_DIR, command, out, sizeof out, err_text, sizeof err_text);
    if (code != 2 || !strstr(err_text, word) || *out) fail_msg("%s: exit %d, '%s'", command, code, err_text);
}

static void bad_input_is_named(void **state) {
    (void)state;
    refused("", "target");
    refused("--bits-per-char 0.7 --nats-per-token 1", "target");
    refused("--bits-per-char -1", "bits");
    refused("--bits-per-char 0.7 --law nowhere2020", "nowhere2020");
    refused("--bits-per-char 0.7 --law kaplan2020_n", "FLOPs");
    refused("--bits-per-char 0.7 --law kaplan2020_lr", "FLOPs");
    refused("--bits-per-char 0.7 --growth.price 3", "growth.price");
    refused("--bits-per-char 0.7 --growth.compute 4x/1y", "growth.compute");
    refused("--bits-per-char 0.7 --growth.spending none --growth.price none --growth.algorithms none", "grows");
    refused("--bits-per-char 0.7 --from.date tomorrow", "from.date");
    refused("--bits-per-char 0.7 --from.most 1", "from.most");
    refused("--bits-per-char 0.7 --chars-per-token 0", "chars_per_token");
    refused("--bits-per-char 0.7 --assume nowhere.yaml", "nowhere.yaml");
    refused("--bits-per-char 0.7 --futures 0", "futures");
    refused("--assume examples/ladder.yaml --bits-per-char 0.7", "examples/ladder.yaml:");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(growth_is_read),
        cmocka_unit_test(a_spread_holds_nine_tenths),
        cmocka_unit_test(days_are_read),
        cmocka_unit_test(the_inverse_undoes_the_law),
        cmocka_unit_test(below_the_floor_is_never),
        cmocka_unit_test(gwern_s_factor),
        cmocka_unit_test(years_of_known_growth),
        cmocka_unit_test(spending_stops_where_it_must),
        cmocka_unit_test(faster_growth_is_never_later),
        cmocka_unit_test(the_slip_of_units),
        cmocka_unit_test(gwern_s_two_readings),
        cmocka_unit_test(a_fit_s_doubt_is_in_the_year),
        cmocka_unit_test(bad_input_is_named),
    };
    return cmocka_run_group_tests_name("when", tests, NULL, NULL);
}
