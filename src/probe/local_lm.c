#include "probe/local_lm.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/threads.h"
#include "model/count.h"
#include "probe/sample.h"

/* A text is read in a pass of its own, whose length is 16, 32, ... or the whole context: what is behind the text is
 * padding, which changes nothing before it. So an answer depends on nothing else that is asked. Texts that stand one
 * behind the other and differ in their last token alone share the pass: it does not read that token. */
enum { SHORTEST = 16, LENGTHS = 20 };

typedef struct local_lm {
    ll_lm lm;
    const ll_model *model;
    const ll_kernels *kernels;
    const ll_real *params;
    ll_tokenizer *tokenizer;
    int threads;
    ll_real *packed; /* the matrices, as ll_model_pack leaves them */
    ll_real
        *cut[LENGTHS];   /* parameters of the model of a shorter context; NULL: they are params, or not made yet */
    ll_sampler *sampler; /* [threads] made when first asked */
    int samplers;
} local_lm;

/* ---- texts as tokens ---- */

ll_status ll_lm_local_encode(ll_lm *lm, ll_span text, ll_tokens *out, ll_error *err) {
    const local_lm *l = (local_lm *)lm;
    const ll_tokenizer *t = l->tokenizer;
    size_t said = 0;
    out->n = out->lost = 0;
    LL_TRY(ll_tokenizer_encode(l->tokenizer, (const uint8_t *)text.at, text.size, out, err));
    for (int64_t i = 0; i < out->n; i++) {
        if (out->at[i] >= l->model->vocab)
            return LL_FAIL(err, LL_EINPUT, "%s: token %d of the text is outside the model's vocabulary of %lld",
                           t->name, (int)out->at[i], (long long)l->model->vocab);
        said += t->begin[out->at[i] + 1] - t->begin[out->at[i]];
    }
    if (out->lost || said != text.size || out->n < 1)
        return LL_FAIL(err, LL_EINPUT, "tokenizer %.80s cannot say the text '%.*s'", t->name,
                       (int)(text.size < 60 ? text.size : 60), text.at);
    return LL_OK;
}

typedef struct reading {
    int32_t *token;    /* [n] the inputs and, one further, what they predict; owned */
    int64_t n;         /* inputs: one token less than are kept */
    int64_t first;     /* input that predicts the first token of the continuation */
    ll_lm_token *told; /* [n] of what each input predicts; borrowed; NULL: nobody asks */
} reading;

/* The first token that holds a byte behind the first so many. */
static int64_t token_behind(const ll_tokenizer *t, const ll_tokens *tokens, size_t bytes) {
    size_t end = 0;
    int64_t i = 0;
    while ((end += t->begin[tokens->at[i] + 1] - t->begin[tokens->at[i]]) <= bytes) i++;
    return i;
}

static ll_status keep(const local_lm *l, const ll_tokens *tokens, size_t context, reading *out, ll_error *err) {
    const int64_t T = l->model->context, first = token_behind(l->tokenizer, tokens, context);
    const int64_t left_out = tokens->n > T + 1 ? tokens->n - T - 1 : 0;
    if (first == 0)
        return LL_FAIL(err, LL_EINPUT,
                       "the first token holds a byte of the continuation: nothing predicts it; "
                       "expected a longer context");
    if (first <= left_out)
        return LL_FAIL(err, LL_EINPUT, "the continuation has %lld tokens, and the model sees %lld at once",
                       (long long)(tokens->n - first), (long long)T);
    *out = (reading) { .n = tokens->n - left_out - 1, .first = first - left_out - 1 };
    out->token = malloc((size_t)(out->n + 1) * sizeof *out->token);
    if (!out->token) return LL_FAIL(err, LL_ENOMEM, "out of memory for a text");
    for (int64_t i = 0; i <= out->n; i++) out->token[i] = tokens->at[left_out + i];
    return LL_OK;
}

static ll_status read_ask(local_lm *l, const ll_lm_ask *ask, ll_tokens *tokens, reading *out, ll_error *err) {
    const size_t size = ask->context.size + ask->continuation.size;
    char *whole = malloc(size);
    if (!whole) return LL_FAIL(err, LL_ENOMEM, "out of memory for a text of %zu bytes", size);
    memcpy(whole, ask->context.at, ask->context.size);
    memcpy(whole + ask->context.size, ask->continuation.at, ask->continuation.size);
    ll_status status = ll_lm_local_encode(&l->lm, (ll_span) { whole, size }, tokens, err);
    if (status == LL_OK) status = keep(l, tokens, ask->context.size, out, err);
    free(whole);
    return status;
}

