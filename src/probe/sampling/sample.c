#include "probe/sampling/sample.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- one draw ---- */

int32_t ll_sample_likeliest(const ll_real *logits, int64_t V) {
    int32_t best = 0;
    for (int32_t v = 1; v < V; v++)
        if (logits[v] > logits[best]) best = v;
    return best;
}

static int falling(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x > y ? -1 : x < y;
}

/* The least of the k largest logits, and how many of exactly that are among them. */
static double least_of(const ll_real *logits, double *order, int64_t V, int64_t k, int64_t *equal) {
    for (int64_t v = 0; v < V; v++) order[v] = logits[v];
    qsort(order, (size_t)V, sizeof *order, falling);
    *equal = 0;
    while (*equal < k && order[k - 1 - *equal] <= order[k - 1]) ++*equal;
    return order[k - 1];
}

void ll_sample_sums(const ll_real *logits, double *sums, int64_t V, const ll_sample_opts *o) {
    const int32_t best = ll_sample_likeliest(logits, V);
    const bool some = o->top_k > 0 && o->top_k < V;
    int64_t equal = V;
    const double least = some && o->temperature > 0 ? least_of(logits, sums, V, o->top_k, &equal) : -INFINITY;
    /* Of a temperature next to 0 it stays finite: the likeliest, which is 0 above itself, keeps its 1. */
    const ll_real rate = o->temperature > 0 ? (ll_real)fmin(1 / o->temperature, FLT_MAX) : 1, top = logits[best];
    double sum = 0;
    for (int32_t v = 0; v < V; v++) {
        const bool in = logits[v] > least || (logits[v] >= least && equal-- > 0);
        if (o->temperature <= 0) sum += v == best;
        else if (in) sum += expf((logits[v] - top) * rate);
        sums[v] = sum;
    }
}

int32_t ll_sample_pick(const double *sums, int64_t V, double u) {
    const double at = u * sums[V - 1];
    int64_t lo = 0, hi = V - 1; /* the first whose sum is above at: rounding may put at on the last sum */
    while (lo < hi) {
        const int64_t mid = (lo + hi) / 2;
        if (sums[mid] > at) hi = mid;
        else lo = mid + 1;
    }
    while (lo > 0 && sums[lo] <= sums[lo - 1]) lo--;
    return (int32_t)lo;
}

double ll_sample_logprob(const double *sums, int64_t V, int32_t token) {
    return log((sums[token] - (token ? sums[token - 1] : 0)) / sums[V - 1]);
}

ll_status ll_sample_check(const ll_sample_opts *o, ll_error *err) {
    if (!(o->temperature >= 0))
        return LL_FAIL(err, LL_EINPUT, "temperature is %g, expected 0 or more", o->temperature);
    if (o->top_k < 0) return LL_FAIL(err, LL_EINPUT, "top_k is %lld, expected 0 or more", (long long)o->top_k);
    return LL_OK;
}

/* ---- the text ---- */

static void lay_out(ll_arena *a, ll_sampler *s, const ll_model *m) {
    s->context = ll_arena_push(a, (size_t)m->context, sizeof *s->context);
    s->sums = ll_arena_push(a, (size_t)m->vocab, sizeof *s->sums);
    s->work = ll_arena_push(a, s->opts.naive ? ll_model_work(m, 1) : 0, 1);
}

ll_status ll_sampler_init(ll_sampler *s, const ll_model *model, const ll_kernels *kernels, const ll_real *params,
                          const ll_sample_opts *opts, ll_error *err) {
    *s = (ll_sampler) { .opts = *opts, .rng = ll_rng_at(opts->seed, LL_STREAM_SAMPLE, 0) };
    LL_TRY(ll_sample_check(opts, err));
    lay_out(&s->memory, s, model);
    LL_TRY(ll_arena_alloc(&s->memory, err));
    lay_out(&s->memory, s, model);
    ll_status status = ll_decoder_init(&s->decoder, model, kernels, params, err);
    if (status != LL_OK) ll_arena_free(&s->memory);
    return status;
}

void ll_sampler_clear(ll_sampler *s) {
    ll_decoder_clear(&s->decoder);
    ll_arena_free(&s->memory);
}

/* The whole context at once: what the last token's row says. What lies behind it changes nothing before it. */
static const ll_real *naive_logits(ll_sampler *s) {
    const ll_decoder *d = &s->decoder;
    memset(s->context + s->n, 0, (size_t)(d->model->context - s->n) * sizeof *s->context);
    const ll_real *all = ll_model_logits(d->model, d->kernels, d->params, d->packed, s->context, 1, s->work);
    return all + (s->n - 1) * d->model->vocab;
}

/* Makes room by reading the later half of the context again. */
static void make_room(ll_sampler *s) {
    const int64_t T = s->decoder.model->context, keep = T / 2;
    memmove(s->context, s->context + T - keep, (size_t)keep * sizeof *s->context);
    s->n = keep;
    ll_decoder_rewind(&s->decoder);
    for (int64_t i = 0; i < keep && !s->opts.naive; i++) ll_decoder_step(&s->decoder, s->context[i]);
}

static void take(ll_sampler *s, int32_t token) {
    if (s->n == s->decoder.model->context) make_room(s);
    s->context[s->n++] = token;
    if (!s->opts.naive) ll_decoder_step(&s->decoder, token);
}

ll_status ll_sampler_read(ll_sampler *s, const int32_t *token, int64_t n, ll_error *err) {
    const int64_t V = s->decoder.model->vocab;
    for (int64_t i = 0; i < n; i++) {
        if (token[i] < 0 || token[i] >= V)
            return LL_FAIL(err, LL_EINPUT, "prompt: token %lld is %d, expected 0 to %lld", (long long)i + 1,
                           (int)token[i], (long long)V - 1);
        take(s, token[i]);
    }
    return LL_OK;
}

bool ll_sampler_next(ll_sampler *s, int32_t *token) {
    const ll_real *logits = s->opts.naive ? naive_logits(s) : s->decoder.logits;
    const int64_t V = s->decoder.model->vocab;
    ll_sample_sums(logits, s->sums, V, &s->opts);
    *token = ll_sample_pick(s->sums, V, ll_rng_uniform(&s->rng));
    if (*token == s->opts.stop) return false;
    take(s, *token);
    return true;
}
