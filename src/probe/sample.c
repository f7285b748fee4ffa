#include "probe/sample.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- one draw ---- */

static int32_t likeliest(const ll_real *logits, int64_t V) {
    int32_t best = 0;
    for (int32_t v = 1; v < V; v++)
        if (logits[v] > logits[best]) best = v;
    return best;
}

static int falling(const void *a, const void *b) {
    ll_real x = *(const ll_real *)a, y = *(const ll_real *)b;
    return x > y ? -1 : x < y;
}

/* The least of the k largest logits, and how many of exactly that are among them. */
static ll_real least_of(const ll_real *logits, ll_real *order, int64_t V, int64_t k, int64_t *equal) {
    memcpy(order, logits, (size_t)V * sizeof *order);
    qsort(order, (size_t)V, sizeof *order, falling);
    *equal = 0;
    while (*equal < k && order[k - 1 - *equal] <= order[k - 1]) ++*equal;
    return order[k - 1];
}

int32_t ll_sample_draw(const ll_real *logits, ll_real *order, int64_t V, const ll_sample_opts *o, ll_rng *rng) {
    if (o->temperature <= 0) return likeliest(logits, V);
    int64_t equal = V;
    bool some = o->top_k > 0 && o->top_k < V;
    ll_real least = some ? least_of(logits, order, V, o->top_k, &equal) : -INFINITY;
    double top = logits[likeliest(logits, V)], sum = 0;
    for (int32_t v = 0; v < V; v++) {
        bool in = logits[v] > least || (logits[v] >= least && equal-- > 0);
        order[v] = in ? (ll_real)exp((logits[v] - top) / o->temperature) : 0;
        sum += order[v];
    }
    double left = ll_rng_uniform(rng) * sum;
    int32_t last = 0;
    for (int32_t v = 0; v < V; v++) {
        if (order[v] <= 0) continue;
        last = v; /* rounding may leave a little at the end */
        left -= order[v];
        if (left < 0) break;
    }
    return last;
}

/* ---- the text ---- */

static void lay_out(ll_arena *a, ll_sampler *s, const ll_model *m) {
    s->context = ll_arena_push(a, (size_t)m->context, sizeof *s->context);
    s->order = ll_arena_push(a, (size_t)m->vocab, sizeof *s->order);
    s->work = ll_arena_push(a, s->opts.naive ? ll_model_work(m, 1) : 0, 1);
}

ll_status ll_sampler_init(ll_sampler *s, const ll_model *model, const ll_kernels *kernels, const ll_real *params,
                          const ll_sample_opts *opts, ll_error *err) {
    *s = (ll_sampler) { .opts = *opts, .rng = ll_rng_at(opts->seed, LL_STREAM_SAMPLE, 0) };
    if (!(opts->temperature >= 0))
        return LL_FAIL(err, LL_EINPUT, "temperature is %g, expected 0 or more", opts->temperature);
    if (opts->top_k < 0)
        return LL_FAIL(err, LL_EINPUT, "top_k is %lld, expected 0 or more", (long long)opts->top_k);
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

void ll_sampler_restart(ll_sampler *s) {
    s->n = 0;
    ll_decoder_rewind(&s->decoder);
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
    *token = ll_sample_draw(logits, s->order, s->decoder.model->vocab, &s->opts, &s->rng);
    if (*token == s->opts.stop) return false;
    take(s, *token);
    return true;
}