/* ---- log-probabilities ---- */

static int length_for(const local_lm *l, int64_t n) {
    int c = 0;
    while (n > (int64_t)SHORTEST << c) c++;
    return (int64_t)SHORTEST << c < l->model->context ? c : LENGTHS;
}

/* The model that reads texts of a length; LENGTHS: the whole context. */
static ll_model model_of(const local_lm *l, int length) {
    ll_model m = *l->model;
    if (length < LENGTHS) m.context = (int64_t)SHORTEST << length;
    return m;
}

static const ll_real *params_of(const local_lm *l, int length) {
    return length < LENGTHS && l->cut[length] ? l->cut[length] : l->params;
}

/* Where a tensor has a row for each position, a shorter model has the first of them. */
static ll_status make_length(local_lm *l, int length, ll_error *err) {
    ll_tensor from[LL_MODEL_MAX_TENSORS], to[LL_MODEL_MAX_TENSORS];
    const ll_model m = model_of(l, length);
    const int64_t size = ll_model_size(&m);
    if (length == LENGTHS || l->cut[length] || size == ll_model_size(l->model)) return LL_OK;
    ll_real *cut = malloc((size_t)size * sizeof *cut);
    if (!cut) return LL_FAIL(err, LL_ENOMEM, "out of memory for a model's parameters");
    ll_model_tensors(l->model, from);
    for (int i = 0, n = ll_model_tensors(&m, to); i < n; i++)
        memcpy(cut + to[i].offset, l->params + from[i].offset, (size_t)ll_tensor_size(&to[i]) * sizeof *cut);
    l->cut[length] = cut;
    return LL_OK;
}

typedef struct scoring {
    const local_lm *l;
    const reading *of; /* [n] */
    ll_lm_score *out;
    int64_t *pass; /* [passes + 1] the first text of each */
    int32_t *x;    /* [threads,T] */
    char *work;    /* [threads] of work_size */
    size_t work_size;
} scoring;

/* ln softmax(logits / temperature) of the token, and of the first of the likeliest. */
static ll_lm_token log_softmax(const ll_real *logits, int64_t V, int32_t token, double temperature) {
    int32_t best = 0;
    double sum = 0;
    for (int32_t v = 1; v < V; v++)
        if (logits[v] > logits[best]) best = v;
    for (int64_t v = 0; v < V; v++) sum += exp(((double)logits[v] - logits[best]) / temperature);
    return (ll_lm_token) { .logprob = ((double)logits[token] - logits[best]) / temperature - log(sum),
                           .likeliest = best,
                           .most = -log(sum) };
}

static void score(ll_lm_score *out, const reading *r, const ll_real *logits, int64_t V) {
    *out = (ll_lm_score) { .tokens = r->n - r->first, .greedy = true };
    for (int64_t t = r->first; t < r->n; t++) {
        const ll_lm_token said = log_softmax(logits + t * V, V, r->token[t + 1], 1);
        out->logprob += said.logprob;
        out->greedy &= said.likeliest == r->token[t + 1];
        if (r->told) r->told[t] = said;
    }
}

static void read_texts(void *ctx, int64_t pass, int worker) {
    const scoring *s = ctx;
    const local_lm *l = s->l;
    const int64_t from = s->pass[pass], to = s->pass[pass + 1];
    const reading *r = &s->of[from];
    const int length = length_for(l, r->n);
    const ll_model m = model_of(l, length);
    int32_t *x = s->x + worker * l->model->context;
    memset(x, 0, (size_t)m.context * sizeof *x);
    memcpy(x, r->token, (size_t)r->n * sizeof *x);
    const uint64_t before = ll_threads_flush_denormals();
    const ll_real *logits = ll_model_logits(&m, l->kernels, params_of(l, length), l->packed, x, 1,
                                            s->work + (size_t)worker * s->work_size);
    for (int64_t i = from; i < to; i++) score(&s->out[i], &s->of[i], logits, m.vocab);
    ll_threads_restore_denormals(before);
}

static bool same_inputs(const reading *a, const reading *b) {
    return a->n == b->n && memcmp(a->token, b->token, (size_t)a->n * sizeof *a->token) == 0;
}

