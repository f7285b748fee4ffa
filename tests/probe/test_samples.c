/* What many samples are worth: models whose answers are right as often as was planted, forecasts whose intervals cover,
 * samples that replace a factor in size, and the verb. */
#define _POSIX_C_SOURCE 200809L
#include "scratch_program.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/document/json.h"
#include "loglog/random.h"
#include "measured.h"
#include "model/count.h"
#include "probe/probes.h"
#include "stat/coverage_forecast.h"
#include "sweep/asking/test_time.h"

/* ---- a model whose answers are right with a probability of each question's own ---- */

typedef struct planted {
    ll_lm lm;
    double wrong_logprob; /* of the one wrong answer, beside the right one's 0 */
} planted;

/* From Beta(0.5, 2) by the question: a gamma's share of two. */
static double share_of(ll_span question) {
    uint64_t hash = 1;
    for (size_t i = 0; i < question.size; i++) hash = hash * 31 + (uint8_t)question.at[i];
    ll_rng r = ll_rng_at(hash, LL_STREAM_NOISE, 0);
    const double x = ll_rng_gamma(&r, 0.5);
    return x / (x + ll_rng_gamma(&r, 2));
}

static void solve(ll_span text, char out[64]) {
    char line[128];
    long a, b, m;
    char op;
    assert_true(text.size < sizeof line && text.at[0] == '\n');
    memcpy(line, text.at + 1, text.size - 1);
    line[text.size - 1] = 0;
    if (sscanf(line, "(%ld+%ld)%%%ld=", &a, &b, &m) == 3) snprintf(out, 64, "%ld", (a + b) % m);
    else {
        assert_int_equal(sscanf(line, "%ld%c%ld=", &a, &op, &b), 3);
        snprintf(out, 64, "%ld", op == '+' ? a + b : op == '-' ? a - b : a * b);
    }
}

static ll_status planted_score(ll_lm *lm, const ll_lm_ask *ask, int64_t n, ll_lm_score *out, ll_error *err) {
    (void)lm, (void)err;
    for (int64_t i = 0; i < n; i++)
        out[i] = (ll_lm_score) { .logprob = log(share_of(ask[i].context)), .tokens = 1 };
    return LL_OK;
}

static ll_status planted_sample(ll_lm *lm, const ll_lm_prompt *prompt, ll_lm_sample *out, ll_error *err) {
    const double p = share_of(prompt->text);
    char right[64];
    (void)err;
    solve(prompt->text, right);
    for (int64_t j = 0; j < prompt->samples; j++) {
        ll_rng r = ll_rng_at(prompt->seed, LL_STREAM_SAMPLE, (uint64_t)j + (uint64_t)(p * 1e12));
        const bool is = ll_rng_uniform(&r) < p;
        const char *said = is ? right : "wrong";
        out[j] = (ll_lm_sample) { .text = strdup(said),
                                  .size = strlen(said),
                                  .tokens = 4,
                                  .logprob = is ? 0 : ((planted *)lm)->wrong_logprob };
    }
    return LL_OK;
}

static ll_measures ask(planted *lm, const ll_probe_opts *opts) {
    ll_measures m;
    lm->lm.loglikelihood = planted_score, lm->lm.sample = planted_sample, lm->lm.token_flops = 10;
    const ll_probe_subject subject = { .lm = &lm->lm, .opts = opts };
    assert_ok(ll_probe_samples.run(&subject, &m, err));
    return m;
}

static void near(const ll_measures *m, const char *name, double expected) {
    const ll_measured *x = measured(m, name);
    if (!(fabs(x->value - expected) <= 4 * x->se + 1e-9))
        fail_msg("%s is %g +- %g, expected %g", name, x->value, x->se, expected);
}

