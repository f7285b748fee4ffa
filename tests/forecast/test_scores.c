/* Scores of distributions known in closed form, shares against published intervals, the table of others. */
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/document/json.h"
#include "forecast/belief/distribution.h"
#include "forecast/trial/predictions.h"
#include "loglog/random.h"
#include "report/figures/figures_calibration.h"
#include "stat/binomial.h"

static char path[LL_PATH_MAX], out[1 << 16], err_text[4096];

/* Newcombe 1998, "Two-sided confidence intervals for the single proportion", Table I, method 3, 95 %. */
static void newcombe(void **state) {
    (void)state;
    static const struct {
        int64_t k, n;
        double lo, hi;
    } rows[] = {
        { 81, 263, 0.2553, 0.3662 }, { 15, 148, 0.0624, 0.1605 }, { 0, 20, 0, 0.1611 }, { 1, 29, 0.0061, 0.1718 }
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double lo, hi;
        ll_binomial_interval(rows[i].k, rows[i].n, 0.95, &lo, &hi);
        assert_true(fabs(lo - rows[i].lo) <= 0.00005 && fabs(hi - rows[i].hi) <= 0.00005);
        ll_binomial_interval(rows[i].n - rows[i].k, rows[i].n, 0.95, &lo, &hi); /* the other side of the coin */
        assert_true(fabs(1 - hi - rows[i].lo) <= 0.00005 && fabs(1 - lo - rows[i].hi) <= 0.00005);
    }
    double lo, hi;
    ll_binomial_interval(0, 0, 0.95, &lo, &hi);
    assert_true(isnan(lo) && isnan(hi));
}

/* By hand, and both tails together are everything. */
static void binomial_tail(void **state) {
    (void)state;
    assert_close(ll_binomial_cdf(0, 1, 0.9), 0.1, 1e-12);
    assert_close(ll_binomial_cdf(2, 4, 0.9), 1 - pow(0.9, 4) - 4 * pow(0.9, 3) * 0.1, 1e-12);
    assert_close(ll_binomial_cdf(10, 20, 0.5), 0.5 + 184756 / pow(2, 21), 1e-12); /* C(20, 10) = 184756 */
    for (int64_t k = 0; k < 300; k += 23)
        assert_close(ll_binomial_cdf(k, 300, 0.3) + ll_binomial_cdf(299 - k, 300, 0.7), 1, 1e-9);
    assert_close(ll_binomial_cdf(300, 300, 0.3), 1, 1e-12);
}

/* Uniform on [0, 1] by its quantiles, for which everything is known: density 1, cdf y, 90 % interval of width 0.9.
 */
static void uniform(void **state) {
    (void)state;
    const double q[] = { 0.01, 0.05, 0.3, 0.95, 0.99 };
    const ll_distribution d = { 5, q, q };
    for (double y = 0.01; y < 0.99; y += 0.013) {
        double density;
        assert_close(ll_distribution_cdf(&d, y, &density), y, 1e-12);
        assert_close(density, 1, 1e-12);
        assert_close(ll_distribution_quantile(&d, y), y, 1e-12);
        const ll_score s = ll_distribution_score(&d, y);
        assert_true(fabs(s.log_score) < 1e-12 && fabs(s.pit - y) < 1e-12);
        const double miss = fmax(0, 0.05 - y) + fmax(0, y - 0.95);
        assert_close(s.interval_score, 0.9 + 20 * miss, 1e-12);
        assert_true(s.covered50 == (y >= 0.25 && y <= 0.75) && s.covered90 == (miss == 0));
    }
}

/* An interval counts where both its ends lie among the levels that are known. */
static void stated(void **state) {
    (void)state;
    static const double level[] = { 0.05, 0.4, 0.6, 0.95 }, z[] = { 1, 2, 3, 4 };
    const ll_score wide = ll_distribution_score(&(ll_distribution) { 4, level, z }, 3.9);
    assert_true(wide.stated50 && wide.stated90 && !wide.stated99);
    assert_true(!wide.covered50 && wide.covered90 && !wide.covered99);
    const ll_score narrow = ll_distribution_score(&(ll_distribution) { 2, level + 1, z + 1 }, 2.5);
    assert_false(narrow.stated50 || narrow.stated90 || narrow.stated99);
    assert_false(narrow.covered50 || narrow.covered90 || narrow.covered99);
}

