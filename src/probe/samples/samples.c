/* What thinking longer is worth: many samples of each item, and the share that one of k, the likeliest of k, or the
 * answer given most often by k solves. Items are problems in arithmetic that no training text shows
 * (data/generated/arithmetic.h). What the first hundred samples tell of all of them is kept beside what they came
 * to. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/generated/arithmetic.h"
#include "model/count.h"
#include "probe/mean.h"
#include "probe/probes.h"
#include "stat/coverage_forecast.h"
#include "stat/sampled_answers.h"

enum { DIGITS = 2, ITEMS = 100, SAMPLES = 1000, FEW = 100, MOST_TOKENS = 16, GRID = 16, TOSSES = 20000 };
typedef struct thinking {
    const ll_probe_subject *s;
    int64_t items, samples, k[GRID];
    int grid;
    double temperature;
    ll_lm_sample *sample;      /* [samples] of one item */
    ll_sampled_answer *answer; /* [samples] the different ones */
    int64_t *few;              /* [items] right among the first */
    ll_probe_mean covered[GRID], majority[GRID], best[GRID], distinct, prompt_flops, sample_flops;
    double surplus, variance; /* right answers beyond what their probability says, and how far that may be off */
} thinking;

/* ---- items ---- */

static void make(const thinking *t, int64_t i, ll_arithmetic_problem *p, char context[2 * LL_ARITHMETIC_TEXT]) {
    ll_rng r = ll_rng_at(t->s->opts->seed, LL_STREAM_SOURCE, (uint64_t)i);
    do ll_arithmetic_draw(&r, (ll_arithmetic_op)(i % LL_ARITHMETIC_OPS), DIGITS, p);
    while (!ll_arithmetic_held_out(p));
    snprintf(context, 2 * LL_ARITHMETIC_TEXT, "\n%s", p->question);
}

static int by_text(const void *a, const void *b) {
    return strcmp(((const ll_lm_sample *)a)->text, ((const ll_lm_sample *)b)->text);
}

/* The different answers of sorted samples, the likeliest first. Returns how many. */
static int64_t different(thinking *t, const char *right) {
    int64_t m = 0;
    for (int64_t j = 0; j < t->samples; j++) {
        const ll_lm_sample *s = &t->sample[j];
        if (j == 0 || strcmp(s->text, s[-1].text) != 0)
            t->answer[m++] = (ll_sampled_answer) { .likelihood = s->logprob, .right = strcmp(s->text, right) == 0 };
        t->answer[m - 1].count++;
    }
    ll_answers_sort(t->answer, m);
    return m;
}

/* ---- one item ---- */

/* Forward passes: of the prompt, once; and of each sample's tokens but the last. */
static void count_flops(thinking *t, const char *context) {
    const int64_t P = (int64_t)strlen(context);
    double tokens = 0, flops = 0;
    for (int64_t j = 0; j < t->samples; j++) {
        const int64_t read = t->sample[j].tokens > 0 ? t->sample[j].tokens - 1 : 0; /* an endpoint may tell none */
        tokens += (double)read / (double)t->samples;
        if (t->s->model) flops += ll_count_decoding(t->s->model, P, read) / (double)t->samples;
    }
    const double each = t->s->lm->token_flops;
    ll_probe_mean_add(&t->prompt_flops, t->s->model ? ll_count_decoding(t->s->model, 0, P) : (double)P * each);
    ll_probe_mean_add(&t->sample_flops, t->s->model ? flops : tokens * each);
}

/* c of n samples against the probability of the right answer: they are drawn from it. */
static ll_status compare_probability(thinking *t, const char *context, const char *answer, int64_t c,
                                     ll_error *err) {
    char line[LL_ARITHMETIC_TEXT + 1];
    ll_lm_score score;
    snprintf(line, sizeof line, "%s\n", answer);
    const ll_lm_ask ask = { { context, strlen(context) }, { line, strlen(line) } };
    LL_TRY(ll_lm_loglikelihood(t->s->lm, &ask, 1, &score, err));
    const double p = exp(score.logprob), n = (double)t->samples;
    t->surplus += (double)c - n * p;
    t->variance += n * p * (1 - p);
    return LL_OK;
}