/* Of Beta(0.5, 2): one sample is right with its mean, 0.2; k miss with prod (2 + i) / (2.5 + i). */
static void shares_are_the_planted_ones(void **state) {
    (void)state;
    planted lm = { .wrong_logprob = -1 };
    const ll_probe_opts opts = { .items = 400, .samples = 400, .seed = 3 };
    const ll_measures m = ask(&lm, &opts);
    double miss = 1;
    for (int k = 1; k <= 100; k++) {
        char name[32];
        miss *= (2 + k - 1) / (2.5 + k - 1);
        snprintf(name, sizeof name, "coverage.%d", k);
        if (k == 1 || k == 2 || k == 10 || k == 100) near(&m, name, 1 - miss);
    }
    near(&m, "best.1", 0.2);
    near(&m, "majority.1", 0.2);
    near(&m, "best.100", measured(&m, "coverage.100")->value); /* the right one is the likelier: it is found */
    near(&m, "majority.400", 0.1161165); /* P(p > 1/2) = 1 - I(1/2; 0.5, 2) = 1 - 1.25 / sqrt 2 */
    assert_true(fabs(measured(&m, "surprise")->value) < 4);
    assert_close(measured(&m, "flops.sample")->value, 30, 1e-9); /* the last of 4 tokens is not read */
    assert_true(fabs(measured(&m, "beta.a")->value - 0.5) < 4 * measured(&m, "beta.a")->se);
    assert_true(measured(&m, "beta.lo")->value <= measured(&m, "coverage.400")->value);
    assert_true(measured(&m, "beta.hi")->value >= measured(&m, "coverage.400")->value);
    lm.wrong_logprob = 1;
    const ll_measures other = ask(&lm, &opts);
    assert_true(measured(&other, "best.100")->value < 0.01);
    assert_close(measured(&other, "coverage.100")->value, measured(&m, "coverage.100")->value, 0);
}

/* ---- forecasts ---- */

/* Of items of a Beta law, 100 samples of each; then 2000 more. */
static void a_beta_forecast_covers(void **state) {
    (void)state;
    enum { WORLDS = 100, ITEMS = 40, FEW = 100, MANY = 2000 };
    int64_t right[ITEMS];
    int held = 0;
    for (int w = 0; w < WORLDS; w++) {
        ll_rng r = ll_rng_at(21, LL_STREAM_NOISE, (uint64_t)w);
        double solved = 0;
        for (int i = 0; i < ITEMS; i++) {
            const double x = ll_rng_gamma(&r, 0.3), p = x / (x + ll_rng_gamma(&r, 3));
            right[i] = 0;
            for (int j = 0; j < FEW; j++) right[i] += ll_rng_uniform(&r) < p;
            solved += ll_rng_uniform(&r) < -expm1(MANY * log1p(-p));
        }
        const ll_item_counts few = { right, FEW, ITEMS };
        ll_coverage_forecast f;
        assert_true(ll_forecast_by_beta(&few, MANY, 0.9, (uint64_t)w, &f));
        assert_true(f.lo <= f.value && f.value <= f.hi);
        held += f.lo <= solved / ITEMS && solved / ITEMS <= f.hi;
    }
    if (held < 0.9 * WORLDS - 3 * sqrt(WORLDS * 0.09)) fail_msg("the interval held %d of %d times", held, WORLDS);
}

/* A curve that is the law's own is told exactly: of items that are solved for certain or never, by a share that the law
 * gives, only ln a is left. */
static void the_law_is_found_on_its_own_curve(void **state) {
    (void)state;
    int64_t right[10] = { 100, 100, 100, 0, 0, 0, 0, 0, 0, 0 };
    const ll_item_counts flat = { right, 100, 10 };
    ll_coverage_forecast f;
    assert_true(ll_forecast_by_law(&flat, 10000, 0.9, 1, &f));
    assert_close(f.a, -log(0.3), 1e-12);
    assert_close(f.b, 0, 1e-12);
    assert_close(f.value, 0.3, 1e-12);
    assert_true(f.lo < 0.2 && f.hi > 0.4);
    for (int i = 0; i < 10; i++) right[i] = 0;
    assert_false(ll_forecast_by_law(&flat, 10000, 0.9, 1, &f));
    assert_false(ll_forecast_by_beta(&flat, 10000, 0.9, 1, &f));
}

/* ---- FLOPs, and what replaces a factor in size ---- */