/* Makes what a call needs; *passes, 0 before: so many it takes. */
static ll_status make_scoring(scoring *s, local_lm *l, int64_t n, int64_t *passes, ll_error *err) {
    int64_t longest = 0;
    s->pass = malloc((size_t)(n + 1) * sizeof *s->pass);
    if (!s->pass) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld texts", (long long)n);
    for (int64_t i = 0; i < n; i++) {
        LL_TRY(make_length(l, length_for(l, s->of[i].n), err));
        if (s->of[i].n > longest) longest = s->of[i].n;
        if (i == 0 || !same_inputs(&s->of[i - 1], &s->of[i])) s->pass[(*passes)++] = i;
    }
    s->pass[*passes] = n;
    const ll_model m = model_of(l, length_for(l, longest));
    s->work_size = (ll_model_work(&m, 1) + 63) / 64 * 64;
    s->work = aligned_alloc(64, s->work_size * (size_t)l->threads);
    s->x = malloc((size_t)(l->threads * l->model->context) * sizeof *s->x);
    return s->work && s->x ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for a model's pass");
}

static ll_status score_all(local_lm *l, const reading *of, int64_t n, ll_lm_score *out, ll_error *err) {
    scoring s = { .l = l, .of = of, .out = out };
    int64_t passes = 0;
    const ll_status status = make_scoring(&s, l, n, &passes, err);
    if (status == LL_OK) ll_threads_for(passes, l->threads, read_texts, &s);
    free(s.pass);
    free(s.work);
    free(s.x);
    return status;
}

static ll_status loglikelihood(ll_lm *lm, const ll_lm_ask *ask, int64_t n, ll_lm_score *out, ll_error *err) {
    local_lm *l = (local_lm *)lm;
    reading *of = calloc((size_t)n, sizeof *of);
    ll_tokens tokens = { 0 };
    ll_status status = of ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld texts", (long long)n);
    for (int64_t i = 0; status == LL_OK && i < n; i++) {
        status = read_ask(l, &ask[i], &tokens, &of[i], err);
        if (status != LL_OK) ll_error_prefix(err, "text %lld", (long long)i + 1);
    }
    if (status == LL_OK) status = score_all(l, of, n, out, err);
    for (int64_t i = 0; of && i < n; i++) free(of[i].token);
    free(of);
    ll_tokens_clear(&tokens);
    return status;
}

ll_status ll_lm_local_tokens(ll_lm *lm, const int32_t *token, int64_t n, ll_lm_token *out, ll_error *err) {
    local_lm *l = (local_lm *)lm;
    const int64_t T = l->model->context, left_out = n > T + 1 ? n - T - 1 : 0;
    ll_lm_score all;
    for (int64_t i = 0; i < n; i++) {
        if (token[i] < 0 || token[i] >= l->model->vocab)
            return LL_FAIL(err, LL_EINPUT, "token %lld is %d, expected 0 to %lld", (long long)i + 1, (int)token[i],
                           (long long)l->model->vocab - 1);
        out[i] = (ll_lm_token) { .logprob = NAN };
    }
    if (n < 2) return LL_OK;
    const reading r = { .token = (int32_t *)token + left_out, .n = n - left_out - 1, .told = out + left_out + 1 };
    return score_all(l, &r, 1, &all, err);
}

/* ---- samples ---- */

typedef struct sampling {
    local_lm *l;
    const ll_lm_prompt *prompt;
    const int32_t *token; /* [n] the prompt's last ones, which the model sees */
    int64_t n;
    ll_lm_sample *out;
    atomic_bool starved;
} sampling;

/* Appends what the token says; *stopped when the stop is there, which then is cut off. */
static bool say(ll_lm_sample *s, const ll_tokenizer *t, int32_t token, const char *stop, bool *stopped) {
    const uint16_t one = (uint16_t)token;
    const size_t more = ll_tokenizer_decode(t, &one, 1, NULL), width = strlen(stop);
    char *text = realloc(s->text, s->size + more + 1);
    if (!text) return false;
    s->text = text;
    size_t from = s->size + 1 > width ? s->size + 1 - width : 0; /* a stop may begin in what was said before */
    s->size += ll_tokenizer_decode(t, &one, 1, (uint8_t *)text + s->size);
    for (; width && from + width <= s->size && !*stopped; from++)
        if (memcmp(text + from, stop, width) == 0) {
            s->size = from;
            *stopped = true;
        }
    text[s->size] = 0;
    return true;
}

