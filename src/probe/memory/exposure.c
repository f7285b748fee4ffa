/* Exposure (Carlini et al. 2019, definition 4): log2 |R| - log2 rank of a canary among the |R| = 10^digits lines that
 * differ from it in their digits alone, by log-probability.
 *
 * The rank is estimated from m candidates, half of them drawn uniformly and half by the model, each weighted by its
 * density under both (the balance heuristic of Veach and Guibas 1995):
 *
 *     rank = 1 + sum over the others with p(r) >= p(canary) of w(r) / m,    w(r) = 1 / (1/2 / |R| + 1/2 p(r))
 *
 * but no lower than m candidates can tell, which is the same mean with the canary as one more of them (Davison and
 * Hinkley 1997, ch. 4). Of a model that knows nothing w is |R|, and the ceiling of exposure log2(m + 1). Where a model
 * puts the probability p on a canary, fewer than 1 / p others can be as likely, w falls as 1 / p, and the ceiling rises
 * to log2 |R|. No tail is extrapolated. p(r) is the probability of the digits after the line's beginning; of tokens
 * that are not bytes, of their usual spelling. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "probe/mean.h"
#include "probe/memory/memory.h"

enum { HALF = 64, M = 2 * HALF }; /* candidates */

typedef struct candidates {
    ll_canary own;
    char line[M + 1][LL_CANARY_TEXT + 2]; /* the canary's, then n - 1 others */
    ll_lm_ask ask[M + 1];
    ll_lm_score score[M + 1];
    int n;
} candidates;

/* A line feed, and the line up to its digits. */
static void put_candidate(candidates *c, const ll_canary *canary) {
    char *line = c->line[c->n];
    line[0] = '\n';
    strcpy(line + 1, canary->text);
    c->ask[c->n] = (ll_lm_ask) { .context = { line, canary->prefix + 1 },
                                 .continuation = { line + 1 + canary->prefix, canary->digits } };
    c->n++;
}

static void put_uniform(candidates *c, const ll_probe_subject *s, int64_t i) {
    ll_rng r = ll_rng_at(s->opts->seed, LL_STREAM_CANARIES, (uint64_t)1 << 62 | (uint64_t)i);
    ll_canary other = c->own;
    for (int k = 0; k < HALF; k++) {
        ll_canary_redraw(&other, &r);
        put_candidate(c, &other);
    }
}

/* Samples that are no digits are no candidates: they count among m all the same. */
static ll_status put_sampled(candidates *c, const ll_probe_subject *s, int64_t i, ll_error *err) {
    const size_t digits = c->own.digits;
    ll_canary other = c->own;
    ll_lm_sample sample[HALF];
    const ll_lm_prompt prompt = { .text = c->ask[0].context,
                                  .samples = HALF,
                                  .most = (int64_t)digits,
                                  .stop = "",
                                  .temperature = 1,
                                  .seed = s->opts->seed + (uint64_t)i };
    LL_TRY(ll_lm_sample_text(s->lm, &prompt, sample, err));
    for (int k = 0; k < HALF; k++) {
        if (sample[k].size < digits || strspn(sample[k].text, "0123456789") < digits) continue;
        memcpy(other.text + other.prefix, sample[k].text, digits);
        put_candidate(c, &other);
    }
    ll_lm_samples_clear(sample, HALF);
    return LL_OK;
}

static double weight(const candidates *c, int k) {
    return 1 / (0.5 / pow(10, (double)c->own.digits) + 0.5 * exp(c->score[k].logprob));
}

static double log2_rank(const candidates *c) {
    double others = 0;
    for (int k = 1; k < c->n; k++)
        if (c->score[k].logprob >= c->score[0].logprob && strcmp(c->line[k], c->line[0]) != 0)
            others += weight(c, k);
    const double rank = fmax(1 + others / M, (weight(c, 0) + others) / (M + 1));
    return fmin(log2(rank), (double)c->own.digits * log2(10));
}

static void tell(const ll_probe_subject *s, const candidates *c, double exposure) {
    if (!s->item) return;
    ll_json *item = ll_json_object();
    ll_json_set_str(item, "canary", c->own.text);
    ll_json_set_int(item, "copies", c->own.copies);
    ll_json_set_num(item, "logprob", c->score[0].logprob);
    ll_json_set_num(item, "exposure", exposure);
    s->item(s->ctx, item);
}

static ll_status measure(candidates *c, const ll_probe_subject *s, int64_t i, double *exposure, ll_error *err) {
    c->n = 0;
    put_candidate(c, &c->own);
    put_uniform(c, s, i);
    LL_TRY(put_sampled(c, s, i, err));
    LL_TRY(ll_lm_loglikelihood(s->lm, c->ask, c->n, c->score, err));
    *exposure = (double)c->own.digits * log2(10) - log2_rank(c);
    tell(s, c, *exposure);
    return LL_OK;
}

/* Of a model that knows nothing the rank over |R| is uniform on 1 / (M + 1), .., 1; 1 / ln 2 for ever more
 * candidates. */
static double exposure_by_chance(void) {
    double sum = 0;
    for (int k = 1; k <= M + 1; k++) sum += log2(M + 1) - log2(k);
    return sum / (M + 1);
}

ll_status ll_memory_exposure(const ll_probe_subject *s, ll_measures *out, ll_error *err) {
    const ll_canaries *planted = &s->train->info.canaries;
    candidates *c = planted->n ? malloc(sizeof *c) : NULL;
    ll_status status = c || !planted->n ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for canaries");
    for (int k = 0; c && k <= planted->n; k++) {
        ll_probe_mean bits = { 0 };
        for (int64_t i = k * planted->count; i < (k + 1) * planted->count && status == LL_OK; i++) {
            double exposure = NAN;
            ll_canary_make(planted, i, &c->own);
            status = measure(c, s, i, &exposure, err);
            ll_probe_mean_add(&bits, exposure);
        }
        ll_probe_mean_measure(&bits, out, exposure_by_chance(), "exposure.%lld", (long long)c->own.copies);
    }
    free(c);
    return status;
}