static void tell(const thinking *t, int64_t i, const ll_arithmetic_problem *p, int64_t c, int64_t m) {
    if (!t->s->item) return;
    ll_json *o = ll_json_object();
    ll_json_set_int(o, "item", i);
    ll_json_set_str(o, "question", p->question);
    ll_json_set_str(o, "answer", p->answer);
    ll_json_set_int(o, "samples", t->samples);
    ll_json_set_int(o, "right", c);
    ll_json_set_int(o, "right_of_first", t->few[i]);
    ll_json_set_int(o, "different", m);
    t->s->item(t->s->ctx, o);
}

static ll_status measure(thinking *t, int64_t i, const ll_arithmetic_problem *p, const char *context,
                         ll_error *err) {
    int64_t c = 0;
    for (int64_t j = 0; j < t->samples; j++) {
        const bool right = strcmp(t->sample[j].text, p->answer) == 0;
        c += right;
        if (j < FEW) t->few[i] += right;
    }
    count_flops(t, context);
    qsort(t->sample, (size_t)t->samples, sizeof *t->sample, by_text);
    const int64_t m = different(t, p->answer);
    ll_rng r = ll_rng_at(t->s->opts->seed, LL_STREAM_NOISE, (uint64_t)i);
    for (int g = 0; g < t->grid; g++) {
        const int64_t k = t->k[g], rounds = TOSSES / k > 8 ? TOSSES / k : 8;
        ll_probe_mean_add(&t->covered[g], ll_pass_at_k(t->samples, c, k));
        ll_probe_mean_add(&t->best[g], ll_best_of_k(t->answer, m, k));
        ll_probe_mean_add(&t->majority[g], ll_majority_of_k(t->answer, m, k, rounds < 200 ? rounds : 200, &r));
    }
    ll_probe_mean_add(&t->distinct, (double)m);
    tell(t, i, p, c, m);
    return compare_probability(t, context, p->answer, c, err);
}

static ll_status ask_item(thinking *t, int64_t i, ll_error *err) {
    ll_arithmetic_problem p;
    char context[2 * LL_ARITHMETIC_TEXT];
    make(t, i, &p, context);
    const ll_lm_prompt prompt = { .text = { context, strlen(context) },
                                  .samples = t->samples,
                                  .most = MOST_TOKENS,
                                  .stop = "\n",
                                  .temperature = t->temperature,
                                  .seed = t->s->opts->seed + (uint64_t)i };
    LL_TRY(ll_lm_sample_text(t->s->lm, &prompt, t->sample, err));
    const ll_status status = measure(t, i, &p, context, err);
    ll_lm_samples_clear(t->sample, t->samples);
    return status;
}

/* ---- the probe ---- */

static void put(ll_measures *out, const char *metric, double value, double se, int64_t n) {
    if (!isnan(value)) ll_probe_put(out, metric, value, se, NAN, n);
}

static void put_forecast(const thinking *t, ll_measures *out, const char *law,
                         bool (*forecast)(const ll_item_counts *, int64_t, double, uint64_t,
                                          ll_coverage_forecast *)) {
    const ll_item_counts few = { t->few, FEW, t->items };
    ll_coverage_forecast f;
    char name[32];
    if (t->samples <= FEW || !forecast(&few, t->samples, 0.9, t->s->opts->seed, &f)) return;
    const struct {
        const char *name;
        double value, se;
    } said[] = { { "a", f.a, f.a_se },
                 { "b", f.b, f.b_se },
                 { "told", f.value, NAN },
                 { "lo", f.lo, NAN },
                 { "hi", f.hi, NAN } };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        snprintf(name, sizeof name, "%s.%s", law, said[i].name);
        put(out, name, said[i].value, said[i].se, t->items);
    }
}