/* Beyond the ends an exponential: mass, density and quantile agree, and the density is what the mass falls by. */
static void tails(void **state) {
    (void)state;
    const double level[] = { 0.1, 0.5, 0.8 }, z[] = { -1, 2, 3 };
    const ll_distribution d = { 3, level, z };
    for (double p = 1e-6; p < 1; p += 0.0207) {
        double y = ll_distribution_quantile(&d, p), density, h = 1e-5;
        assert_close(ll_distribution_cdf(&d, y, &density), p, 1e-9);
        double slope = (ll_distribution_cdf(&d, y + h, NULL) - ll_distribution_cdf(&d, y - h, NULL)) / (2 * h);
        assert_close(slope, density, 1e-4);
    }
    double density;
    assert_close(ll_distribution_cdf(&d, -1 - 3 * log(2) / 4, &density), 0.05, 1e-12); /* 0.1 exp(-x (0.4/3)/0.1) */
    assert_close(density, 0.4 / 3 / 2, 1e-12);
}

/* The log score is proper: no other forecast does better on average than the distribution that the outcome has. */
static void proper(void **state) {
    (void)state;
    const double level[] = { 0.05, 0.25, 0.5, 0.75, 0.95 }, z[] = { -1.645, -0.674, 0, 0.674, 1.645 };
    double mean[3] = { 0 };
    for (int i = 0; i < 20000; i++) {
        ll_rng rng = ll_rng_at(3, LL_STREAM_NOISE, (uint64_t)i);
        double y = ll_rng_normal(&rng);
        for (int k = 0; k < 3; k++) {
            static const double stretch[] = { 1, 0.6, 1.7 };
            double w[5];
            for (int j = 0; j < 5; j++) w[j] = stretch[k] * z[j];
            const ll_score s = ll_distribution_score(&(ll_distribution) { 5, level, w }, y);
            mean[k] += (s.log_score + s.interval_score) / 20000;
        }
    }
    assert_true(mean[0] < mean[1] - 0.05 && mean[0] < mean[2] - 0.05);
}

static void calibration(void **state) {
    (void)state;
    ll_score scores[4] = { { .interval_score = 1, .log_score = -2, .covered90 = true, .covered99 = true },
                           { .interval_score = 3, .log_score = 4, .covered99 = true },
                           { .interval_score = 2, .covered50 = true, .covered90 = true, .covered99 = true },
                           { .interval_score = 2, .log_score = 2 } };
    for (int i = 0; i < 4; i++) scores[i].stated50 = scores[i].stated90 = scores[i].stated99 = true;
    ll_calibration c;
    ll_figure *f;
    ll_error err = { 0 };
    ll_calibrate(&c, scores, 4);
    assert_true(c.interval_score == 2 && c.log_score == 1);
    assert_true(c.at[0].covered == 1 && c.at[1].covered == 2 && c.at[2].covered == 3);
    assert_true(c.at[1].share == 0.5 && c.at[1].lo < 0.5 && c.at[1].hi > 0.5);
    scores[0].stated99 = scores[3].stated99 = false;
    ll_calibrate(&c, scores, 4);
    assert_true(c.at[2].n == 2 && c.at[2].covered == 2 && c.at[2].share == 1 && c.at[1].n == 4);
    ll_calibrate(&c, scores, 0);
    assert_true(isnan(c.interval_score) && isnan(c.at[0].share) && isnan(c.at[0].lo));
    assert_int_equal(ll_figure_calibration(&f, scores, 0, &err), LL_ESTATE);
}

/* The step of the figure rises by 1/n at the level of the narrowest interval that holds each outcome. */
static void figure(void **state) {
    (void)state;
    const ll_score scores[2] = { { .pit = 0.1 }, { .pit = 0.45 } };
    ll_figure *f;
    assert_ok(ll_figure_calibration(&f, scores, 2, err));
    const ll_series *came = &f->series[f->n_series - 1];
    assert_int_equal(came->n, 4);
    assert_close(came->marks[1].x, 0.1, 1e-12);
    assert_close(came->marks[2].x, 0.8, 1e-12);
    assert_true(came->marks[1].y == 0.5 && came->marks[2].y == 1);
    ll_figure_free(f);
}

/* ---- the table ---- */

static void table(const char *text) {
    support_write(folder, "o.csv", text, strlen(text), path);
}