static void decoding_is_a_third_of_training(void **state) {
    (void)state;
    for (int f = 0; f < LL_FAMILY_COUNT; f++) {
        const ll_model m = { (ll_family)f, 3, 24, 3, 52, 40, 37, 8, 4 };
        assert_close(3 * ll_count_decoding(&m, 0, 40), 40 * ll_count_of(&m).flops_token, 1e-6);
        assert_close(ll_count_decoding(&m, 0, 7) + ll_count_decoding(&m, 7, 5), ll_count_decoding(&m, 0, 12), 1e-6);
    }
}

static void samples_replace_size(void **state) {
    (void)state;
    ll_run run = { .params = 1000 };
    const ll_test_time_model small = { .run = &run,
                                       .train_flops = 1e6,
                                       .prompt_flops = 10,
                                       .sample_flops = 2,
                                       .n = 3,
                                       .at = { { 1, .by = { { 0.1, 0 }, { 0.1, 0 } }, 12 },
                                               { 10, .by = { { 0.3, 0 }, { 0.1, 0 } }, 30 },
                                               { 100, .by = { { 0.5, 0 }, { 0.1, 0 } }, 210 } } },
                             large = { .run = &run,
                                       .train_flops = 3e6,
                                       .n = 1,
                                       .at = { { 1, .by = { { 0.4, 0 }, { 0.4, 0 } }, 40 } } };
    const ll_test_time_swap_of swap = ll_test_time_swap(&small, &large, LL_WAY_COVERAGE);
    const double k = 10 * sqrt(10); /* half way from 10 to 100 along ln k */
    assert_close(swap.samples, k, 1e-9);
    assert_close(swap.questions, 2e6 / (10 + 2 * k - 40), 1e-6);
    assert_true(isnan(ll_test_time_swap(&small, &large, LL_WAY_MAJORITY).samples));
    assert_close(ll_test_time_swap(&large, &small, LL_WAY_COVERAGE).samples, 1, 0);
}

/* ---- the verb ---- */

static void the_verb_keeps_and_tells(void **state) {
    static const char spec[] = "data: {source: arithmetic, digits: 2, tokens: 40k}\n"
                               "model: {family: gpt, widths: [8], context: 32}\n"
                               "design: {kind: grid, params: [1536], tokens: [4096, 16384]}\n"
                               "forecast: {hold_out: none}\n"
                               "train: {eval_points: 1, eval_windows: 2, final_windows: 2, batch_tokens: 256}\n";
    char path[LL_PATH_MAX];
    ll_json *doc;
    (void)state;
    support_write(folder, "spec.yaml", spec, strlen(spec), path);
    gives("run spec.yaml --quiet", 0);
    gives("probe samples --samples 150 --items 8 --out t.csv --json", 0);
    assert_ok(ll_json_parse(out, strlen(out), "samples", &doc, err));
    assert_int_equal(ll_json_size(ll_json_get(doc, "runs")), 2);
    assert_int_equal(ll_json_size(ll_json_get(doc, "swaps")), 3); /* a pair, by each way */
    for (int i = 0; i < 2; i++)
        assert_true(fabs(ll_json_get_num(ll_json_at(ll_json_get(doc, "runs"), i), "surprise")) < 5);
    ll_json_free(doc);
    says(out, "\"measured\": 2");
    gives("probe samples --samples 150 --items 8 --json", 0);
    says(out, "\"measured\": 0");
    gives("probe samples --samples 150 --items 8 --threads 1 --again --json", 0);
    says(out, "\"measured\": 2");
    gives("probe samples --samples 150 --items 8", 0);
    says(out, "samples of the smaller");
    gives("probe samples x", 2);
    says(err_text, "unexpected word 'x'");
    gives("probe samples --samples 1", 2);
    gives("probe samples --store nosuch.db", 2);
    gives("probe samples --weights a --ladder b", 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_the_planted_ones),
        cmocka_unit_test(a_beta_forecast_covers),
        cmocka_unit_test(the_law_is_found_on_its_own_curve),
        cmocka_unit_test(decoding_is_a_third_of_training),
        cmocka_unit_test(samples_replace_size),
        cmocka_unit_test(the_verb_keeps_and_tells),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