static void draw(void *ctx, int64_t j, int worker) {
    sampling *s = ctx;
    const ll_lm_prompt *p = s->prompt;
    ll_sampler *sampler = &s->l->sampler[worker];
    ll_lm_sample *out = &s->out[j];
    const double temperature = p->temperature > 0 ? p->temperature : 1;
    const int64_t V = s->l->model->vocab;
    bool ended = false;
    sampler->opts.temperature = p->temperature;
    sampler->rng = ll_rng_at(p->seed, LL_STREAM_SAMPLE, (uint64_t)j);
    ll_sampler_restart(sampler);
    const uint64_t before = ll_threads_flush_denormals();
    ll_sampler_read(sampler, s->token, s->n, NULL);
    while (out->tokens < p->most && !ended) {
        const ll_real *logits = sampler->decoder.logits;
        ll_sample_sums(logits, sampler->sums, V, &sampler->opts);
        const int32_t token = ll_sample_pick(sampler->sums, V, ll_rng_uniform(&sampler->rng));
        const double logprob = log_softmax(logits, V, token, temperature).logprob;
        if (p->drawn) p->drawn(p->ctx, j, token, logprob);
        out->logprob += logprob;
        out->tokens++;
        ended = token == s->l->tokenizer->end;
        if (!say(out, s->l->tokenizer, token, p->stop, &ended)) {
            atomic_store(&s->starved, true);
            break;
        }
        if (out->tokens < p->most && !ended) ll_sampler_read(sampler, &token, 1, NULL);
    }
    ll_threads_restore_denormals(before);
}

static ll_status make_samplers(local_lm *l, int n, ll_error *err) {
    if (!l->sampler) l->sampler = calloc((size_t)l->threads, sizeof *l->sampler);
    if (!l->sampler) return LL_FAIL(err, LL_ENOMEM, "out of memory for samples");
    const ll_sample_opts opts = { .stop = -1 };
    for (; l->samplers < n; l->samplers++)
        LL_TRY(ll_sampler_init(&l->sampler[l->samplers], l->model, l->kernels, l->params, &opts, err));
    return LL_OK;
}

static ll_status draw_all(local_lm *l, const ll_lm_prompt *prompt, const ll_tokens *tokens, ll_lm_sample *out,
                          ll_error *err) {
    const int64_t T = l->model->context, left_out = tokens->n > T ? tokens->n - T : 0;
    const int threads = prompt->samples < l->threads ? (int)prompt->samples : l->threads;
    sampling s = { .l = l, .prompt = prompt, .n = tokens->n - left_out, .out = out };
    LL_TRY(make_samplers(l, threads, err));
    int32_t *token = malloc((size_t)s.n * sizeof *token);
    if (!token) return LL_FAIL(err, LL_ENOMEM, "out of memory for a prompt");
    for (int64_t i = 0; i < s.n; i++) token[i] = tokens->at[left_out + i];
    s.token = token;
    ll_threads_for(prompt->samples, threads, draw, &s);
    free(token);
    return atomic_load(&s.starved) ? LL_FAIL(err, LL_ENOMEM, "out of memory for a sample's text") : LL_OK;
}

static ll_status sample(ll_lm *lm, const ll_lm_prompt *prompt, ll_lm_sample *out, ll_error *err) {
    local_lm *l = (local_lm *)lm;
    ll_tokens tokens = { 0 };
    ll_status status = ll_lm_local_encode(lm, prompt->text, &tokens, err);
    if (status == LL_OK) status = draw_all(l, prompt, &tokens, out, err);
    ll_tokens_clear(&tokens);
    return status;
}

/* ---- its life ---- */

static void close_local(ll_lm *lm) {
    local_lm *l = (local_lm *)lm;
    for (int i = 0; i < l->samplers; i++) ll_sampler_clear(&l->sampler[i]);
    for (int c = 0; c < LENGTHS; c++) free(l->cut[c]);
    free(l->sampler);
    free(l->packed);
    free(l);
}

ll_status ll_lm_local(ll_lm **out, const ll_model *model, const ll_kernels *kernels, const ll_real *params,
                      ll_tokenizer *tokenizer, int threads, ll_error *err) {
    const size_t packed = (size_t)ll_model_packed(model, kernels) * sizeof(ll_real);
    local_lm *l = calloc(1, sizeof *l);
    *out = NULL;
    if (!l || !(l->packed = aligned_alloc(64, packed / 64 * 64 + 64))) {
        free(l);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for a model's matrices");
    }
    for (int64_t i = 0; i < ll_model_matrices(model); i++) ll_model_pack(model, kernels, params, l->packed, i);
    l->lm = (ll_lm) { .context = model->context,
                      .token_flops = ll_count_of(model).flops_token / 3,
                      .loglikelihood = loglikelihood,
                      .sample = sample,
                      .close = close_local };
    snprintf(l->lm.name, sizeof l->lm.name, "%s", ll_family_name(model->family));
    l->model = model;
    l->kernels = kernels;
    l->params = params;
    l->tokenizer = tokenizer;
    l->threads = threads > 0 ? threads : ll_threads_available();
    *out = &l->lm;
    return LL_OK;
}