static void others(void **state) {
    (void)state;
    ll_predictions p;
    table("q0.95,who,question,q0.05,outcome,q0.5\n10,me,\"a, b\",1,5,4\n3,,open,1,,2\n8,,two,2,-1,\n");
    assert_ok(ll_predictions_read(&p, path, false, err));
    assert_int_equal(p.n, 3);
    assert_string_equal(p.at[0].question, "a, b");
    assert_true(p.at[0].judged && !p.at[1].judged && p.at[2].judged);
    assert_close(p.at[0].score.pit, 0.5 + 0.45 / 6, 1e-12);
    assert_close(p.at[0].score.interval_score, 9, 1e-12);
    assert_close(p.at[0].score.log_score, -log(0.45 / 6), 1e-12);
    assert_int_equal(p.at[2].n, 2);
    assert_close(p.at[2].score.interval_score, 6 + 20 * 3, 1e-12); /* 2 to 8, and -1 came */
    ll_predictions_clear(&p);
    table("question,outcome,q0.05,q0.95\na,4,1,16\n");
    assert_ok(ll_predictions_read(&p, path, true, err));
    assert_close(p.at[0].score.interval_score, log(16), 1e-12);
    assert_close(p.at[0].score.pit, 0.5, 1e-12);
    ll_predictions_clear(&p);
}

/* Brier 1950 by hand: (0.2^2 + 0.3^2) / 2; what has no outcome or no probability is counted and not scored. */
static void statements(void **state) {
    (void)state;
    ll_predictions p;
    table("question,probability,outcome,q0.05,q0.95\nyes,0.8,true,,\nno,30%,false,,\nopen,0.5,,,\nbare,,"
          "false\nbare,,true"
          "\nquantity,,4,1,16\n");
    ll_error e = { 0 };
    assert_int_equal(ll_predictions_read(&p, path, true, &e),
                     LL_EFORMAT); /* no unit of a probability is a percent */
    assert_non_null(strstr(e.msg, "o.csv:3: column 2: '30%' is no number"));
    table("question,probability,outcome,q0.05,q0.95\nyes,0.8,true,,\nno,0.3,false,,\nopen,0.5,,,\nbare,,"
          "false\nbare,,true"
          "\nquantity,,4,1,16\n");
    assert_ok(ll_predictions_read(&p, path, true, err));
    const ll_tally t = ll_predictions_tally(&p);
    assert_true(t.held == 2 && t.failed == 2 && t.open == 1 && t.scored == 2);
    assert_close(t.brier, (0.04 + 0.09) / 2, 1e-12);
    assert_close(t.log_score, -(log(0.8) + log(0.7)) / 2, 1e-12);
    assert_true(p.at[5].n == 2 && p.at[5].judged);
    assert_close(p.at[5].score.pit, 0.5, 1e-12);
    ll_predictions_clear(&p);
    table("question,probability,outcome\nbare,,true\n");
    assert_ok(ll_predictions_read(&p, path, true, err));
    assert_true(isnan(ll_predictions_tally(&p).brier) && isnan(ll_predictions_tally(&p).log_score));
    ll_predictions_clear(&p);
}

/* Both scores are proper: on average nothing does better than the probability that is true. */
static void statements_reward_honesty(void **state) {
    (void)state;
    for (double q = 0.1; q < 0.95; q += 0.1)
        for (double said = 0.05; said < 1; said += 0.05) {
            if (fabs(said - q) < 0.01) continue;
            double excess[2] = { 0 };
            for (int held = 0; held < 2; held++) {
                const double weight = held ? q : 1 - q;
                const ll_prediction honest = { .held = held, .probability = q },
                                    other = { .held = held, .probability = said };
                excess[0] += weight * (ll_prediction_brier(&other) - ll_prediction_brier(&honest));
                excess[1] += weight * (ll_prediction_log_score(&other) - ll_prediction_log_score(&honest));
            }
            assert_close(excess[0], (said - q) * (said - q), 1e-9); /* of Brier's it is exactly that */
            assert_true(excess[1] > 0);
        }
}

/* The example: five true, two false, two open, and nothing to score. */
static void essays(void **state) {
    (void)state;
    ll_predictions p;
    assert_ok(ll_predictions_read(&p, LL_SOURCE_DIR "/examples/scorecard/predictions.csv", true, err));
    const ll_tally t = ll_predictions_tally(&p);
    assert_true(t.held == 5 && t.failed == 2 && t.open == 2 && t.scored == 0);
    ll_predictions_clear(&p);
    assert_int_equal(support_run(folder,
                                 "forecast score --table " LL_SOURCE_DIR "/examples/scorecard/predictions.csv", out,
                                 sizeof out, err_text, sizeof err_text),
                     0);
    assert_non_null(strstr(out, "5 of 7 judged statements came true, 2 open"));
    assert_non_null(strstr(out, "have no score"));
    table("question,probability,outcome,q0.05,q0.95\nopen,0.5,,,\n"); /* names one, and waits */
    assert_int_equal(
        support_run(folder, "forecast score --table o.csv", out, sizeof out, err_text, sizeof err_text), 0);
    assert_non_null(strstr(out, "0 of 0 judged statements came true, 1 open"));
    assert_null(strstr(out, "have no score"));
}