static void put_all(const thinking *t, ll_measures *out) {
    for (int g = 0; g < t->grid; g++) {
        const long long k = (long long)t->k[g];
        ll_probe_mean_measure(&t->covered[g], out, NAN, "coverage.%lld", k);
        ll_probe_mean_measure(&t->majority[g], out, NAN, "majority.%lld", k);
        ll_probe_mean_measure(&t->best[g], out, NAN, "best.%lld", k);
    }
    put_forecast(t, out, "beta", ll_forecast_by_beta);
    put_forecast(t, out, "law", ll_forecast_by_law);
    ll_probe_mean_measure(&t->distinct, out, NAN, "different");
    put(out, "flops.prompt", t->prompt_flops.mean, NAN, t->items);
    put(out, "flops.sample", t->sample_flops.mean, NAN, t->items);
    if (t->temperature == 1 && t->variance > 0) put(out, "surprise", t->surplus / sqrt(t->variance), 1, t->items);
}

/* 1, 2, 5, 10, ... and all. */
static void fill_grid(thinking *t) {
    static const int64_t steps[] = { 1, 2, 5 };
    int64_t ten = 1;
    for (int s = 0; steps[s % 3] * ten < t->samples && t->grid < GRID - 1; s++) {
        t->k[t->grid++] = steps[s % 3] * ten;
        if (s % 3 == 2) ten *= 10;
    }
    t->k[t->grid++] = t->samples;
}

static ll_status run(const ll_probe_subject *s, ll_measures *out, ll_error *err) {
    const ll_probe_opts *o = s->opts;
    thinking t = { .s = s,
                   .items = o->items > 0 ? o->items : ITEMS,
                   .samples = o->samples > 0 ? o->samples : SAMPLES,
                   .temperature = o->temperature > 0 ? o->temperature : 1 };
    fill_grid(&t);
    t.sample = calloc((size_t)t.samples, sizeof *t.sample);
    t.answer = calloc((size_t)t.samples, sizeof *t.answer);
    t.few = calloc((size_t)t.items, sizeof *t.few);
    ll_status status = t.sample && t.answer && t.few ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for samples");
    out->n = 0;
    for (int64_t i = 0; i < t.items && status == LL_OK; i++) status = ask_item(&t, i, err);
    if (status == LL_OK) put_all(&t, out);
    free(t.sample);
    free(t.answer);
    free(t.few);
    return status;
}

const ll_probe_kind ll_probe_samples = {
    .name = "samples",
    .question = "what is solved by one of k samples, by the likeliest of them, or by what most of them say",
    .metric = "way.samples",
    .unit = "share of items",
    .source = "Chen et al. 2021; Brown et al. 2024; Schaeffer et al. 2025",
    .details =
        "Items: sums, differences, products and remainders of two digits that no training text shows, 100 unless "
        "--items "
        "says another number. --samples, 1000 by default, are drawn of each at --temperature, 1 by default. "
        "coverage.K is the share of items that one of K solves, by the unbiased estimator; best.K that the "
        "likeliest of K is right; majority.K that the answer given most often is. beta.told and law.told are "
        "what the first 100 samples foretell of the coverage by all, by a Beta law of the items' shares and by "
        "exp(-a k^-b), lo and hi their intervals of 90 %; a and b the parameters. flops.prompt and flops.sample "
        "are those of a question and of one answer. surprise, in standard errors, is how far the right answers "
        "are from what their probabilities say: a test of the sampler. Chance is a few in a hundred at K = "
        "10000 for who writes any digits.",
    .reads = LL_PROBE_ITEMS | LL_PROBE_SEED | LL_PROBE_SAMPLES | LL_PROBE_TEMPERATURE,
    .run = run,
};