static void refused(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        { "", "expected the columns" },
        { "question,outcome,q0.5\na,1,1\n", "two or more" },
        { "question,outcome,q0.5,q50\na,1,1\n", "between 0 and 1" },
        { "question,outcome,q0.5,q0.50\na,1,1,2\n", "there twice" },
        { "question,outcome,q0.5,q0.9\na,1,x,2\n", "o.csv:2: column 3: 'x' is no number" },
        { "question,outcome,q0.5,q0.9\na,1,3,2\n", "o.csv:2: column 4: 2 is below" },
        { "question,outcome,q0.5,q0.9\na,1,3\n", "at least two quantiles" },
        { "question,outcome,q0.5,q0.9\na,-1,3,4\n", "column 2: -1 has no logarithm" },
        { "question,outcome,q0.5,q0.9\na,1,nan,4\n", "is no number" },
        { "question,outcome\na,true\n", "probability or two or more" },
        { "question,outcome,probability\na,maybe,\n", "o.csv:2: column 2: 'maybe' is no outcome" },
        { "question,outcome,probability\na,1,\n", "'1' is no outcome" },
        { "question,outcome,probability\n", "no rows to score" },
        { "question,outcome,probability\na,true,1\n", "column 3: 1 is no probability" },
        { "question,outcome,probability\na,true,-0.1\n", "-0.1 is no probability" },
        { "question,outcome,probability\na,true,x\n", "column 3: 'x' is no number" },
        { "question,outcome,probability,q0.5,q0.9\na,1,0.5,1,2\n",
          "column 3: expected quantiles or a probability" },
        { "question,outcome,probability,q0.5,q0.9\na,1,,1,\n", "at least two quantiles" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_predictions p;
        ll_error e = { 0 };
        table(cases[i][0]);
        if (ll_predictions_read(&p, path, true, &e) != LL_EFORMAT || !strstr(e.msg, cases[i][1]))
            fail_msg("case %zu: '%s'", i, e.msg);
        assert_true(p.n == 0 && !p.at);
    }
}

static void verb(void **state) {
    (void)state;
    ll_json *doc;
    table("question,outcome,q0.05,q0.5,q0.95\nin,2030,2025,2030,2040\nlate,2050,2025,2030,2040\nopen,,1,2,3\n");
    int code = support_run(folder, "forecast score --table o.csv --scale linear --json", out, sizeof out, err_text,
                           sizeof err_text);
    if (code != 0) fail_msg("%d %s", code, err_text);
    assert_ok(ll_json_parse(out, strlen(out), "standard output", &doc, err));
    assert_int_equal(ll_json_get_int(doc, "judged", -1), 2);
    assert_string_equal(ll_json_as_str(ll_json_at(ll_json_get(doc, "open"), 0)), "open");
    assert_close(ll_json_get_num(ll_json_get(doc, "calibration"), "interval_score"), (15 + 15 + 20 * 10) / 2.0,
                 1e-9);
    ll_json_free(doc);
    code =
        support_run(folder, "forecast score --table o.csv --out c.txt", out, sizeof out, err_text, sizeof err_text);
    assert_true(code == 2 && strstr(err_text, ".svg"));
    code = support_run(folder, "forecast score --table absent.csv", out, sizeof out, err_text, sizeof err_text);
    assert_true(code == 2 && strstr(err_text, "absent.csv"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newcombe),
        cmocka_unit_test(binomial_tail),
        cmocka_unit_test(uniform),
        cmocka_unit_test(stated),
        cmocka_unit_test(tails),
        cmocka_unit_test(proper),
        cmocka_unit_test(calibration),
        cmocka_unit_test(figure),
        cmocka_unit_test(others),
        cmocka_unit_test(statements),
        cmocka_unit_test(statements_reward_honesty),
        cmocka_unit_test(essays),
        cmocka_unit_test(refused),
        cmocka_unit_test(verb),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
